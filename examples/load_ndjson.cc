// Loads a file of usage events (NDJSON, plain or gzip) into a table. The loop is in support/load.cc.
//
// Exit code: 0 when every line is in the table; 1 when the load could not be done; 2 for wrong flags;
// 3 when it was done, and some lines are not in the table.

#include <iostream>

#include "bxb/bxb.h"
#include "support/command_line.h"
#include "support/database.h"
#include "support/load.h"

namespace {

constexpr int kSomeLinesMissing = 3;

void PrintLog(bxb::LogLevel, std::string_view line) { std::cerr << line << "\n"; }

}  // namespace

int main(int argc, char** argv) {
  const examples::CommandLine flags(argc, argv, "Loads a file of usage events, one JSON object a line.",
                                    {examples::kDsnFlag,
                                     {"file", "PATH", "the events; .gz or plain (required)"},
                                     {"table", "NAME", "where to; default: events"},
                                     {"create-table", "", "make the table where there is none"},
                                     {"verbose", "", "tell reconnects and retries on stderr"}});
  const auto file = flags.Get("file");
  if (!file) flags.Misuse("--file is missing");
  auto database = examples::Database::Open(flags.Get("dsn"));
  if (!database.ok()) return flags.Fail(database.status());

  auto report = examples::Load(*file, {.dsn = database->dsn(),
                                       .table = flags.Get("table", "events"),
                                       .create_table = flags.Has("create-table") || database->is_throwaway(),
                                       .application_name = "load_ndjson",
                                       .log = flags.Has("verbose") ? bxb::LogHook(PrintLog) : nullptr});
  if (!report.ok()) return flags.Fail(report.status());
  std::cout << *report;
  return report->all_stored() ? 0 : kSomeLinesMissing;
}
