// The quick checks of text and JSON against slow ones written as their definitions read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bxb/internal/text_check.h"
#include "fuzz/check.h"
#include "wire/hex.h"

namespace bxb::fuzz {
namespace {

using internal::JsonKind;

/// UTF-8 decoded to code points, which are then judged.
bool IsText(std::string_view text) {
  constexpr std::uint32_t kSmallest[] = {0, 1, 0x80, 0x800, 0x10000};
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || at + length > text.size()) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if (next >> 6 != 2) return false;
      point = point << 6 | (next & 0x3F);
    }
    if (point < kSmallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    at += length;
  }
  return true;
}

/// RFC 8259, production by production.
class JsonOracle {
 public:
  JsonOracle(std::string_view text, JsonKind kind) : rest_(text), kind_(kind) {}

  bool Accepts() { return Element(0) && rest_.empty(); }

 private:
  bool Take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool Blanks() {
    while (Take(" ") || Take("\t") || Take("\n") || Take("\r")) {
    }
    return true;
  }

  bool Element(std::size_t depth) { return Blanks() && Value(depth) && Blanks(); }

  bool Value(std::size_t depth) {
    if (Take("{")) return depth < internal::kMaxJsonDepth && Blanks() && (Take("}") || Members(depth + 1));
    if (Take("[")) return depth < internal::kMaxJsonDepth && Blanks() && (Take("]") || Elements(depth + 1));
    if (Take("\"")) return Characters();
    return Take("true") || Take("false") || Take("null") || Number();
  }

  bool Members(std::size_t depth) {
    do {
      if (!Blanks() || !Take("\"") || !Characters() || !Blanks() || !Take(":") || !Element(depth)) return false;
    } while (Take(","));
    return Take("}");
  }

  bool Elements(std::size_t depth) {
    do {
      if (!Element(depth)) return false;
    } while (Take(","));
    return Take("]");
  }

  bool Characters() {
    while (!Take("\"")) {
      if (rest_.empty() || static_cast<unsigned char>(rest_[0]) < 0x20) return false;
      if (Take("\\")) {
        if (!Escape()) return false;
      } else {
        rest_.remove_prefix(1);
      }
    }
    return true;
  }

  bool Escape() {
    for (const char* letter : {"\"", "\\", "/", "b", "f", "n", "r", "t"}) {
      if (Take(letter)) return true;
    }
    int unit = 0;
    if (!Take("u") || !Hex(unit)) return false;
    if (kind_ == JsonKind::kJson || (unit != 0 && (unit < 0xD800 || unit > 0xDFFF))) return true;
    int low = 0;
    return unit >= 0xD800 && unit < 0xDC00 && Take("\\u") && Hex(low) && low >= 0xDC00 && low <= 0xDFFF;
  }

  bool Hex(int& unit) {
    for (int i = 0; i < 4; ++i) {
      const int digit = rest_.empty() ? -1 : wire::HexDigit(rest_[0]);
      if (digit < 0) return false;
      unit = unit * 16 + digit;
      rest_.remove_prefix(1);
    }
    return true;
  }

  bool Digits() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') rest_.remove_prefix(1);
    return rest_.size() != before;
  }

  bool Number() {
    (void)Take("-");
    if (!Take("0") && !Digits()) return false;
    if (Take(".") && !Digits()) return false;
    if (!Take("e") && !Take("E")) return true;
    (void)(Take("+") || Take("-"));
    return Digits();
  }

  std::string_view rest_;
  const JsonKind kind_;
};

void CheckBoth(std::string_view text) {
  const bool is_text = IsText(text);
  Check(internal::CheckText(text).ok() == is_text);
  for (const JsonKind kind : {JsonKind::kJson, JsonKind::kJsonb}) {
    const internal::Verdict verdict = internal::CheckJson(text, kind);
    Check(verdict.ok() == (is_text && JsonOracle(text, kind).Accepts()));
    Check(verdict.at <= text.size());
  }
}

}  // namespace
}  // namespace bxb::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bxb::fuzz::CheckBoth({reinterpret_cast<const char*>(data), size});
  return 0;
}
