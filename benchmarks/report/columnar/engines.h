#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "report/columnar/stores.h"
#include "report/columnar/usage_month.h"
#include "report/ground.h"

namespace bxb::bench::report {

/// The same month in all engines.
struct Columnar {
  explicit Columnar(const Ground& ground);

  using MaybeStore = absl::StatusOr<std::unique_ptr<Store>>;
  const MaybeStore& store(std::string_view engine) const { return stores.find(engine)->second; }
  const std::string& answer(std::string_view query) const { return answers.find(query)->second; }

  UsageMonth month;
  std::map<std::string, MaybeStore, std::less<>> stores;    ///< by engine
  std::map<std::string, std::string, std::less<>> answers;  ///< PostgreSQL's, by query
};

}  // namespace bxb::bench::report
