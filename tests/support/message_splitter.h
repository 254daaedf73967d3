#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bxb::testing {

/// One message of the protocol (https://www.postgresql.org/docs/15/protocol-message-formats.html), with its header.
struct Message {
  static constexpr char kUntyped = '\0';  ///< a start-up packet, or the one-byte answer to an SSLRequest

  char type;
  std::string_view bytes;

  std::string_view body() const { return bytes.substr(type == kUntyped ? 4 : 5); }
};

inline std::uint32_t BigEndian32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

/// Takes one direction of a connection apart into messages. Thread-compatible.
class MessageSplitter {
 public:
  enum class From : std::uint8_t { kClient, kServer };

  explicit MessageSplitter(From from) : untyped_(from == From::kClient) {}

  void Feed(std::string_view bytes) {
    buffer_.erase(0, taken_);
    taken_ = 0;
    buffer_ += bytes;
  }

  /// The next message that is there as a whole; valid until Feed.
  std::optional<Message> Next() {
    const std::string_view rest = std::string_view(buffer_).substr(taken_);
    if (bytes_expected_ > 0 && !rest.empty()) {
      --bytes_expected_;
      return Take(Message::kUntyped, 1);
    }
    const std::size_t header = untyped_ ? 4 : 5;
    if (rest.size() < header) return std::nullopt;
    const std::size_t size = BigEndian32(rest.substr(header - 4)) + header - 4;
    if (rest.size() < size) return std::nullopt;
    return Take(untyped_ ? Message::kUntyped : rest.front(), size);
  }

  /// From now on messages have a type: the client's first packet was a StartupMessage.
  void StartupIsOver() { untyped_ = false; }

  /// A byte without header comes next: the server's answer to an SSLRequest or a GSSENCRequest.
  void ExpectByte() { ++bytes_expected_; }

 private:
  Message Take(char type, std::size_t size) {
    const std::string_view bytes = std::string_view(buffer_).substr(taken_, size);
    taken_ += size;
    return {.type = type, .bytes = bytes};
  }

  std::string buffer_;
  std::size_t taken_ = 0;
  int bytes_expected_ = 0;
  bool untyped_;
};

}  // namespace bxb::testing
