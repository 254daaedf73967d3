#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bxb/pg_type.h"
#include "bxb/schema.h"
#include "schema/table.h"

namespace bxb::schema {

inline constexpr std::string_view kEventTime = "timestamp";

/// One column of an events table.
struct EventColumn {
  std::string_view name;
  PgType type;
  bool not_null;
  std::string_view default_sql;
};

/// In the order of the table. The id, where the layout has one, stands before them.
std::span<const EventColumn> EventColumns();

/// An index that a layout asks for: B-tree unless it says BRIN.
struct LayoutIndex {
  std::vector<std::string> columns;
  bool brin = false;
};

bool HasId(const Layout& layout);
bool HasKeyTable(const Layout& layout);
std::vector<std::string> EventKey();                          ///< organization_id, transaction_id
std::vector<std::string> PrimaryKeyOf(const Layout& layout);  ///< empty: none
std::vector<std::string> DedupIndexOf(const Layout& layout);  ///< of a unique index on the table itself; empty: none
std::vector<LayoutIndex> IndexesOf(const Layout& layout);     ///< the others

/// InvalidArgument names the member at fault.
absl::Status CheckLayout(const Layout& layout);

/// The events table as an inspection would find its columns; without a schema where the layout names none.
Table TableOf(const Layout& layout);

/// The events table, its indexes, its partitions around `now`; neither key table nor ledger.
std::string EventsTableDdl(const Layout& layout, absl::Time now);

/// The storage parameters of the table or of each of its partitions: "name = value, …"; empty: the server's own.
std::string StorageParameters(const Layout& layout);

}  // namespace bxb::schema
