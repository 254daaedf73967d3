#include "pq/hosts.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "absl/strings/str_split.h"

namespace bxb::pq {
namespace {

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Probe = std::unique_ptr<PGconn, Finish>;
using Options = std::unique_ptr<PQconninfoOption, Finish>;

// Only a connection attempt makes libpq read service files. This one ends before the first packet, because no
// sslmode is called "none"; libpq has sorted out the hosts by then.
Probe Resolve(const std::string& dsn, const char* host) {
  const char* const names[] = {"target_session_attrs", "dbname", "host", "sslmode", nullptr};
  const char* const values[] = {"any", dsn.c_str(), host, "none", nullptr};
  return Probe(PQconnectStartParams(names, values, /*expand_dbname=*/1));
}

const PQconninfoOption* Find(const Options& options, std::string_view name) {
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (name == option->keyword) return option;
  }
  return nullptr;
}

std::string ValueOf(const Options& options, std::string_view name) {
  const PQconninfoOption* option = Find(options, name);
  return option == nullptr || option->val == nullptr ? "" : option->val;
}

// What an empty element of a list means to libpq: PGHOST and PGPORT have no say in it.
std::string DefaultHost(const std::string& dsn) {
  const Probe probe = Resolve(dsn, ",");
  const char* host = PQhost(probe.get());
  return host == nullptr ? "" : host;
}

std::string DefaultPort(const Options& options) { return Find(options, "port")->compiled; }

struct Lists {
  std::vector<std::string> hosts, addresses, ports;

  bool has_hosts() const { return hosts.size() > 1 || !hosts[0].empty(); }
  bool has_addresses() const { return addresses.size() > 1 || !addresses[0].empty(); }
  std::size_t size() const { return has_addresses() ? addresses.size() : hosts.size(); }
};

bool CanBeSplit(const Lists& lists) {
  if (lists.size() == 1 || (lists.has_hosts() && lists.hosts.size() != lists.size())) return false;
  if (lists.ports.size() != 1 && lists.ports.size() != lists.size()) return false;
  if (!lists.has_addresses()) return true;
  const auto whole = [](const std::vector<std::string>& list) { return std::ranges::find(list, "") == list.end(); };
  return whole(lists.addresses) && (!lists.has_hosts() || whole(lists.hosts));
}

std::vector<Host> Split(const Lists& lists) {
  std::vector<Host> hosts(lists.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (lists.has_hosts()) hosts[i].host = lists.hosts[i];
    if (lists.has_addresses()) hosts[i].hostaddr = lists.addresses[i];
    hosts[i].port = lists.ports[lists.ports.size() == 1 ? 0 : i];
  }
  return hosts;
}

}  // namespace

std::string NameOf(const std::string& dsn, const Host& host) {
  const Probe probe = Resolve(dsn, nullptr);
  const auto or_else = [](const std::string& text, const char* other) {
    return text.empty() && other != nullptr ? std::string(other) : text;
  };
  const std::string& given = host.host.empty() ? host.hostaddr : host.host;
  return or_else(given, PQhost(probe.get())) + ":" + or_else(host.port, PQport(probe.get()));
}

std::vector<Host> EveryHostOf(const std::string& dsn) {
  const Probe probe = Resolve(dsn, nullptr);
  const Options options(PQconninfo(probe.get()));
  const auto list = [&](std::string_view name) -> std::vector<std::string> {
    return absl::StrSplit(ValueOf(options, name), ',');
  };
  const Lists lists = {.hosts = list("host"), .addresses = list("hostaddr"), .ports = list("port")};
  if (!CanBeSplit(lists)) return {Host{}};
  std::vector<Host> hosts = Split(lists);
  for (Host& host : hosts) {
    if (host.host.empty() && host.hostaddr.empty()) host.host = DefaultHost(dsn);
    if (host.port.empty()) host.port = DefaultPort(options);
  }
  return hosts;
}

std::vector<Host> HostsOf(const std::string& dsn) {
  const Probe probe = Resolve(dsn, nullptr);
  const Options options(PQconninfo(probe.get()));
  if (ValueOf(options, "target_session_attrs") == "prefer-standby") return {Host{}};
  return EveryHostOf(dsn);
}

}  // namespace bxb::pq
