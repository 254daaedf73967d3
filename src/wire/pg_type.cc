#include "bxb/pg_type.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace bxb {
namespace {

struct TypeInfo {
  PgType type;
  std::string_view name;
  PgType element = PgType::kUnsupported;
};

constexpr TypeInfo kTypes[] = {
    {PgType::kBool, "boolean"},
    {PgType::kBytea, "bytea"},
    {PgType::kInt8, "bigint"},
    {PgType::kInt2, "smallint"},
    {PgType::kInt4, "integer"},
    {PgType::kText, "text"},
    {PgType::kJson, "json"},
    {PgType::kFloat4, "real"},
    {PgType::kFloat8, "double precision"},
    {PgType::kVarchar, "character varying"},
    {PgType::kDate, "date"},
    {PgType::kTimestamp, "timestamp without time zone"},
    {PgType::kTimestamptz, "timestamp with time zone"},
    {PgType::kNumeric, "numeric"},
    {PgType::kUuid, "uuid"},
    {PgType::kJsonb, "jsonb"},
    {PgType::kBoolArray, "boolean[]", PgType::kBool},
    {PgType::kByteaArray, "bytea[]", PgType::kBytea},
    {PgType::kInt2Array, "smallint[]", PgType::kInt2},
    {PgType::kInt4Array, "integer[]", PgType::kInt4},
    {PgType::kTextArray, "text[]", PgType::kText},
    {PgType::kVarcharArray, "character varying[]", PgType::kVarchar},
    {PgType::kInt8Array, "bigint[]", PgType::kInt8},
    {PgType::kFloat4Array, "real[]", PgType::kFloat4},
    {PgType::kFloat8Array, "double precision[]", PgType::kFloat8},
    {PgType::kTimestampArray, "timestamp without time zone[]", PgType::kTimestamp},
    {PgType::kDateArray, "date[]", PgType::kDate},
    {PgType::kTimestamptzArray, "timestamp with time zone[]", PgType::kTimestamptz},
    {PgType::kNumericArray, "numeric[]", PgType::kNumeric},
    {PgType::kUuidArray, "uuid[]", PgType::kUuid},
};

constexpr TypeInfo kUnknown = {PgType::kUnsupported, "an unsupported type"};

const TypeInfo& InfoOf(PgType type) {
  const auto* found = std::ranges::find(kTypes, type, &TypeInfo::type);
  return found != std::end(kTypes) ? *found : kUnknown;
}

}  // namespace

PgType PgTypeFromOid(std::uint32_t oid) { return InfoOf(static_cast<PgType>(oid)).type; }

PgType ElementOf(PgType type) { return InfoOf(type).element; }

std::string_view Name(PgType type) { return InfoOf(type).name; }

}  // namespace bxb
