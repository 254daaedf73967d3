#include "bxb/read_token.h"

#include <fmt/format.h>

#include "read/whole_number.h"

namespace bxb {

std::optional<ReadToken> ReadToken::Parse(std::string_view text) {
  const std::size_t at = text.find('@');
  const auto lsn = Lsn::Parse(text.substr(0, at));
  if (!lsn) return std::nullopt;
  if (at == std::string_view::npos) return ReadToken(*lsn);
  const std::string_view rest = text.substr(at + 1);
  const std::size_t colon = rest.find(':');
  const auto timeline = read::WholeNumber<std::uint32_t>(rest.substr(0, colon));
  const auto xid = colon == std::string_view::npos ? std::optional<std::uint64_t>(0)
                                                   : read::WholeNumber<std::uint64_t>(rest.substr(colon + 1));
  if (!timeline || !xid) return std::nullopt;
  ReadToken token(*lsn, *timeline);
  token.xid = *xid;
  return token;
}

std::string ReadToken::ToString() const {
  if (timeline == 0) return lsn.ToString();
  if (xid == 0) return fmt::format("{}@{}", lsn.ToString(), timeline);
  return fmt::format("{}@{}:{}", lsn.ToString(), timeline, xid);
}

}  // namespace bxb
