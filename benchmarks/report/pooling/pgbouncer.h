#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "testing/file_descriptor.h"

namespace bxb::bench::report {

/// PgBouncer in transaction mode before a private server. It ends with this object, or with this process: a shell waits
/// on a pipe that only this process holds. Dies on errors.
class PgBouncer {
 public:
  /// The path of the program; NotFound where it is not installed.
  static absl::StatusOr<std::string> Find();

  PgBouncer(const std::string& program, const testing::EphemeralPostgres& server);
  ~PgBouncer();
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  const std::string& dsn() const { return dsn_; }
  pid_t pid() const { return pid_; }

 private:
  void Start(const std::string& program, const std::string& file);
  void AwaitAnswer() const;

  std::string dsn_;
  testing::FileDescriptor lifeline_;
  pid_t shell_ = 0;
  pid_t pid_ = 0;
};

}  // namespace bxb::bench::report
