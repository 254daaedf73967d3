#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testing/account.h"

namespace bxb::testing {

/// What is in a server's folder:
///
///     data/             PostgreSQL's data folder
///     log               what the server printed, over all of its starts
///     .s.PGSQL.5432     its socket
struct ServerFolder {
  std::string path;
  Account owner;

  std::string data() const { return path + "/data"; }
  std::string log() const { return path + "/log"; }

  /// Makes an empty one, with a name of its own, in `parent_dir` (empty: $TMPDIR or /tmp).
  static absl::StatusOr<ServerFolder> Make(const std::string& parent_dir, const Account& owner);

  /// Writes a file of the data folder anew, with the right owner.
  absl::Status Write(std::string_view name, std::string_view text) const;

  /// Appends lines to postgresql.conf; the last one of a name wins.
  absl::Status Configure(const std::map<std::string, std::string>& settings) const;

  /// The end of the log, for a person to read.
  std::string LogTail() const;
};

/// `name = 'value'` lines, as postgresql.conf wants them.
std::string SettingLines(const std::map<std::string, std::string>& settings);

}  // namespace bxb::testing
