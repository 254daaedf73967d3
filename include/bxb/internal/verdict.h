#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "bxb/pg_type.h"

namespace bxb::internal {

/// Something PostgreSQL would refuse a value for.
struct Rule {
  const char* sqlstate;
  const char* words;  ///< what is wrong, to stand after `column "x": `
};

extern const Rule kNulByte;
extern const Rule kBadUtf8;
extern const Rule kBadJson;
extern const Rule kJsonNul;
extern const Rule kJsonSurrogate;
extern const Rule kJsonTooDeep;
extern const Rule kNotAnObject;
extern const Rule kTimeRange;
extern const Rule kDateRange;

/// The judgement on one value: fine, or the rule it breaks and where (the byte of a text, the element
/// of an array, both from 0). Small enough to be returned in two registers.
struct Verdict {
  const Rule* broken = nullptr;
  std::size_t at = 0;

  bool ok() const { return broken == nullptr; }
};

/// The InvalidArgument that tells the caller: names the column, carries the SQLSTATE.
absl::Status ToStatus(const Verdict& verdict, std::string_view column, PgType type);

}  // namespace bxb::internal
