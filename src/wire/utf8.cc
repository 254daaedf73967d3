#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bxb/internal/text_check.h"
#include "bxb/internal/verdict.h"
#include "wire/eight_bytes.h"

namespace bxb::internal {
namespace {

// Whether eight bytes are all in 1 … 127.
bool IsPlain(const char* eight_bytes) {
  const std::uint64_t word = wire::Load8(eight_bytes);
  return ((word & wire::kHighBits) | wire::Below(word, 1)) == 0;
}

bool IsContinuation(unsigned char c) { return (c & 0xC0) == 0x80; }

// The length of the well-formed sequence of several bytes at the start of `text` (RFC 3629, section 4), or 0.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsContinuation(byte(i))) return 0;
  }
  // The second byte rules out overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned char second = byte(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return length;
}

// How many bytes at the start are in 1 … 127.
std::size_t SkipPlain(std::string_view text) {
  std::size_t at = 0;
  while (text.size() - at >= 8 && IsPlain(text.data() + at)) at += 8;
  // The last few bytes once more together with some before them.
  if (text.size() >= 8 && text.size() - at < 8 && IsPlain(text.data() + text.size() - 8)) return text.size();
  while (at < text.size() && static_cast<signed char>(text[at]) > 0) ++at;
  return at;
}

}  // namespace

Verdict CheckText(std::string_view text) {
  for (std::size_t at = 0;;) {
    at += SkipPlain(text.substr(at));
    if (at == text.size()) return {};
    // Text in other scripts has few plain bytes between the others.
    while (at < text.size() && static_cast<signed char>(text[at]) <= 0) {
      const std::size_t length = SequenceLength(text.substr(at));
      if (length == 0) return {text[at] == '\0' ? &kNulByte : &kBadUtf8, at};
      at += length;
    }
  }
}

}  // namespace bxb::internal
