#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pq/connection.h"
#include "schema/table.h"

namespace bxb::schema {

/// The batch ledger, "bxb_ledger" in the schema of the tables that it serves: one row for each committed batch of a
/// table without a dedup key, written in the batch's own transaction. It says after a lost connection whether that
/// transaction was committed, also after a failover, because it lives and dies with its data. That a batch's number
/// is unique there also keeps a transaction that the old connection left behind from committing a batch that was
/// sent again.
inline constexpr const char* kLedgerName = "bxb_ledger";
inline constexpr const char* kLedgerConstraint = "bxb_ledger_pkey";

/// The DDL of the table's ledger; tables of one schema share theirs.
std::string LedgerDdl(const Table& table);

/// Creates the table's ledger where there is none; safe when several processes do so at once.
absl::Status CreateLedger(pq::Connection& connection, const Table& table, pq::Deadline deadline);

/// The quoted name of the table's ledger; nullopt where there is none that this role may use, or something else has
/// its name.
absl::StatusOr<std::optional<std::string>> FindLedger(pq::Connection& connection, const Table& table,
                                                      pq::Deadline deadline);

}  // namespace bxb::schema
