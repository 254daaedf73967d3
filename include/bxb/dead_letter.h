#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace bxb {

/// An event that Write accepted and that was then rejected: it is not in the table, and nobody will try again.
struct DeadLetter {
  std::string_view table;  ///< quoted, with its schema

  /// The key columns for people, `organization_id=…, transaction_id=txn_42`; empty for a row type without a key.
  std::string_view key;

  /// The whole row as it was sent: one tuple in COPY BINARY form, which Writer::Decode reads back.
  std::string_view tuple;

  /// Why: the message, and with ServerErrorOf the SQLSTATE, constraint, column and the server's own words. Log
  /// `reason.message()`: streaming the status also prints the server's DETAIL, which holds the row's values.
  const absl::Status& reason;
};

/// Called once for each such event (those that repeat it while it is on its way share its letter), on a lane's thread,
/// before its ticket or callback has the outcome. What the letter refers to is gone after the call. It must not throw,
/// and must not call back into the writer, except for Decode: an equal event written here would share the fate of the
/// one that is just being rejected. Queue a copy of the tuple, and write it again from elsewhere.
using DeadLetterHook = std::function<void(const DeadLetter&)>;

}  // namespace bxb
