#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "bxb/decimal.h"
#include "bxb/row.h"
#include "bxb/uuid.h"

namespace bxb {

/// A usage event: the built-in row, for metering and billing. All text is viewed, not owned, and must be
/// UTF-8 without NUL bytes; it is read before the call that takes the event returns.
struct Event {
  Uuid organization_id = {};                   ///< the tenant
  std::string_view transaction_id = {};        ///< unique within the organization: the caller's idempotency key
  std::string_view external_customer_id = {};  ///< the tenant's customer
  std::string_view code = {};                  ///< what was used: "api_calls", "flight"
  absl::Time timestamp = {};                   ///< when it was used; stored in UTC with microseconds
  std::string_view properties = "{}";          ///< the text of a JSON object
  std::optional<double> value = {};            ///< how much, where a double is exact enough
  std::optional<Decimal> decimal_value = {};   ///< how much, exactly
};

/// Two events are the same when organization_id and transaction_id are.
template <>
struct RowOf<Event> {
  static constexpr std::string_view table = "events";
  static constexpr auto columns = Columns(
      Column("organization_id", &Event::organization_id, kKey), Column("transaction_id", &Event::transaction_id, kKey),
      Column("external_customer_id", &Event::external_customer_id), Column("code", &Event::code),
      Column("timestamp", &Event::timestamp, kTime), Column("properties", &Event::properties, kObject),
      Column("value", &Event::value), Column("decimal_value", &Event::decimal_value));
};

}  // namespace bxb
