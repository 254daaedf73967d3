#pragma once

#include <string>
#include <vector>

namespace bxb::pq {

/// One of a dsn's hosts, as parameters that override the dsn's own. What is empty overrides nothing.
struct Host {
  std::string host = {};
  std::string hostaddr = {};
  std::string port = {};

  friend bool operator==(const Host&, const Host&) = default;
};

/// The hosts that libpq would try for `dsn`, in its order: from the dsn itself, its service, the environment, or
/// libpq's defaults. Connects to nothing and looks up no name.
///
/// The answer is one Host{}, which leaves the choice to libpq, where there is only one host, where the list is wrong
/// (libpq says how), where only a part of it has a `host` or a `hostaddr`, since what is missing cannot be overridden,
/// and for target_session_attrs=prefer-standby, which needs all hosts at once.
std::vector<Host> HostsOf(const std::string& dsn);

/// The same, whatever target_session_attrs says.
std::vector<Host> EveryHostOf(const std::string& dsn);

/// "host:port" for people: one of EveryHostOf(dsn), or, where that is Host{}, what libpq would connect to first. A unix
/// socket's host is its folder.
std::string NameOf(const std::string& dsn, const Host& host);

}  // namespace bxb::pq
