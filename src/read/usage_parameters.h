#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bxb::read {

/// The parameters $1, $2 … of a statement under construction. Each member adds one and returns how the SQL calls it.
class Parameters {
 public:
  std::string Text(std::string value) { return Add(std::move(value), "text"); }
  std::string Add(std::string value, std::string_view type);

  /// "= $1" for one value, "= ANY($1)" for any other number.
  std::string IsOneOf(const std::vector<std::string>& values);

  std::vector<std::optional<std::string>> Take() { return std::move(values_); }

 private:
  std::vector<std::optional<std::string>> values_;
};

/// A text[] as PostgreSQL reads it: {"a","b\"c"}.
std::string ArrayText(const std::vector<std::string>& values);

}  // namespace bxb::read
