#pragma once

#include <cstdint>
#include <string_view>

namespace bxb {

/// The PostgreSQL types that bxb writes and reads in binary, by their fixed catalog OIDs
/// (pg_type.dat of every supported server; https://www.postgresql.org/docs/15/datatype.html).
/// A domain counts as its base type and an enum as kText.
enum class PgType : std::uint32_t {
  kUnsupported = 0,
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kJson = 114,
  kFloat4 = 700,
  kFloat8 = 701,
  kVarchar = 1043,
  kDate = 1082,
  kTimestamp = 1114,
  kTimestamptz = 1184,
  kNumeric = 1700,
  kUuid = 2950,
  kJsonb = 3802,
  kBoolArray = 1000,
  kByteaArray = 1001,
  kInt2Array = 1005,
  kInt4Array = 1007,
  kTextArray = 1009,
  kVarcharArray = 1015,
  kInt8Array = 1016,
  kFloat4Array = 1021,
  kFloat8Array = 1022,
  kTimestampArray = 1115,
  kDateArray = 1182,
  kTimestamptzArray = 1185,
  kNumericArray = 1231,
  kUuidArray = 2951,
};

/// The type for a catalog OID, or kUnsupported.
PgType PgTypeFromOid(std::uint32_t oid);

/// The type of an array's elements, or kUnsupported where `type` is not an array.
PgType ElementOf(PgType type);

/// The name that SQL uses: "bigint", "timestamp with time zone", "uuid[]" …
std::string_view Name(PgType type);

}  // namespace bxb
