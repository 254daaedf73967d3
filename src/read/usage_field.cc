#include "read/usage_field.h"

#include "fmt/format.h"

namespace bxb::read {
namespace {

// The shortest decimal that reads back as the double. Casting to text gives it, unless the session has another
// extra_float_digits: the sum of constants asks that, and is folded when the query is planned. Then 15 digits do or,
// behind them, 16 or 17 (some powers of two get one digit more); to_char does not depend on the setting. As in the
// server's own output, a decimal just between two doubles does not do, hence the products. Whole numbers, the most
// common, are cheaper as integers. What the last arm keeps from the casts that would overflow is out of Decimal's
// reach, infinite, or NaN.
constexpr const char* kDoubleSql = R"(CASE
      WHEN value = trunc(value) AND abs(value) < 1e15 THEN value::bigint::numeric
      WHEN (0.1::float8 + 0.2::float8)::text = '0.30000000000000004' THEN value::text::numeric
      WHEN abs(value) < 1e300 THEN CASE
        WHEN (value::numeric * 1.000000000000000000000000000001)::float8 = value
          AND (value::numeric * 0.999999999999999999999999999999)::float8 = value
          THEN value::numeric
        WHEN (to_char(value, '9.999999999999999EEEE')::numeric * 1.000000000000000000000000000001)::float8 = value
          AND (to_char(value, '9.999999999999999EEEE')::numeric * 0.999999999999999999999999999999)::float8 = value
          THEN to_char(value, '9.999999999999999EEEE')::numeric
        ELSE to_char(value, '9.9999999999999999EEEE')::numeric END
      ELSE value::numeric END)";

// The server prints a JSON number in plain digits. What is longer than Decimal's digits, up to the 131,072 of numeric,
// would make sums overflow.
std::string PropertyNumberSql(const std::string& name) {
  return fmt::format(R"(CASE WHEN length(properties->>{0}) <= 38 THEN CASE jsonb_typeof(properties->{0})
      WHEN 'number' THEN (properties->{0})::numeric
      WHEN 'string' THEN CASE
        WHEN properties->>{0} ~ '^-?[0-9]+([.][0-9]+)?$' THEN (properties->>{0})::numeric END
      END END)",
                     name);
}

}  // namespace

bool IsNumberColumn(const std::string& name) { return name == "value" || name == "decimal_value"; }

bool IsTextColumn(const std::string& name) {
  return name == "external_customer_id" || name == "code" || name == "transaction_id";
}

std::string NumberSql(const Field& field, Parameters& parameters) {
  if (field.kind == Field::Kind::kProperty) {
    return PropertyNumberSql(parameters.Text(field.name));
  }
  return field.name == "value" ? kDoubleSql : field.name;
}

std::string IdentitySql(const Field& field, Parameters& parameters) {
  if (field.kind == Field::Kind::kProperty) return PropertySql(field.name, parameters);
  return IsTextColumn(field.name) ? field.name + " COLLATE \"C\"" : field.name;
}

std::string PropertySql(const std::string& name, Parameters& parameters) {
  return fmt::format("(properties->>{}) COLLATE \"C\"", parameters.Text(name));
}

}  // namespace bxb::read
