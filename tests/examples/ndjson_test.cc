#include "support/ndjson.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace examples {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::string_literals;  // NOLINT(google-build-using-namespace)

constexpr const char* kOrg = "01234567-89ab-cdef-0123-456789abcdef";

/// A good line, with `extra` fields in front of the others and one field written as told.
std::string Line(const std::string& extra = "", const std::string& field = "", const std::string& json = "") {
  const auto as = [&](const std::string& name, const std::string& usual) {
    return "\"" + name + "\": " + (name == field ? json : usual);
  };
  return "{" + extra + as("organization_id", '"' + std::string(kOrg) + '"') + ", " + as("transaction_id", "\"t1\"") +
         ", " + as("external_customer_id", "\"c1\"") + ", " + as("code", "\"calls\"") + ", " +
         as("timestamp", "\"2001-01-01T01:00:00.25+01:00\"") + "}";
}

class NdjsonTest : public ::testing::Test {
 protected:
  ~NdjsonTest() override { std::filesystem::remove(path_); }

  NdjsonReader Open(const std::string& content, std::size_t max_line = NdjsonReader::kMaxLine) {
    std::ofstream(path_, std::ios::binary) << content;
    auto reader = NdjsonReader::Open(path_, max_line);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }

  /// What is wrong with a line, or "ok".
  std::string Verdict(const std::string& line) {
    NdjsonReader reader = Open(line + "\n");
    const auto read = reader.Next();
    if (!read) return "no line";
    return read->event.ok() ? "ok" : std::string(read->event.status().message());
  }

