#include "testing/account.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <optional>

namespace bxb::testing {
namespace {

std::optional<Account> Find(const char* name) {
  std::array<char, 4096> strings;
  passwd entry;
  passwd* found = nullptr;
  if (::getpwnam_r(name, &entry, strings.data(), strings.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return Account{.uid = entry.pw_uid, .gid = entry.pw_gid};
}

}  // namespace

Account Account::Own() { return {.uid = ::geteuid(), .gid = ::getegid()}; }

absl::StatusOr<Account> Account::ForServer() {
  if (::geteuid() != 0) return Own();
  for (const char* name : {"postgres", "nobody"}) {
    if (const std::optional<Account> account = Find(name)) return *account;
  }
  return absl::FailedPreconditionError(
      "PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody to run it as");
}

}  // namespace bxb::testing
