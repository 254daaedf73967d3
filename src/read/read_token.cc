#include "bxb/read_token.h"

#include <fmt/format.h>

#include "read/whole_number.h"

namespace bxb {

std::optional<ReadToken> ReadToken::Parse(std::string_view text) {
  const std::size_t at = text.find('@');
  const auto lsn = Lsn::Parse(text.substr(0, at));
  if (!lsn) return std::nullopt;
  if (at == std::string_view::npos) return ReadToken(*lsn);
  const auto timeline = read::WholeNumber<std::uint32_t>(text.substr(at + 1));
  return timeline ? std::optional(ReadToken(*lsn, *timeline)) : std::nullopt;
}

std::string ReadToken::ToString() const {
  return timeline == 0 ? lsn.ToString() : fmt::format("{}@{}", lsn.ToString(), timeline);
}

}  // namespace bxb
