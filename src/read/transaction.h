#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace bxb::read {

/// Whatever the role's defaults are: a standby knows no serializable transaction, and with one snapshot for all
/// statements a position that is asked for in it would be younger than that.
inline constexpr const char* kBeginSql = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";

/// One statement in a transaction like that, as a simple query.
inline std::string InTransaction(std::string_view sql) { return fmt::format("{}; {}; COMMIT", kBeginSql, sql); }

}  // namespace bxb::read
