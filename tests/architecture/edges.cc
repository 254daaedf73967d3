#include "architecture/edges.h"

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

namespace bxb::architecture {
namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

// Who may include whom. A room may always include its own files.
const std::map<std::string, Names>& Picture() {
  static const std::map<std::string, Names> picture = {
      {"public", {"absl", "std"}},
      {"wire", {"public", "absl", "std", "other"}},
      {"pq", {"public", "libpq", "absl", "std", "other"}},
      {"schema", {"pq", "wire", "public", "absl", "std", "other"}},
      {"write", {"schema", "pq", "wire", "public", "absl", "std", "other"}},
      {"read", {"schema", "pq", "wire", "public", "absl", "std", "other"}},
      {"replicate", {"schema", "pq", "wire", "public", "absl", "std", "other"}},
      {"testing", {"pq", "public", "absl", "std", "other"}},
      {"cli", {"public", "absl", "std", "other"}},
      // Host applications: they have queries of their own.
      {"examples", {"public", "libpq", "absl", "std", "other"}},
  };
  return picture;
}

// The room of a file in the repository; "none" where the picture has no place for it.
std::string RoomOf(const fs::path& file) {
  const std::vector<std::string> parts(file.begin(), file.end());
  if (parts.size() > 2 && parts[0] == "include" && parts[1] == "bxb") return "public";
  if (parts.size() > 1 && parts[0] == "examples") return "examples";
  if (parts.size() > 2 && parts[0] == "src" && Picture().contains(parts[1])) return parts[1];
  return "none";
}

bool DoesIo(const std::string& included) {
  static const Names io = {"cstdio", "filesystem", "fstream", "iostream", "fcntl.h", "poll.h", "stdio.h", "unistd.h"};
  static const std::regex io_folder("(sys|netinet|arpa)/.*");
  return io.contains(included) || std::regex_match(included, io_folder);
}

std::string LibraryOf(const std::string& included) {
  static const std::regex libpq("(.*/)?(libpq-.*|libpq/.*|postgres.*|pg_config.*)");
  static const std::regex standard("[a-z0-9_]+");
  if (std::regex_match(included, libpq)) return "libpq";
  if (included.starts_with("absl/")) return "absl";
  return std::regex_match(included, standard) ? "std" : "other";
}

// Where an include leads, found as the compiler finds it: beside the file, then in src, then in include.
std::string TargetOf(const std::string& file, const std::string& included, const Sources& sources) {
  const fs::path beside = (fs::path(file).parent_path() / included).lexically_normal();
  if (included.starts_with(".") || sources.contains(beside.string())) return RoomOf(beside);
  if (const std::string room = RoomOf("src/" + included); room != "none") return room;
  if (const std::string room = RoomOf("include/" + included); room != "none") return room;
  return LibraryOf(included);
}

bool Allowed(const Edge& edge) {
  const auto room = Picture().find(edge.from);
  if (room == Picture().end()) return false;
  if (edge.from == "wire" && DoesIo(edge.included)) return false;
  return edge.from == edge.to || room->second.contains(edge.to);
}

}  // namespace

Sources ReadSources(const fs::path& top) {
  Sources sources;
  for (const char* folder : {"include", "src", "examples"}) {
    for (const fs::path& path : fs::recursive_directory_iterator(top / folder)) {
      if (path.extension() != ".h" && path.extension() != ".cc") continue;
      std::ifstream in(path);
      sources[path.lexically_relative(top).string()] = std::string(std::istreambuf_iterator<char>(in), {});
    }
  }
  return sources;
}

std::vector<Edge> Edges(const Sources& sources) {
  static const std::regex include(R"re(\s*#\s*include\s*["<]([^">]+)[">].*)re");
  std::vector<Edge> edges;
  for (const auto& [file, text] : sources) {
    std::istringstream lines(text);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
      std::smatch match;
      if (!std::regex_match(line, match, include)) continue;
      edges.push_back({file, number, match[1], RoomOf(file), TargetOf(file, match[1], sources)});
    }
  }
  return edges;
}

std::vector<std::string> ForbiddenEdges(const Sources& sources) {
  std::vector<std::string> forbidden;
  for (const Edge& edge : Edges(sources)) {
    if (Allowed(edge)) continue;
    std::ostringstream out;
    out << edge.file << ":" << edge.line << ": " << edge.from << " -> " << edge.to << " (" << edge.included << ")";
    forbidden.push_back(out.str());
  }
  return forbidden;
}

}  // namespace bxb::architecture
