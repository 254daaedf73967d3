#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "report/decay_model.h"
#include "report/section.h"
#include "support/chart.h"
#include "support/report.h"

namespace bxb::bench::report {

inline constexpr int kGrowthSteps = 40;
inline constexpr double kBillion = 1e9;  ///< rows, which models speak of

/// The name of a step's contender; steps count from 1.
std::string GrowthStep(std::string_view table, int step);

/// What was measured of one table.
struct Growth {
  std::vector<DecayPoint> points;  ///< at the middle of each step
  std::vector<double> rates;
  double rows = 0;
  double index_bytes = 0;  ///< per row
};

Growth GrowthOf(const Results& results, const std::string& table);

/// Of the first few steps, and of the last few.
Measured FirstRate(const Growth& growth);
Measured LastRate(const Growth& growth);

/// Two models of the plain table: of all steps, and of the first ones, which is checked against the others.
struct GrowthFits {
  absl::StatusOr<DecayModel> all;
  absl::StatusOr<DecayCheck> checked;
};

GrowthFits FitsOf(const Growth& plain);

/// Extrapolated. All steps say what is expected; how far the other model is from it, how sure that is.
Measured RateAtABillion(const GrowthFits& fits);

LineChart GrowthChart(const Growth& plain, const Growth& daily, const GrowthFits& fits);

}  // namespace bxb::bench::report
