#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "testing/file_descriptor.h"

namespace bxb::bench::report {

/// A TimescaleDB server: the one of peers/timescaledb, a process of node. It ends with this object, or with this
/// process, however that ends.
class TimescaleDb {
 public:
  /// `front` is its front.mjs; the data are in that folder.
  static absl::StatusOr<std::unique_ptr<TimescaleDb>> Start(const std::string& front, const std::string& folder);
  ~TimescaleDb();
  TimescaleDb(const TimescaleDb&) = delete;
  TimescaleDb& operator=(const TimescaleDb&) = delete;

  const std::string& dsn() const { return dsn_; }

 private:
  TimescaleDb(pid_t pid, testing::FileDescriptor input, int port);

  pid_t pid_;
  testing::FileDescriptor input_;  ///< the server ends when it closes
  std::string dsn_;
};

}  // namespace bxb::bench::report
