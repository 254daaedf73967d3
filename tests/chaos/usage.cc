#include "chaos/usage.h"

#include <fmt/format.h>

#include "absl/time/time.h"

namespace bxb::chaos {
namespace {

constexpr std::int64_t kFirstMillisecond = 1'700'000'000'000;

}  // namespace

Usage::Usage(int producer, std::uint32_t number, bool spam)
    : producer_(producer),
      number_(number),
      spam_(spam),
      transaction_id_(TransactionId(number)),
      customer_(fmt::format("cust_{}", number % 97)),
      properties_(fmt::format(R"({{"n": {}, "region": "eu"}})", number)) {}

Event Usage::event() const {
  return {.organization_id = Organization(producer_),
          .transaction_id = transaction_id_,
          .external_customer_id = customer_,
          .code = spam_ ? kSpam : "api_calls",
          .timestamp = absl::FromUnixMillis(kFirstMillisecond + number_),
          .properties = properties_,
          .value = static_cast<double>(value()),
          .decimal_value = Decimal::Of(cents(), 2).value()};
}

std::string Usage::RowText() const {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}", transaction_id_, customer_, spam_ ? kSpam : "api_calls",
                     kFirstMillisecond + number_, properties_, value(), Decimal::Of(cents(), 2)->ToString());
}

Uuid Usage::Organization(int producer) {
  Uuid organization = {};
  organization.bytes.back() = static_cast<std::uint8_t>(producer);
  return organization;
}

// Of one length, so that their order is that of the numbers.
std::string Usage::TransactionId(std::uint32_t number) { return fmt::format("txn_{:09}", number); }

std::string RowTextSql() {
  return "concat_ws('|', transaction_id, external_customer_id, code, (extract(epoch FROM timestamp) * 1000)::bigint, "
         "properties, value, decimal_value)";
}

}  // namespace bxb::chaos