  const std::string path_ = ::testing::TempDir() + "ndjson_test." + std::to_string(getpid()) + "." +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(NdjsonTest, ReadsEveryField) {
  NdjsonReader reader = Open(Line(
      R"("properties": {"a": [1, "}"]} , "value": 1.5, "decimal_value": 12345678901234567890.10, "more": [{}], )"));
  const auto line = reader.Next();
  ASSERT_TRUE(line && line->event.ok());
  const bxb::Event& event = *line->event;
  EXPECT_EQ(event.organization_id.ToString(), kOrg);
  EXPECT_EQ(event.transaction_id, "t1");
  EXPECT_EQ(event.external_customer_id, "c1");
  EXPECT_EQ(event.code, "calls");
  EXPECT_EQ(event.timestamp, absl::FromUnixMillis(978'307'200'250));
  EXPECT_EQ(event.properties, R"({"a": [1, "}"]})");
  EXPECT_EQ(event.value, 1.5);
  EXPECT_EQ(event.decimal_value->ToString(), "12345678901234567890.10");
}

TEST_F(NdjsonTest, OptionalFieldsMayBeMissingOrNull) {
  NdjsonReader reader = Open(Line() + "\n" + Line(R"("properties": null, "value": null, "decimal_value": null, )"));
  for (int i = 0; i < 2; ++i) {
    const auto line = reader.Next();
    ASSERT_TRUE(line && line->event.ok()) << line->event.status();
    EXPECT_EQ(line->event->properties, "{}");
    EXPECT_FALSE(line->event->value || line->event->decimal_value);
  }
  EXPECT_FALSE(reader.Next());
}

TEST_F(NdjsonTest, DecimalsMayBeStrings) {
  EXPECT_EQ(Verdict(Line(R"("decimal_value": "0.10", )")), "ok");
  EXPECT_EQ(Verdict(Line(R"("decimal_value": 1e3, )")), "ok");
  EXPECT_THAT(Verdict(Line(R"("decimal_value": "ten", )")), HasSubstr("decimal_value: not an exact decimal: \"ten\""));
  EXPECT_THAT(Verdict(Line(R"("decimal_value": true, )")), HasSubstr("decimal_value: neither"));
}

TEST_F(NdjsonTest, UnescapesText) {
  NdjsonReader reader = Open(Line("", "transaction_id", R"("a\"\u00e9\n")"));
  EXPECT_EQ(reader.Next()->event->transaction_id, "a\"é\n");
}

TEST_F(NdjsonTest, NamesTheFieldAtFault) {
  EXPECT_EQ(Verdict(Line("", "organization_id", "\"{0}\"")), "organization_id: not a UUID: \"{0}\"");
  EXPECT_EQ(Verdict(Line("", "organization_id", "7")), "organization_id: not a string");
  EXPECT_EQ(Verdict(Line("", "transaction_id", "null")), "transaction_id: not a string");
  EXPECT_EQ(Verdict(Line("", "code", "{}")), "code: not a string");
  EXPECT_THAT(Verdict(Line("", "timestamp", "\"2001-01-01T00:00:00\"")), HasSubstr("timestamp: not an RFC 3339 time"));
  EXPECT_THAT(Verdict(Line("", "timestamp", "\"infinite-future\"")), HasSubstr("timestamp: not an RFC 3339 time"));
  EXPECT_EQ(Verdict(Line(R"("properties": [], )")), "properties: not an object");
  EXPECT_EQ(Verdict(Line(R"("value": "3", )")), "value: not a number that a double can hold");
  EXPECT_EQ(Verdict(Line(R"("value": 1e999, )")), "value: not a number that a double can hold");
  EXPECT_EQ(Verdict(Line(R"("code": "x", )")), "code: there twice");
  EXPECT_EQ(Verdict(R"({"organization_id": ")" + std::string(kOrg) + "\"}"), "transaction_id: missing");
}

TEST_F(NdjsonTest, RefusesWhatIsNotOneObject) {
  for (const std::string& line : {"{"s, "nonsense"s, Line() + "]", Line() + Line(), "{\"a\": \"\n"s}) {
    EXPECT_NE(Verdict(line), "ok") << line;
  }
  EXPECT_EQ(Verdict("[]"), "not a JSON object");
  EXPECT_EQ(Verdict("{\"a\": \"\xff\"}"), "not UTF-8");
}

TEST_F(NdjsonTest, NumbersLinesAsAnEditorDoes) {
  NdjsonReader reader = Open("\xEF\xBB\xBF" + Line() + "\r\n\n  \nbroken\n" + Line());
  std::vector<std::pair<std::uint64_t, bool>> lines;
  while (const auto line = reader.Next()) lines.emplace_back(line->number, line->event.ok());
  EXPECT_THAT(lines, ElementsAre(std::pair(1, true), std::pair(4, false), std::pair(5, true)));
  EXPECT_TRUE(reader.status().ok());
}

TEST_F(NdjsonTest, ReadsOnBehindALineThatIsTooLong) {
  const std::size_t limit = 1000;
  for (const std::size_t size : {limit + 1, limit + 2, 2 * limit, 700 * limit}) {
    NdjsonReader reader = Open(Line() + "\n" + std::string(size, ' ') + "\n" + Line(), limit);
    EXPECT_EQ(reader.Next()->number, 1u);
    const auto line = reader.Next();
    EXPECT_EQ(line->number, 2u);
    EXPECT_EQ(line->event.status().message(), "longer than 1000 bytes");
    EXPECT_TRUE(reader.Next()->event.ok());
    EXPECT_FALSE(reader.Next());
  }
}

TEST_F(NdjsonTest, TakesLinesUpToTheLimit) {
  const std::string line = Line();
  NdjsonReader reader = Open(line + "\n" + line, line.size());
  EXPECT_TRUE(reader.Next()->event.ok());
  EXPECT_TRUE(reader.Next()->event.ok());
  EXPECT_FALSE(reader.Next());
}

TEST_F(NdjsonTest, LinesMayBeLongerThanABuffer) {
  const std::string filler(900'000, 'x');
  NdjsonReader reader =
      Open(Line() + "\n" + Line("\"filler\": \"" + filler + "\", ") + "\n" + Line("", "code", "\"z\""));
  EXPECT_TRUE(reader.Next()->event.ok());
  EXPECT_TRUE(reader.Next()->event.ok());
  EXPECT_EQ(reader.Next()->event->code, "z");
  EXPECT_FALSE(reader.Next());
}

TEST_F(NdjsonTest, AFileCutShortIsNotItsEnd) {
  const gzFile file = gzopen(path_.c_str(), "wb");
  for (int i = 0; i < 10'000; ++i) {
    const std::string line = Line("", "transaction_id", '"' + std::to_string(i * 7919) + '"') + "\n";
    gzwrite(file, line.data(), static_cast<unsigned>(line.size()));
  }
  gzclose(file);
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  auto reader = NdjsonReader::Open(path_);
  ASSERT_TRUE(reader.ok());
  std::uint64_t good = 0;
  while (const auto line = reader->Next()) good += line->event.ok();
  EXPECT_GT(good, 1000u);
  EXPECT_LT(good, 10'000u);
  EXPECT_THAT(std::string(reader->status().message()), HasSubstr("cannot be read behind line " + std::to_string(good)));
}

TEST_F(NdjsonTest, AMissingFileIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(NdjsonReader::Open(path_ + "/none").status()));
}

TEST_F(NdjsonTest, AnEmptyFileHasNoLines) {
  NdjsonReader reader = Open("");
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.status().ok());
}

}  // namespace
}  // namespace examples
