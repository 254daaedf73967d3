#include <fmt/format.h>

#include "bxb/replay.h"
#include "read/whole_number.h"

namespace bxb {

std::optional<ReplayPosition> ReplayPosition::Parse(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::size_t colon = text.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon < at) return std::nullopt;
  const auto xid = read::WholeNumber<std::uint64_t>(text.substr(0, at));
  const auto timeline = read::WholeNumber<std::uint32_t>(text.substr(at + 1, colon - at - 1));
  const auto lsn = Lsn::Parse(text.substr(colon + 1));
  if (!xid || !timeline || !lsn) return std::nullopt;
  return ReplayPosition{.xid = *xid, .timeline = *timeline, .lsn = *lsn};
}

std::string ReplayPosition::ToString() const { return fmt::format("{}@{}:{}", xid, timeline, lsn.ToString()); }

}  // namespace bxb
