#include "report/ground.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace bxb::bench::report {

std::size_t Ground::Rows(std::size_t at_scale_1) const {
  const double thousands = std::round(static_cast<double>(at_scale_1) * scale / 1'000);
  return static_cast<std::size_t>(std::max(thousands, 2.0)) * 1'000;
}

absl::Status Ground::RequirePrivateServer() const {
  if (private_server()) return absl::OkStatus();
  return absl::FailedPreconditionError("needs servers of its own, with other settings: run it without --dsn");
}

absl::StatusOr<std::string> Ground::Peer(std::string_view part, std::string_view file) const {
  std::string path = fmt::format("{}/{}/{}", peers, part, file);
  if (std::filesystem::exists(path)) return path;
  std::string why;
  std::getline(std::ifstream(fmt::format("{}/{}.missing", peers, part)), why);
  return absl::NotFoundError(why.empty() ? fmt::format("{} is not there", path) : why);
}

}  // namespace bxb::bench::report
