#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "support/temporary_folder.h"

namespace bxb::chaos {

/// A disk of a few megabytes that can be filled: a tmpfs. It is mounted for one thread and for the processes which
/// that thread starts, so it goes with the last of them, however they end.
class SmallDisk {
 public:
  /// Calls `use` with a disk of `megabytes` on a thread of its own. PermissionDenied where this process must not
  /// mount anything.
  static absl::Status With(int megabytes, const std::function<absl::Status(SmallDisk&)>& use);

  /// An empty folder on it, which belongs to the server's user.
  const std::string& folder() const { return folder_; }

  absl::Status Fill();  ///< to the last byte
  absl::Status Free();  ///< what Fill has taken

 private:
  explicit SmallDisk(const testing::TemporaryFolder& root)
      : root_(root), folder_(root.path() + "/tablespace"), filler_(root.path() + "/filler") {}
  absl::Status Mount(int megabytes) const;

  const testing::TemporaryFolder& root_;
  const std::string folder_;
  const std::string filler_;
};

}  // namespace bxb::chaos
