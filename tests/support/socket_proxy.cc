#include "support/socket_proxy.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace bxb::testing {
namespace {

constexpr int kBacklog = 128;
constexpr int kOwnPort = 5432;

// Of the polled sockets: the wake-up call, the listener, then two for each link.
constexpr std::size_t kWake = 0, kListener = 1, kFirstLink = 2;

std::string SocketPath(const std::string& dir, int port) { return dir + "/.s.PGSQL." + std::to_string(port); }

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

FileDescriptor NewSocket() { return FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

}  // namespace

SocketProxy::SocketProxy(const std::string& target_dir, int port)
    : port_(port), listener_(NewSocket()), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), target_(target_dir) {
  Listen();
  thread_ = std::thread([this] { Run(); });
}

SocketProxy::~SocketProxy() {
  Order([](Orders& orders) { orders.stop = true; });
  thread_.join();
}

// PgBouncer runs as the server's user, and connecting needs the right to write.
void SocketProxy::Listen() {
  const std::string path = SocketPath(host(), kOwnPort);
  const sockaddr_un address = AddressOf(path);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0777) != 0 || ::listen(listener_.get(), kBacklog) != 0) {
    std::cerr << "cannot listen on " << path << "\n";
    std::abort();
  }
}

std::string SocketProxy::dsn(const std::string& database) const {
  return "host=" + host() + " user=postgres dbname=" + database;
}

void SocketProxy::Retarget(const std::string& target_dir) {
  const std::lock_guard lock(mutex_);
  target_ = target_dir;
}

int SocketProxy::CutAll() {
  const std::lock_guard one_cut(one_cut_at_a_time_);
  Order([](Orders& orders) { orders.cut_all = true; });
  std::unique_lock lock(mutex_);
  obeyed_.wait(lock, [this] { return orders_.cut.has_value(); });
  return *std::exchange(orders_.cut, std::nullopt);
}

void SocketProxy::Stall() {
  Order([](Orders& orders) { orders.stalled = true; });
}

void SocketProxy::Resume() {
  Order([](Orders& orders) { orders.stalled = false; });
}

template <class Change>
void SocketProxy::Order(Change change) {
  {
    const std::lock_guard lock(mutex_);
    change(orders_);
  }
  const std::uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) != sizeof one) std::abort();
}

void SocketProxy::Run() {
  pthread_setname_np(pthread_self(), "bxb-proxy");
  while (Obey()) {
    WaitForSockets();
    if (!stalled_) RelayAll();
    if (!stalled_ && sockets_[kListener].revents != 0) Accept();
  }
}

// False when the thread is to end.
bool SocketProxy::Obey() {
  const std::lock_guard lock(mutex_);
  stalled_ = orders_.stalled;
  if (orders_.cut_all) {
    orders_.cut = static_cast<int>(links_.size());
    orders_.cut_all = false;
    links_.clear();
    obeyed_.notify_all();
  }
  return !orders_.stop;
}

void SocketProxy::WaitForSockets() {
  sockets_.assign({{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                   {.fd = stalled_ ? -1 : listener_.get(), .events = POLLIN, .revents = 0}});
  for (const ProxyLink& link : links_) {
    if (stalled_) break;
    sockets_.push_back(link.ClientInterest());
    sockets_.push_back(link.ServerInterest());
  }
  ::poll(sockets_.data(), sockets_.size(), /*timeout=*/-1);
  std::uint64_t count = 0;
  if (sockets_[kWake].revents != 0 && ::read(wake_.get(), &count, sizeof count) < 0) std::abort();
}

void SocketProxy::RelayAll() {
  std::size_t at = kFirstLink;
  for (ProxyLink& link : links_) {
    link.Relay(sockets_[at].revents, sockets_[at + 1].revents);
    at += 2;
  }
  links_.remove_if([](const ProxyLink& link) { return link.ended(); });
}

void SocketProxy::Accept() {
  FileDescriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  const std::string path = [this] {
    const std::lock_guard lock(mutex_);
    return SocketPath(target_, port_);
  }();
  FileDescriptor server = Connect(path);
  if (client.valid() && server.valid()) links_.emplace_back(std::move(client), std::move(server), plan_);
}

FileDescriptor SocketProxy::Connect(const std::string& path) const {
  FileDescriptor server = NewSocket();
  const sockaddr_un address = AddressOf(path);
  if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return server;
}

}  // namespace bxb::testing
