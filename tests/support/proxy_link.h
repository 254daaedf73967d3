#pragma once

#include <poll.h>

#include <optional>
#include <string>

#include "support/cut_plan.h"
#include "support/message_splitter.h"
#include "testing/file_descriptor.h"

namespace bxb::testing {

/// One connection through a SocketProxy: a client's socket, a server's socket, and the messages between them.
/// Thread-compatible.
class ProxyLink {
 public:
  /// Both sockets must be non-blocking; the plan must outlive the link.
  ProxyLink(FileDescriptor client, FileDescriptor server, CutPlan& plan);
  ~ProxyLink();
  ProxyLink(const ProxyLink&) = delete;
  ProxyLink& operator=(const ProxyLink&) = delete;

  /// What to wait for; a negative fd where there is nothing.
  pollfd ClientInterest() const { return Interest(client_, server_); }
  pollfd ServerInterest() const { return Interest(server_, client_); }

  /// Moves on as far as possible without waiting, given poll's answers for the two.
  void Relay(short client_events, short server_events);

  /// Nothing more will be relayed: to be destroyed, which closes both sockets.
  bool ended() const { return state_ == State::kEnded; }

 private:
  enum class State { kOpen, kLastWords, kEnded };

  struct Peer {
    FileDescriptor socket;
    MessageSplitter received;
    std::string to_send = {};
  };

  pollfd Interest(const Peer& peer, const Peer& other) const;
  bool Receive(Peer& peer);
  bool Send(Peer& peer);
  void HandleClient();
  void HandleServer();
  void FromClient(const Message& message);
  void FromServer(const Message& message);
  void HandleStartup(const Message& message);
  void HandleData(const Message& message);
  void HandleEndMarker(const Message& message);
  void ReleaseReply();
  void HangUp(Peer& gone);
  void Cut(CutPoint point);
  void End(bool delivered);

  CutPlan& plan_;
  Peer client_;
  Peer server_;
  State state_ = State::kOpen;
  std::optional<CutPoint> cut_;  ///< to be done when the server has what comes before it
  bool in_data_ = false;         ///< of the current COPY some data has been forwarded
  bool holds_reply_ = false;     ///< what the server says is kept back until it says COMMIT
  std::string reply_;
};

}  // namespace bxb::testing
