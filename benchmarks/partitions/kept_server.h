#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "partitions/at_end.h"
#include "partitions/memory_group.h"
#include "testing/postmaster.h"
#include "testing/server_folder.h"

namespace bxb::bench::partitions {

/// A private server whose data stays in its folder, for a run that can be killed and goes on later; its memory is
/// held to a bound where that is possible. The server is stopped with this object, and also when this process is
/// killed.
class KeptServer {
 public:
  /// Goes on with the data in `folder`, or makes it there. Dies on errors.
  KeptServer(const std::string& folder, std::map<std::string, std::string> settings, std::size_t memory);
  ~KeptServer();
  KeptServer(const KeptServer&) = delete;
  KeptServer& operator=(const KeptServer&) = delete;

  std::string dsn() const;
  const std::string& dir() const { return folder_.path; }
  const MemoryGroup* group() const { return group_.get(); }

  /// Stops the server and deletes its folder.
  void Remove();

 private:
  void StopFormer();
  void MakeData(const std::string& bin_dir);
  void Stop();

  testing::ServerFolder folder_;
  std::unique_ptr<MemoryGroup> group_;
  std::unique_ptr<testing::Postmaster> postmaster_;
  std::unique_ptr<AtEnd> stop_;
};

}  // namespace bxb::bench::partitions
