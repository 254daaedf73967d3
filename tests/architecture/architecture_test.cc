#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "architecture/edges.h"

namespace bxb::architecture {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

TEST(Architecture, TheSourcesHaveOnlyTheEdgesOfThePicture) {
  EXPECT_THAT(ForbiddenEdges(ReadSources(BXB_SOURCE_DIR)), IsEmpty());
}

TEST(Architecture, TheSourcesAreReallyRead) {
  std::set<std::string> seen;
  for (const Edge& edge : Edges(ReadSources(BXB_SOURCE_DIR))) seen.insert(edge.from + " -> " + edge.to);
  EXPECT_THAT(seen, IsSupersetOf({"public -> public", "public -> absl", "wire -> public", "pq -> libpq",
                                  "write -> schema", "write -> pq", "testing -> pq", "examples -> public"}));
}

TEST(Architecture, AForbiddenEdgeIsNamedWithItsFileAndLine) {
  EXPECT_THAT(ForbiddenEdges({{"src/wire/tuple.cc", "#include <string>\n\n#include \"pq/connection.h\"\n"}}),
              ElementsAre("src/wire/tuple.cc:3: wire -> pq (pq/connection.h)"));
}

struct Line {
  std::string file;
  std::string include;
};

void PrintTo(const Line& line, std::ostream* out) { *out << line.file << " has " << line.include; }

bool Forbidden(const Line& line) { return !ForbiddenEdges({{line.file, line.include}}).empty(); }

class ForbiddenInclude : public ::testing::TestWithParam<Line> {};

TEST_P(ForbiddenInclude, IsSeen) { EXPECT_TRUE(Forbidden(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Architecture, ForbiddenInclude,
                         ::testing::Values(Line{"src/wire/tuple.cc", "#include \"pq/connection.h\""},
                                           Line{"src/wire/tuple.cc", "#include \"../pq/connection.h\""},
                                           Line{"src/wire/tuple.cc", "  #  include <fstream>  // for a file"},
                                           Line{"src/wire/tuple.cc", "#include <sys/socket.h>"},
                                           Line{"src/pq/connection.cc", "#include \"wire/tuple.h\""},
                                           Line{"src/schema/plan.cc", "#include \"write/engine.h\""},
                                           Line{"src/schema/plan.cc", "#include <libpq-fe.h>"},
                                           Line{"src/write/engine.cc", "#include \"read/reader.h\""},
                                           Line{"src/write/engine.cc", "#include \"replicate/stream.h\""},
                                           Line{"src/write/engine.cc", "#include <postgresql/libpq-fe.h>"},
                                           Line{"src/read/reader.cc", "#include \"write/engine.h\""},
                                           Line{"src/replicate/stream.cc", "#include \"read/reader.h\""},
                                           Line{"src/testing/server.cc", "#include \"wire/tuple.h\""},
                                           Line{"src/testing/server.cc", "#include \"schema/plan.h\""},
                                           Line{"src/cli/main.cc", "#include \"write/engine.h\""},
                                           Line{"examples/quickstart.cc", "#include \"pq/connection.h\""},
                                           Line{"include/bxb/writer.h", "#include \"write/engine.h\""},
                                           Line{"include/bxb/writer.h", "#include <libpq-fe.h>"},
                                           Line{"include/bxb/writer.h", "#include <fmt/format.h>"},
                                           Line{"include/bxb/writer.h", "#include <unistd.h>"},
                                           Line{"src/a_new_room/thing.cc", "#include <string>"},
                                           Line{"src/roomless.cc", "#include <string>"}));

class AllowedInclude : public ::testing::TestWithParam<Line> {};

TEST_P(AllowedInclude, IsLeftAlone) { EXPECT_FALSE(Forbidden(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Architecture, AllowedInclude,
                         ::testing::Values(Line{"src/pq/connection.cc", "#include <libpq-fe.h>"},
                                           Line{"src/pq/connection.cc", "#include \"pq/deadline.h\""},
                                           Line{"src/write/engine.cc", "#include \"schema/plan.h\""},
                                           Line{"src/write/engine.cc", "#include \"wire/tuple.h\""},
                                           Line{"src/wire/tuple.cc", "#include <immintrin.h>"},
                                           Line{"src/cli/main.cc", "#include \"bxb/bxb.h\""},
                                           Line{"examples/quickstart.cc", "#include <simdjson.h>"},
                                           Line{"include/bxb/writer.h", "#include \"bxb/internal/row_shape.h\""},
                                           Line{"include/bxb/writer.h", "#include \"absl/time/time.h\""},
                                           Line{"include/bxb/row.h", "/// #include \"pq/connection.h\""}));

}  // namespace
}  // namespace bxb::architecture
