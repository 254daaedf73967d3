#include "report/decay_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/status/status.h"

namespace bxb::bench::report {
namespace {

constexpr std::size_t kFewestPoints = 8;
constexpr int kCandidates = 600;

// The last rows fitted must cost that much more than the first, lest noise be taken for misses.
constexpr double kTellingSlowdown = 1.3;

struct Candidate {
  DecayModel model;
  double error = std::numeric_limits<double>::infinity();
};

// With `fits` given the model is a line over the share of misses.
Candidate FitLine(std::span<const DecayPoint> points, double fits) {
  const DecayModel share{.hit = 0, .miss = 1, .fits = fits};
  double weights = 0;
  double x_sum = 0;
  double y_sum = 0;
  double xx_sum = 0;
  double xy_sum = 0;
  for (const DecayPoint& point : points) {
    const double weight = 1 / (point.seconds * point.seconds);
    const double x = share.SecondsPerRow(point.rows);
    weights += weight;
    x_sum += weight * x;
    y_sum += weight * point.seconds;
    xx_sum += weight * x * x;
    xy_sum += weight * x * point.seconds;
  }
  const double determinant = weights * xx_sum - x_sum * x_sum;
  if (determinant <= 0) return {};
  Candidate line;
  line.model = {.hit = (y_sum * xx_sum - x_sum * xy_sum) / determinant,
                .miss = (weights * xy_sum - x_sum * y_sum) / determinant,
                .fits = fits};
  if (line.model.hit <= 0 || line.model.miss <= 0) return {};
  line.error = 0;
  for (const DecayPoint& point : points) {
    line.error += std::pow(line.model.SecondsPerRow(point.rows) / point.seconds - 1, 2);
  }
  return line;
}

absl::Status Verify(std::span<const DecayPoint> points) {
  if (points.size() < kFewestPoints) return absl::InvalidArgumentError("too few points to fit a model to");
  double rows = 0;
  for (const DecayPoint& point : points) {
    if (!(point.rows > rows) || !(point.seconds > 0)) return absl::InvalidArgumentError("points are out of order");
    rows = point.rows;
  }
  return absl::OkStatus();
}

}  // namespace

double DecayModel::SecondsPerRow(double rows) const { return hit + miss * std::max(0.0, 1 - fits / rows); }

absl::StatusOr<DecayModel> FitDecay(std::span<const DecayPoint> points) {
  if (absl::Status valid = Verify(points); !valid.ok()) return valid;
  const double first = points.front().rows / 2;
  const double last = points[points.size() - 3].rows;
  Candidate best;
  for (int i = 0; i < kCandidates; ++i) {
    Candidate next = FitLine(points, first * std::pow(last / first, static_cast<double>(i) / (kCandidates - 1)));
    if (next.error < best.error) best = next;
  }
  if (!(best.model.SecondsPerRow(points.back().rows) >
        kTellingSlowdown * best.model.SecondsPerRow(points.front().rows)))
    return absl::FailedPreconditionError("rows hardly got slower: the table has not outgrown its memory");
  return best.model;
}

absl::StatusOr<DecayCheck> CheckDecay(std::span<const DecayPoint> points, double share) {
  const auto fitted = static_cast<std::size_t>(std::floor(static_cast<double>(points.size()) * share));
  if (fitted >= points.size()) return absl::InvalidArgumentError("no points are left to check the model against");
  const absl::StatusOr<DecayModel> model = FitDecay(points.first(fitted));
  if (!model.ok()) return model.status();
  std::vector<double> errors;
  for (const DecayPoint& point : points.subspan(fitted)) {
    errors.push_back(std::abs(point.seconds / model->SecondsPerRow(point.rows) - 1));
  }
  std::ranges::sort(errors);
  return DecayCheck{
      .model = *model, .fitted = fitted, .median_error = errors[errors.size() / 2], .worst_error = errors.back()};
}

}  // namespace bxb::bench::report
