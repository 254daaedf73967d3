#pragma once

#include <string>

#include "testing/account.h"
#include "testing/guard.h"
#include "testing/server_folder.h"

namespace bxb::testing {

/// An empty folder for sockets and small files, which the server's user may enter too. It goes with this object, and
/// also when the test program is killed.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : folder_(ServerFolder::Make("", Account::ForServer().value()).value()),
        guard_(Guard::Start(folder_.path).value()) {}

  const std::string& path() const { return folder_.path; }
  const Account& owner() const { return folder_.owner; }

 private:
  ServerFolder folder_;
  Guard guard_;
};

}  // namespace bxb::testing
