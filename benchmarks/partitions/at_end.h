#pragma once

#include <string>
#include <vector>

#include "testing/file_descriptor.h"

namespace bxb::bench::partitions {

/// Runs a shell script when this object goes, or when this process ends, however it ends. The shell is no child of
/// this process, and waits on a socket that only this process holds.
class AtEnd {
 public:
  /// `arguments` are the script's $1, $2 … Dies on errors.
  AtEnd(const std::string& script, const std::vector<std::string>& arguments);

  /// Returns when the script has ended.
  ~AtEnd();
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;

 private:
  testing::FileDescriptor socket_;
};

}  // namespace bxb::bench::partitions
