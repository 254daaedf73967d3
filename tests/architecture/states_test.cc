// docs/states.md names a test for each edge of its state machines: is it there?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace bxb::architecture {
namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

std::string Read(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "Suite.Name" of each match, whose groups are the two.
Names Find(const std::string& text, const std::regex& pattern) {
  Names names;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    names.insert((*match)[1].str() + "." + (*match)[2].str());
  }
  return names;
}

Names NamedTests() {
  return Find(Read(fs::path(BXB_SOURCE_DIR) / "docs/states.md"), std::regex(R"(`([A-Z]\w*)\.([A-Z]\w+)`)"));
}

Names ExistingTests() {
  Names names;
  for (const fs::path& path : fs::recursive_directory_iterator(fs::path(BXB_SOURCE_DIR) / "tests")) {
    if (path.extension() == ".cc") names.merge(Find(Read(path), std::regex(R"(TEST(?:_F|_P)?\((\w+),\s*(\w+)\))")));
  }
  return names;
}

TEST(States, EveryEdgeHasItsTest) {
  const Names named = NamedTests(), existing = ExistingTests();
  EXPECT_GT(named.size(), 40);
  Names missing;
  std::ranges::set_difference(named, existing, std::inserter(missing, missing.end()));
  EXPECT_THAT(missing, ::testing::IsEmpty());
}

}  // namespace
}  // namespace bxb::architecture
