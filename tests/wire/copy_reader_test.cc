#include "bxb/internal/copy_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "bxb/internal/copy_format.h"

namespace bxb::internal {
namespace {

using ::testing::ElementsAre;

const std::string kHeader(kCopyHeader);
const std::string kTrailer(kCopyTrailer);
const std::string kTuple("\0\2\377\377\377\377\0\0\0\1x", 11);
const std::string kOther("\0\2\0\0\0\0\0\0\0\0", 10);

// The tuples of a stream that arrives in chunks of that size, or the error.
absl::StatusOr<std::vector<std::string>> Tuples(std::string_view stream, std::size_t chunk) {
  CopyReader reader(2);
  std::vector<std::string> tuples;
  for (std::size_t at = 0; at < stream.size(); at += chunk) {
    reader.Feed(stream.substr(at, chunk));
    for (;;) {
      const auto tuple = reader.Next();
      if (!tuple.ok()) return tuple.status();
      if (!*tuple) break;
      tuples.emplace_back(**tuple);
    }
  }
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  return tuples;
}

std::string Fault(const std::string& stream) {
  const auto tuples = Tuples(stream, stream.size());
  EXPECT_EQ(tuples.status().code(), absl::StatusCode::kDataLoss);
  for (std::size_t chunk = 1; chunk < stream.size(); ++chunk)
    EXPECT_EQ(Tuples(stream, chunk).status(), tuples.status());
  return std::string(tuples.status().message());
}

TEST(CopyReader, FindsTheTuplesHoweverTheBytesArrive) {
  const std::string stream = kHeader + kTuple + kOther + kTuple + kTrailer;
  for (std::size_t chunk = 1; chunk <= stream.size(); ++chunk) {
    const auto tuples = Tuples(stream, chunk);
    ASSERT_TRUE(tuples.ok()) << tuples.status();
    EXPECT_THAT(*tuples, ElementsAre(kTuple, kOther, kTuple));
  }
}

TEST(CopyReader, ReadsAnEmptyTable) { EXPECT_THAT(*Tuples(kHeader + kTrailer, 100), ElementsAre()); }

TEST(CopyReader, PassesOverAHeaderExtensionAndHarmlessFlags) {
  std::string header = kHeader;
  header[14] = 1;
  header[18] = 3;
  EXPECT_THAT(*Tuples(header + "ext" + kTuple + kTrailer, 4), ElementsAre(kTuple));
}

TEST(CopyReader, RefusesAnotherSignature) {
  EXPECT_EQ(Fault("PGCOPY\r\n"), "not a COPY BINARY stream: the signature is wrong");
  EXPECT_EQ(Fault("1\tplain text\n"), "not a COPY BINARY stream: the signature is wrong");
}

TEST(CopyReader, RefusesTuplesWithOids) {
  std::string header = kHeader;
  header[12] = 1;
  EXPECT_EQ(Fault(header + kTrailer), "a COPY BINARY stream with unknown flags 0x10000");
}

TEST(CopyReader, RefusesANegativeHeaderExtension) {
  std::string header = kHeader;
  header[15] = '\xff';
  EXPECT_EQ(Fault(header + kTrailer), "a COPY BINARY stream with a header extension of negative length");
}

TEST(CopyReader, RefusesAnotherFieldCount) {
  EXPECT_EQ(Fault(kHeader + std::string("\0\3", 2)), "a tuple of 3 fields in a COPY stream, not 2");
}

TEST(CopyReader, RefusesANegativeLength) {
  EXPECT_EQ(Fault(kHeader + std::string("\0\2\377\377\377\376", 6)), "a field of -2 bytes in a COPY stream");
}

TEST(CopyReader, RefusesBytesAfterTheTrailer) {
  EXPECT_EQ(Fault(kHeader + kTrailer + "x"), "bytes after the end of a COPY stream");
}

TEST(CopyReader, SaysWhenTheStreamBreaksOff) {
  const std::string stream = kHeader + kTuple + kTrailer;
  for (std::size_t size = 0; size < stream.size(); ++size) {
    EXPECT_EQ(Tuples(stream.substr(0, size), 7).status().message(), "a COPY stream that breaks off before its end");
  }
}

TEST(CopyReader, RepeatsItsError) {
  CopyReader reader(2);
  reader.Feed("nonsense");
  EXPECT_FALSE(reader.Next().ok());
  reader.Feed(kHeader);
  EXPECT_FALSE(reader.Next().ok());
  EXPECT_FALSE(reader.Finish().ok());
}

}  // namespace
}  // namespace bxb::internal
