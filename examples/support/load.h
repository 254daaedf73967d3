#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/bxb.h"

namespace examples {

/// What became of a file.
struct LoadReport {
  std::uint64_t events = 0;     ///< lines that became events, and were taken by the writer
  std::uint64_t bad_lines = 0;  ///< lines that did not
  absl::Duration elapsed;
  bxb::FlushReport written;
  bxb::WriterStats stats;

  /// Why the first few events are not in the table, by line.
  std::map<std::uint64_t, std::string> problems;

  bool all_stored() const { return bad_lines == 0 && written.all_stored(); }
};

/// Puts a file of events (see NdjsonReader) into a table. A bad line costs itself only. An error ends the
/// load; what was written stays, and loading the same file again counts nothing twice.
absl::StatusOr<LoadReport> Load(const std::string& path, const bxb::WriterOptions& options);

/// A few lines for people.
std::ostream& operator<<(std::ostream& out, const LoadReport& report);

}  // namespace examples
