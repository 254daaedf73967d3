// Uuid, Lsn, the names of WAL files, PgType and the words of the server inside a status.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "bxb/internal/server_error.h"
#include "bxb/lsn.h"
#include "bxb/pg_type.h"
#include "bxb/status.h"
#include "bxb/uuid.h"
#include "support/shared_server.h"
#include "wire/wal_file.h"

namespace bxb::testing {
namespace {

TEST(Uuid, ReadsEitherCaseAndPrintsLowerCase) {
  const auto uuid = Uuid::Parse("01234567-89AB-cdef-0123-456789ABCDEF");
  ASSERT_TRUE(uuid.has_value());
  EXPECT_EQ(uuid->bytes[4], 0x89);
  EXPECT_EQ(uuid->ToString(), "01234567-89ab-cdef-0123-456789abcdef");
}

TEST(Uuid, RefusesEveryOtherForm) {
  for (const std::string text : {"", "0123456789abcdef0123456789abcdef", "{01234567-89ab-cdef-0123-456789abcdef}",
                                 "01234567-89ab-cdef-0123-456789abcdeg", "01234567089ab-cdef-0123-456789abcdef",
                                 "01234567-89ab-cdef-0123-456789abcde", "0123456--89ab-cdef-0123-456789abcdef"}) {
    EXPECT_EQ(Uuid::Parse(text), std::nullopt) << text;
  }
}

TEST(Lsn, ReadsAndPrintsTheServersForm) {
  EXPECT_EQ(Lsn::Parse("0/16B3748"), Lsn{0x16B3748});
  EXPECT_EQ(Lsn::Parse("1a/FFFFFFFF"), Lsn{0x1AFFFFFFFF});
  EXPECT_EQ(Lsn{0x1AFFFFFFFF}.ToString(), "1A/FFFFFFFF");
  EXPECT_EQ(Lsn{}.ToString(), "0/0");
}

TEST(Lsn, RefusesEveryOtherForm) {
  for (const std::string text :
       {"", "/", "0", "0/", "/0", "0/123456789", "0/ 1", "0/1 ", "0/1/2", "-1/0", "g/0", "0x1/0"}) {
    EXPECT_EQ(Lsn::Parse(text), std::nullopt) << text;
  }
}

TEST(WalFile, BeginsWithItsTimeline) {
  EXPECT_EQ(wire::TimelineOfWalFile("0000000A00000001000000E3"), 10U);
  EXPECT_EQ(wire::TimelineOfWalFile("FFFFFFFF00000001000000E3"), 0xFFFFFFFFU);
  for (const char* name : {"", "1", "0000001", "0000000G00000001000000E3", "0x00000100000001000000E3", "-0000001"}) {
    EXPECT_EQ(wire::TimelineOfWalFile(name), std::nullopt) << name;
  }
}

TEST(PgType, AgreesWithTheCatalogOnNamesAndElements) {
  int known = 0;
  const auto rows = SharedServer().Query("SELECT oid, format_type(oid, NULL), typelem FROM pg_type WHERE oid < 4000");
  for (const auto& row : *rows) {
    std::uint32_t oid = 0;
    std::uint32_t element = 0;
    ASSERT_TRUE(absl::SimpleAtoi(*row[0], &oid) && absl::SimpleAtoi(*row[2], &element));
    const PgType type = PgTypeFromOid(oid);
    if (type == PgType::kUnsupported) continue;
    ++known;
    EXPECT_EQ(Name(type), *row[1]);
    const bool array = row[1]->ends_with("[]");
    EXPECT_EQ(ElementOf(type), array ? PgTypeFromOid(element) : PgType::kUnsupported) << *row[1];
  }
  EXPECT_EQ(known, 30);
  EXPECT_EQ(PgTypeFromOid(0), PgType::kUnsupported);
  EXPECT_EQ(PgTypeFromOid(600), PgType::kUnsupported);
}

TEST(ServerError, ComesOutOfTheStatusAsItWentIn) {
  const ServerError error{"23505", "message", "detail", "context", "constraint", "column"};
  const absl::Status status = internal::WithServerError(absl::AlreadyExistsError("words"), error);
  const ServerError read = ServerErrorOf(status);
  EXPECT_EQ(status.message(), "words");
  EXPECT_EQ(SqlStateOf(status), "23505");
  EXPECT_EQ(read.message, "message");
  EXPECT_EQ(read.detail, "detail");
  EXPECT_EQ(read.context, "context");
  EXPECT_EQ(read.constraint, "constraint");
  EXPECT_EQ(read.column, "column");
}

TEST(ServerError, IsEmptyWhereNoServerSpoke) {
  EXPECT_EQ(SqlStateOf(absl::OkStatus()), "");
  EXPECT_EQ(SqlStateOf(absl::InternalError("x")), "");
  EXPECT_EQ(ServerErrorOf(absl::InternalError("x")).message, "");
}

TEST(ServerError, LeavesAnOkStatusAsItIs) {
  EXPECT_EQ(internal::WithServerError(absl::OkStatus(), {"23505", "", "", "", "", ""}), absl::OkStatus());
}

}  // namespace
}  // namespace bxb::testing
