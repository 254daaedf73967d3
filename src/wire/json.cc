#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bxb/internal/text_check.h"
#include "bxb/internal/verdict.h"
#include "wire/eight_bytes.h"
#include "wire/hex.h"

namespace bxb::internal {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Checks the grammar with a stack of its own, so that no input can exhaust the thread's. Each function
/// expects its construct at `at_`, moves behind it and returns true, or notes the broken rule.
class JsonChecker {
 public:
  JsonChecker(std::string_view text, JsonKind kind)
      : at_(text.data()), end_(at_ + text.size()), begin_(at_), kind_(kind) {}

  Verdict Check() {
    bool good = Value();
    while (good && depth_ > 0) good = Next();
    SkipBlanks();
    if (good && at_ != end_) Fail(kBadJson);
    return {broken_, broken_ == nullptr ? 0 : static_cast<std::size_t>(at_ - begin_)};
  }

 private:
  bool Fail(const Rule& rule) {
    if (broken_ == nullptr) broken_ = &rule;
    return false;
  }

  void SkipBlanks() {
    while (at_ != end_ && IsBlank(*at_)) ++at_;
  }

  bool TakeIf(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool Take(char c) { return TakeIf(c) || Fail(kBadJson); }

  // A scalar as a whole; of an array or object the beginning, with its first element.
  bool Value() {
    for (;;) {
      SkipBlanks();
      if (at_ == end_) return Fail(kBadJson);
      switch (*at_) {
        case '"':
          return String();
        case '{':
          if (!Open('}')) return false;
          if (TakeIf('}')) return Close();
          if (!Key()) return false;
          break;
        case '[':
          if (!Open(']')) return false;
          if (TakeIf(']')) return Close();
          break;
        case 't':
          return Word("true");
        case 'f':
          return Word("false");
        case 'n':
          return Word("null");
        default:
          return Number();
      }
    }
  }

  // What follows a value inside an array or object: its end, or the next element.
  bool Next() {
    SkipBlanks();
    const char closer = closers_[depth_ - 1];
    if (TakeIf(closer)) return Close();
    return Take(',') && (closer == ']' || Key()) && Value();
  }

  bool Open(char closer) {
    if (depth_ == kMaxJsonDepth) return Fail(kJsonTooDeep);
    closers_[depth_++] = closer;
    ++at_;
    SkipBlanks();
    return true;
  }

  bool Close() {
    --depth_;
    return true;
  }

  bool Key() {
    SkipBlanks();
    if (at_ == end_ || *at_ != '"' || !String()) return Fail(kBadJson);
    SkipBlanks();
    return Take(':');
  }

  bool Word(std::string_view word) {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) != word)
      return Fail(kBadJson);
    at_ += word.size();
    return true;
  }

  bool Digits() {
    if (at_ == end_ || !IsDigit(*at_)) return Fail(kBadJson);
    while (at_ != end_ && IsDigit(*at_)) ++at_;
    return true;
  }

  bool Number() {
    TakeIf('-');
    if (!TakeIf('0') && !Digits()) return false;
    if (TakeIf('.') && !Digits()) return false;
    if (!TakeIf('e') && !TakeIf('E')) return true;
    if (!TakeIf('+')) TakeIf('-');
    return Digits();
  }

  bool String() {
    ++at_;
    for (;;) {
      SkipPlain();
      if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) return Fail(kBadJson);
      if (*at_++ == '"') return true;
      if (!Escape()) return false;
    }
  }

  // Moves to the next quote, backslash or control character.
  void SkipPlain() {
    while (end_ - at_ >= 8) {
      const std::uint64_t word = wire::Load8(at_);
      const std::size_t plain =
          wire::FirstMark(wire::Equal(word, '"') | wire::Equal(word, '\\') | wire::Below(word, 0x20));
      at_ += plain;
      if (plain < 8) return;
    }
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
  }

  bool Escape() {
    if (TakeIf('u')) return UnicodeEscape();
    if (at_ == end_ || std::string_view("\"\\/bfnrt").find(*at_) == std::string_view::npos) return Fail(kBadJson);
    ++at_;
    return true;
  }

  bool UnicodeEscape() {
    unsigned unit = 0;
    if (!HexUnit(unit)) return false;
    if (kind_ == JsonKind::kJson) return true;
    if (unit == 0) return Fail(kJsonNul);
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    unsigned low = 0;
    if (unit > 0xDBFF || !TakeIf('\\') || !TakeIf('u')) return Fail(kJsonSurrogate);
    if (!HexUnit(low)) return false;
    return (low >= 0xDC00 && low <= 0xDFFF) || Fail(kJsonSurrogate);
  }

  bool HexUnit(unsigned& unit) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = at_ != end_ ? wire::HexDigit(*at_) : -1;
      if (digit < 0) return Fail(kBadJson);
      unit = unit << 4 | static_cast<unsigned>(digit);
    }
    return true;
  }

  const char* at_;
  const char* const end_;
  const char* const begin_;
  const JsonKind kind_;
  const Rule* broken_ = nullptr;
  std::size_t depth_ = 0;
  char closers_[kMaxJsonDepth];  // what ends each open array and object
};

}  // namespace

Verdict CheckJson(std::string_view text, JsonKind kind) {
  // The encoding comes first, as on the server, and leaves nothing above 127 to worry about.
  if (const Verdict verdict = CheckText(text); !verdict.ok()) return verdict;
  return JsonChecker(text, kind).Check();
}

bool IsJsonObject(std::string_view json) {
  const auto* first = json.begin();
  while (first != json.end() && IsBlank(*first)) ++first;
  return first != json.end() && *first == '{';
}

}  // namespace bxb::internal
