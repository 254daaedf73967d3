#pragma once

#include <string>

#include "testing/file_descriptor.h"

namespace bxb::bench::report {

/// The folder that a run writes its page and its journal into: made where it is not there, and for one run at a time.
/// Dies where it cannot be had. What experiments need for a while is in `work`, which goes with this object, and with
/// the next run where this one is killed.
class OutFolder {
 public:
  explicit OutFolder(const std::string& path);
  ~OutFolder();
  OutFolder(const OutFolder&) = delete;
  OutFolder& operator=(const OutFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string work() const;

 private:
  std::string path_;
  testing::FileDescriptor lock_;
};

/// Makes a folder and those above it. Dies where that cannot be done.
void MakeFolder(const std::string& path);

}  // namespace bxb::bench::report
