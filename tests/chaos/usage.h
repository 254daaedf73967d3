#pragma once

#include <cstdint>
#include <string>

#include "bxb/event.h"

namespace bxb::chaos {

/// The code that the table's CHECK refuses.
inline constexpr char kSpam[] = "spam";

/// One event of one producer: all of its content follows from its number.
class Usage {
 public:
  Usage(int producer, std::uint32_t number, bool spam);

  /// Views this object.
  Event event() const;

  /// What RowTextSql gives for its row.
  std::string RowText() const;

  std::int64_t value() const { return number_ % 1000; }
  std::int64_t cents() const { return 7 * std::int64_t{number_} + producer_; }

  static Uuid Organization(int producer);
  static std::string TransactionId(std::uint32_t number);

 private:
  int producer_;
  std::uint32_t number_;
  bool spam_;
  std::string transaction_id_;
  std::string customer_;
  std::string properties_;
};

/// An SQL expression: a row of the events table with everything that an event has, except for its organization.
std::string RowTextSql();

}  // namespace bxb::chaos
