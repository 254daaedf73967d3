#include "bxb/internal/verdict.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "bxb/pg_type.h"
#include "wire/refusal.h"

namespace bxb::internal {

const Rule kNulByte = {"22021", "holds a NUL byte"};
const Rule kBadUtf8 = {"22021", "is not valid UTF-8"};
const Rule kBadJson = {"22P02", "is not valid JSON"};
const Rule kJsonNul = {"22P05", "holds \\u0000, which jsonb cannot store"};
const Rule kJsonSurrogate = {"22P02", "holds half of a surrogate pair, which jsonb cannot store"};
const Rule kJsonTooDeep = {"54001", "is JSON nested deeper than 1,000 levels"};
const Rule kNotAnObject = {"22023", "is JSON, but not an object"};
const Rule kTimeRange = {"22008", "is outside the range of timestamps, 4714-11-24 BC to 294276-12-31"};
const Rule kDateRange = {"22008", "is outside the range of dates, 4714-11-24 BC to 5874897-12-31"};

namespace {

bool HasPlace(const Rule* rule) { return rule != &kNotAnObject && rule != &kTimeRange && rule != &kDateRange; }

std::string PlaceIn(const Verdict& verdict, PgType type) {
  if (ElementOf(type) != PgType::kUnsupported) return fmt::format(" (element {})", verdict.at + 1);
  return HasPlace(verdict.broken) ? fmt::format(" (byte {})", verdict.at + 1) : "";
}

}  // namespace

absl::Status ToStatus(const Verdict& verdict, std::string_view column, PgType type) {
  const std::string message =
      fmt::format("column \"{}\": the value {}{}", column, verdict.broken->words, PlaceIn(verdict, type));
  return wire::Refusal(message, verdict.broken->sqlstate, column);
}

}  // namespace bxb::internal
