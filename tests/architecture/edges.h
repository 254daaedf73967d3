#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace bxb::architecture {

/// The text of every source file, by its path from the repository's top.
using Sources = std::map<std::string, std::string>;

/// Every .h and .cc file under include/, src/ and examples/.
Sources ReadSources(const std::filesystem::path& top);

/// One `#include` line: from a room to a room, or to a library outside.
struct Edge {
  std::string file;
  int line;
  std::string included;  ///< as the line spells it
  std::string from;      ///< "wire", "pq" …, "public" for include/bxb, "examples", "none"
  std::string to;        ///< the same, or "libpq", "absl", "std", "other"
};

std::vector<Edge> Edges(const Sources& sources);

/// The edges that the picture of the rooms does not have, each as "file:line: from -> to (included)".
std::vector<std::string> ForbiddenEdges(const Sources& sources);

}  // namespace bxb::architecture
