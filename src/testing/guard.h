#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "testing/file_descriptor.h"

namespace bxb::testing {

/// Takes a server and its folder away when this object goes or when this process ends, however it ends. It is a
/// shell that waits on a socket which only this process holds, and that is no child of it any more: what kills this
/// process with all of its children (ctest does, after a timeout) does not reach it.
class Guard {
 public:
  /// Guards `dir`, the folder, and the server whose data folder is `dir/data`, whenever it is started.
  static absl::StatusOr<Guard> Start(const std::string& dir);

  Guard(Guard&&) = default;
  Guard& operator=(Guard&&) = default;

  /// Returns when server and folder are gone. Does nothing in a fork of the process that started it.
  ~Guard();

 private:
  explicit Guard(FileDescriptor socket);

  FileDescriptor socket_;
  pid_t owner_;
};

}  // namespace bxb::testing
