#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bxb/uuid.h"
#include "read/usage_number.h"
#include "wire/random.h"

namespace bxb::testing {

/// A property as it is written, and what usage must make of it.
struct PropertyValue {
  std::string json = {};
  std::optional<std::string> text = {};
  std::optional<Number> number = {};
};

/// A column's number as it is written, and what it counts as.
struct ColumnNumber {
  std::string sql = {};
  Number number = {};
};

struct UsageEvent {
  Uuid organization_id = {};
  std::string transaction_id = {};
  std::string customer = {};
  std::string code = {};
  absl::Time timestamp = {};
  std::optional<PropertyValue> first = {};   ///< the property kFirst
  std::optional<PropertyValue> second = {};  ///< the property kSecond
  std::optional<ColumnNumber> value = {};
  std::optional<ColumnNumber> decimal_value = {};
};

inline constexpr const char* kFirst = "first";
inline constexpr const char* kSecond = R"(it's "the" \second, {näme})";

Uuid OrganizationOf(int number);
const std::vector<std::string>& Customers();
const std::vector<std::string>& Codes();

/// Events between two times, with ties, with and without numbers.
std::vector<UsageEvent> RandomEvents(Random& random, absl::Time first, absl::Time last, std::size_t count);

/// Puts them into a table that is there.
void Insert(const std::string& dsn, const std::string& sql_table, const std::vector<UsageEvent>& events);

}  // namespace bxb::testing
