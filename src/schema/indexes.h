#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pq/connection.h"
#include "schema/table.h"

namespace bxb::schema {

/// One index of a table, of whatever kind.
struct TableIndex {
  std::string name;
  std::string definition;            ///< as pg_indexes has it
  std::string method;                ///< "btree", "brin" …
  std::vector<std::string> columns;  ///< the indexed ones in their order; "" where it is an expression
  bool unique = false;
  bool immediate = true;
  bool valid = true;
  bool partial = false;
};

/// Whether it covers all rows, on plain columns only.
bool IsWhole(const TableIndex& index);

/// All of the table's indexes, by name.
absl::StatusOr<std::vector<TableIndex>> ReadIndexes(pq::Connection& connection, const Table& table,
                                                    pq::Deadline deadline);

}  // namespace bxb::schema
