#include "read/options.h"

#include <fmt/format.h>

#include <string_view>

namespace bxb::read {
namespace {

absl::Status Bad(std::string_view option, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("{} {}", option, why));
}

absl::Status CheckPositive(std::string_view option, absl::Duration value) {
  if (value > absl::ZeroDuration()) return absl::OkStatus();
  return Bad(option, fmt::format("is {}; it must be more than zero", absl::FormatDuration(value)));
}

absl::Status CheckCluster(const ReaderOptions& options) {
  if (!options.watch.dsn.empty() || !options.watch.endpoints.empty()) {
    return Bad("ReaderOptions::watch", "has servers: they belong into dsn or endpoints");
  }
  if (options.cluster != nullptr && (!options.dsn.empty() || !options.endpoints.empty())) {
    return Bad("ReaderOptions::cluster", "is given, and so are dsn or endpoints");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOptions(const ReaderOptions& options) {
  absl::Status status = CheckCluster(options);
  if (options.table.empty()) status.Update(Bad("ReaderOptions::table", "is empty"));
  if (options.sessions_per_endpoint < 1 || options.sessions_per_endpoint > 1000) {
    status.Update(Bad("ReaderOptions::sessions_per_endpoint",
                      fmt::format("is {}; it must be 1 … 1,000", options.sessions_per_endpoint)));
  }
  status.Update(CheckPositive("ReaderOptions::connect_timeout", options.connect_timeout));
  if (options.policy == ReadPolicy::kNearest && options.label.empty()) {
    status.Update(Bad("ReaderOptions::label", "is empty, and the policy is kNearest"));
  }
  return status;
}

absl::Status CheckOptions(const ReadOptions& options) {
  absl::Status status = CheckPositive("ReadOptions::timeout", options.timeout);
  if (options.wait < absl::ZeroDuration()) status.Update(Bad("ReadOptions::wait", "is negative"));
  if (options.max_staleness) status.Update(CheckPositive("ReadOptions::max_staleness", *options.max_staleness));
  return status;
}

}  // namespace bxb::read
