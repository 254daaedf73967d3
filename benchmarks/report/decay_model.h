#pragma once

#include <cstddef>
#include <span>

#include "absl/status/statusor.h"

namespace bxb::bench::report {

/// What a row cost when a table had so many.
struct DecayPoint {
  double rows = 0;
  double seconds = 0;  ///< per row
};

/// Rows that go into random pages of indexes, of which memory holds those of `fits` rows. A row costs `hit`, and
/// `miss` more for the share of the pages that is not in memory: hit + miss * max(0, 1 - fits / rows).
struct DecayModel {
  double hit = 0;
  double miss = 0;
  double fits = 0;

  double SecondsPerRow(double rows) const;
};

/// The model with the least squares of relative errors. Points are in order of rows. Errors: InvalidArgument for fewer
/// than eight points, or points that are not positive or not in order; FailedPrecondition where rows hardly get slower,
/// so that they tell nothing about what a miss costs.
absl::StatusOr<DecayModel> FitDecay(std::span<const DecayPoint> points);

/// A model of the first points, and how far the others are from it: |predicted - measured| / measured, of the rate.
struct DecayCheck {
  DecayModel model;
  std::size_t fitted = 0;
  double median_error = 0;
  double worst_error = 0;
};

/// Fits the first `share` of the points and compares with the rest. Errors: FitDecay's, and InvalidArgument where
/// nothing is left to compare with.
absl::StatusOr<DecayCheck> CheckDecay(std::span<const DecayPoint> points, double share);

}  // namespace bxb::bench::report
