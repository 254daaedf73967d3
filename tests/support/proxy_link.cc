#include "support/proxy_link.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace bxb::testing {
namespace {

// A side that does not read stops the other one from sending, as without a proxy.
constexpr std::size_t kHighWater = std::size_t{1} << 20;

constexpr std::uint32_t kSslRequest = 80877103;
constexpr std::uint32_t kGssEncRequest = 80877104;

}  // namespace

ProxyLink::ProxyLink(FileDescriptor client, FileDescriptor server, CutPlan& plan)
    : plan_(plan),
      client_{.socket = std::move(client), .received = MessageSplitter(MessageSplitter::From::kClient)},
      server_{.socket = std::move(server), .received = MessageSplitter(MessageSplitter::From::kServer)} {}

// A cut that this link was to make is still wanted.
ProxyLink::~ProxyLink() {
  ReleaseReply();
  if (!ended()) End(/*delivered=*/false);
}

pollfd ProxyLink::Interest(const Peer& peer, const Peer& other) const {
  int events = peer.to_send.empty() ? 0 : POLLOUT;
  if (state_ == State::kOpen && other.to_send.size() < kHighWater) events |= POLLIN;
  return {.fd = events == 0 ? -1 : peer.socket.get(), .events = static_cast<short>(events), .revents = 0};
}

void ProxyLink::Relay(short client_events, short server_events) {
  const bool was_open = state_ == State::kOpen;
  if (was_open && client_events != 0) HandleClient();
  if (state_ == State::kOpen && server_events != 0) HandleServer();
  const bool server_reached = Send(server_);
  const bool client_reached = Send(client_);
  if (state_ == State::kOpen && (!server_reached || !client_reached)) HangUp(server_reached ? client_ : server_);
  if (state_ == State::kLastWords && server_.to_send.empty() && client_.to_send.empty()) End(server_reached);
}

// False when the peer is gone.
bool ProxyLink::Receive(Peer& peer) {
  std::array<char, std::size_t{64} << 10> buffer;
  const ssize_t count = ::recv(peer.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count > 0) peer.received.Feed({buffer.data(), static_cast<std::size_t>(count)});
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool ProxyLink::Send(Peer& peer) {
  if (peer.to_send.empty()) return true;
  const ssize_t count =
      ::send(peer.socket.get(), peer.to_send.data(), peer.to_send.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) {
    peer.to_send.erase(0, static_cast<std::size_t>(count));
    return true;
  }
  if (errno == EAGAIN || errno == EINTR) return true;
  peer.to_send.clear();
  return false;
}

void ProxyLink::HandleClient() {
  const bool connected = Receive(client_);
  while (state_ == State::kOpen) {
    const auto message = client_.received.Next();
    if (!message) break;
    FromClient(*message);
  }
  if (state_ == State::kOpen && !connected) HangUp(client_);
}

void ProxyLink::HandleServer() {
  const bool connected = Receive(server_);
  while (state_ == State::kOpen) {
    const auto message = server_.received.Next();
    if (!message) break;
    FromServer(*message);
  }
  if (state_ == State::kOpen && !connected) HangUp(server_);
}

void ProxyLink::FromClient(const Message& message) {
  switch (message.type) {
    case Message::kUntyped:
      return HandleStartup(message);
    case 'd':
      return HandleData(message);
    case 'c':
      return HandleEndMarker(message);
    default:
      in_data_ = false;
      server_.to_send += message.bytes;
  }
}

void ProxyLink::HandleStartup(const Message& message) {
  const std::uint32_t code = BigEndian32(message.body());
  if (code == kSslRequest || code == kGssEncRequest) {
    server_.received.ExpectByte();
  } else {
    client_.received.StartupIsOver();
  }
  server_.to_send += message.bytes;
}

void ProxyLink::HandleData(const Message& message) {
  if (!in_data_ && plan_.Claim(CutPoint::kBeforeData)) return Cut(CutPoint::kBeforeData);
  in_data_ = true;
  const bool cut = plan_.Claim(CutPoint::kInsideData);
  server_.to_send += cut ? message.bytes.substr(0, message.bytes.size() / 2) : message.bytes;
  if (cut) Cut(CutPoint::kInsideData);
}

void ProxyLink::HandleEndMarker(const Message& message) {
  in_data_ = false;
  server_.to_send += message.bytes;
  if (plan_.Claim(CutPoint::kAfterEndMarker)) return Cut(CutPoint::kAfterEndMarker);
  holds_reply_ = plan_.Claim(CutPoint::kBeforeReply);
}

void ProxyLink::FromServer(const Message& message) {
  std::string& destination = holds_reply_ ? reply_ : client_.to_send;
  destination += message.bytes;
  if (!holds_reply_) return;
  constexpr std::string_view kCommitTag("COMMIT\0", 7);
  if (message.type == 'C' && message.body() == kCommitTag) return Cut(CutPoint::kBeforeReply);
  // It has failed, or there is another COPY to come: this was no commit to cut behind.
  if (message.type == 'E' || message.type == 'Z' || message.type == 'G') ReleaseReply();
}

void ProxyLink::ReleaseReply() {
  if (!holds_reply_) return;
  holds_reply_ = false;
  client_.to_send += std::exchange(reply_, {});
  plan_.Missed(CutPoint::kBeforeReply);
}

// What is on its way to the other side still arrives there.
void ProxyLink::HangUp(Peer& gone) {
  ReleaseReply();
  gone.to_send.clear();
  state_ = State::kLastWords;
}

void ProxyLink::Cut(CutPoint point) {
  holds_reply_ = false;
  client_.to_send.clear();
  cut_ = point;
  state_ = State::kLastWords;
}

void ProxyLink::End(bool delivered) {
  state_ = State::kEnded;
  if (!cut_) return;
  delivered ? plan_.Done(*cut_) : plan_.Missed(*cut_);
}

}  // namespace bxb::testing
