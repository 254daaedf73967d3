// Whatever is refused here, the server would refuse too, with the same SQLSTATE; whatever it refuses, is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "bxb/internal/text_check.h"
#include "bxb/internal/verdict.h"
#include "bxb/pg_type.h"
#include "bxb/row_codec.h"
#include "bxb/status.h"
#include "wire/cell.h"
#include "wire/copy_table.h"
#include "wire/random.h"

namespace bxb::testing {
namespace {

using Strings = std::vector<std::string>;

// The SQLSTATE that EncodeChecked refuses a value with; empty where it does not.
template <class T>
std::string OurVerdict(const T& value, PgType type) {
  std::vector<char> scratch;
  return SqlStateOf(CellCodec<T>(type).EncodeChecked({.id = 0, .value = value}, 1 << 20, scratch).status());
}

// What the server says to the same bytes in a COPY.
template <class T>
std::string ServersVerdict(CopyTable& table, const T& value, PgType type) {
  return SqlStateOf(table.Write(EncodeCells<T>({value}, type)[0]));
}

template <class T>
void ExpectVerdict(const std::string& sqlstate, PgType type, const std::vector<T>& values, auto&& to_text) {
  CopyTable table(absl::StrCat("id int, value ", std::string(Name(type))));
  for (const T& value : values) {
    EXPECT_EQ(OurVerdict(value, type), sqlstate) << Name(type) << " " << to_text(value);
    EXPECT_EQ(ServersVerdict(table, value, type), sqlstate) << Name(type) << " " << to_text(value);
  }
}

void ExpectVerdict(const std::string& sqlstate, PgType type, const Strings& values) {
  ExpectVerdict(sqlstate, type, values, [](const std::string& value) { return absl::CHexEscape(value); });
}

const Strings& BadUtf8() {
  static const Strings texts = {"\x80",
                                "a\xff",
                                "\xc3",
                                "\xc0\xaf",
                                "\xc1\xbf",
                                "\xe0\x9f\xbf",
                                "\xe2\x82",
                                "\xed\xa0\x80",
                                "\xed\xbf\xbf",
                                "\xf0\x8f\xbf\xbf",
                                "\xf4\x90\x80\x80",
                                "\xf5\x80\x80\x80",
                                "\xf0\x9d\x84",
                                "1234567\xc3",
                                "12345678\xe2\x28\xa1"};
  return texts;
}

TEST(Validation, RefusesTextThatIsNotUtf8) {
  for (const PgType type : {PgType::kText, PgType::kVarchar, PgType::kJson, PgType::kJsonb}) {
    ExpectVerdict("22021", type, BadUtf8());
  }
}

TEST(Validation, RefusesNulBytes) {
  const Strings texts = {std::string(1, '\0'), std::string("a\0b", 3), std::string("12345678\0", 9)};
  for (const PgType type : {PgType::kText, PgType::kJsonb}) ExpectVerdict("22021", type, texts);
}

TEST(Validation, TakesEveryKindOfUtf8) {
  ExpectVerdict("", PgType::kText,
                Strings{"", "\x7f", "\u0080", "\ud7ff", "\ue000", "\uffff", "\U0010ffff", "\x01\x02"});
}

TEST(Validation, RefusesWhatIsNotJson) {
  const Strings texts = {"",
                         " ",
                         "{",
                         "}",
                         "[1,]",
                         "[,1]",
                         "[1 2]",
                         "{\"a\"}",
                         "{\"a\":}",
                         "{a:1}",
                         "{\"a\":1,}",
                         "{1:2}",
                         "01",
                         "-",
                         "1.",
                         ".5",
                         "1e",
                         "1e+",
                         "+1",
                         "0x10",
                         "tru",
                         "truex",
                         "NaN",
                         "nul",
                         "\"",
                         "\"\\\"",
                         "\"\\x\"",
                         "\"\\u12\"",
                         "\"\\u12g4\"",
                         "\"\n\"",
                         "\"\x1f\"",
                         "'a'",
                         "{}{}",
                         "1 2",
                         "[}",
                         "{]",
                         "//",
                         "\xef\xbb\xbf{}",
                         "[1}",
                         "{\"a\" 1}",
                         "\"a\"b",
                         "[\"a\"\"b\"]",
                         "é",
                         "[é]",
                         "\v1",
                         "{\"a\":1 \"b\":2}",
                         "-a",
                         "[-]"};
  for (const PgType type : {PgType::kJson, PgType::kJsonb}) ExpectVerdict("22P02", type, texts);
}

TEST(Validation, TakesEveryKindOfJson) {
  const Strings texts = {"{}",
                         "[]",
                         " [ ] ",
                         "null",
                         "true",
                         "false",
                         "0",
                         "-0",
                         "-1.5e-3",
                         "1E+2",
                         "\"\"",
                         "\"\\u0041\\/\\b\"",
                         "\"\x7f\"",
                         "{\"\":{}}",
                         "{\"a\":1,\"a\":[{}]}",
                         "\t\n\r {\"a\" :\t1 }\n",
                         "\"\\ud834\\udd1e\"",
                         std::string(5000, '9'),
                         "\"é€𝄞\""};
  for (const PgType type : {PgType::kJson, PgType::kJsonb}) ExpectVerdict("", type, texts);
}

const Strings& LoneSurrogates() {
  static const Strings texts = {R"("\ud834")",   R"("\ud834x")",    R"("\udd1e")",      R"("\ud834\ud834")",
                                R"("\ud834\n")", R"({"\udfff":1})", R"("\ud834\u0041")"};
  return texts;
}

TEST(Validation, OnlyJsonbRefusesEscapesThatItCannotStore) {
  const Strings nul = {R"("\u0000")", R"({"\u0000":1})"};
  ExpectVerdict("22P05", PgType::kJsonb, nul);
  ExpectVerdict("22P02", PgType::kJsonb, LoneSurrogates());
  ExpectVerdict("", PgType::kJson, nul);
  ExpectVerdict("", PgType::kJson, LoneSurrogates());
}

std::string Nested(std::size_t depth, std::string_view open, std::string_view inner, std::string_view close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += inner;
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(Validation, TheServerTakesJsonAsDeepAsWeDo) {
  const std::size_t depth = internal::kMaxJsonDepth;
  const Strings texts = {Nested(depth, "[", "", "]"), Nested(depth, "{\"a\":", "1", "}")};
  for (const PgType type : {PgType::kJson, PgType::kJsonb}) ExpectVerdict("", type, texts);
}

TEST(Validation, RefusesDeeperJsonAsTheServerWouldFurtherDown) {
  const std::string deep = Nested(internal::kMaxJsonDepth + 1, "[", "", "]");
  EXPECT_EQ(OurVerdict(deep, PgType::kJsonb), "54001");
  CopyTable table("id int, value jsonb");
  EXPECT_EQ(ServersVerdict(table, Nested(100'000, "[", "", "]"), PgType::kJsonb), "54001");
}

TEST(Validation, RefusesTimesOutsideTheServersRange) {
  const absl::Time first = internal::kMinTimestamp;
  const absl::Time end = internal::kEndTimestamp;
  const auto print = [](absl::Time time) { return absl::FormatTime(time); };
  for (const PgType type : {PgType::kTimestamptz, PgType::kTimestamp}) {
    ExpectVerdict<absl::Time>(
        "", type,
        {first, end - absl::Microseconds(1), end - absl::Nanoseconds(1), absl::InfiniteFuture(), absl::InfinitePast()},
        print);
    ExpectVerdict<absl::Time>("22008", type, {first - absl::Microseconds(1), first - absl::Nanoseconds(1), end}, print);
  }
  EXPECT_EQ(OurVerdict(absl::FromUnixSeconds(1LL << 60), PgType::kTimestamptz), "22008");
}

TEST(Validation, RefusesDatesOutsideTheServersRange) {
  const absl::CivilDay first(-4713, 11, 24);
  const absl::CivilDay last(5'874'897, 12, 31);
  const auto print = [](absl::CivilDay day) { return absl::FormatCivilTime(day); };
  ExpectVerdict<absl::CivilDay>("", PgType::kDate, {first, last}, print);
  ExpectVerdict<absl::CivilDay>("22008", PgType::kDate, {first - 1, last + 1}, print);
  EXPECT_EQ(OurVerdict(absl::CivilDay::max(), PgType::kDate), "22008");
  EXPECT_EQ(OurVerdict(absl::CivilDay::min(), PgType::kDate), "22008");
}

TEST(Validation, NamesTheColumnThePlaceAndTheCode) {
  std::vector<char> scratch;
  const auto text = CellCodec<std::string>(PgType::kText).EncodeChecked({.id = 0, .value = "ab\xff"}, 1000, scratch);
  EXPECT_EQ(text.status().message(), "column \"value\": the value is not valid UTF-8 (byte 3)");
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ServerErrorOf(text.status()).column, "value");
  const auto array =
      CellCodec<Strings>(PgType::kTextArray).EncodeChecked({.id = 0, .value = {"", "\xff"}}, 1000, scratch);
  EXPECT_EQ(array.status().message(), "column \"value\": the value is not valid UTF-8 (element 2)");
}

// Asks the server about many texts at once.
class Oracle {
 public:
  Oracle() : table_("id int, value bytea") {
    table_.Query(R"(
      CREATE FUNCTION verdict(value bytea, type text) RETURNS text LANGUAGE plpgsql AS $$
      DECLARE text_value text := convert_from(value, 'UTF8');
      BEGIN
        IF type = 'json' THEN PERFORM text_value::json; ELSIF type = 'jsonb' THEN PERFORM text_value::jsonb; END IF;
        RETURN '';
      EXCEPTION WHEN OTHERS THEN RETURN sqlstate;
      END $$;
      CREATE FUNCTION safe_verdict(value bytea, type text) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN
        RETURN verdict(value, type);
      EXCEPTION WHEN OTHERS THEN RETURN sqlstate;
      END $$)");
  }

  Strings Verdicts(const Strings& texts, std::string_view type) {
    std::vector<std::vector<std::byte>> values;
    for (const std::string& text : texts) {
      const auto bytes = std::as_bytes(std::span(text));
      values.emplace_back(bytes.begin(), bytes.end());
    }
    table_.Query("TRUNCATE t");
    EXPECT_TRUE(table_.Write(absl::StrJoin(EncodeCells(values, PgType::kBytea), "")).ok());
    return table_.Texts(absl::StrCat("SELECT safe_verdict(value, '", std::string(type), "') FROM t ORDER BY id"));
  }

 private:
  CopyTable table_;
};

std::string Code(const internal::Verdict& verdict) { return verdict.ok() ? "" : verdict.broken->sqlstate; }

void Mutate(Random& random, std::string& text, const Strings& pieces) {
  const std::size_t at = random.Index(text.size() + 1);
  switch (random.Between(0, 3)) {
    case 0:
      text.insert(at, random.OneOf(pieces));
      break;
    case 1:
      text.erase(at, static_cast<std::size_t>(random.Between(1, 3)));
      break;
    case 2:
      text.replace(at, 1, random.OneOf(pieces));
      break;
    default:
      text.insert(at, text.substr(random.Index(text.size() + 1), random.Index(6)));
      break;
  }
}

Strings Mutants(Random& random, const Strings& seeds, const Strings& pieces) {
  Strings mutants;
  for (int i = 0; i < 10'000; ++i) {
    std::string text = random.OneOf(seeds);
    for (auto times = random.Between(1, 4); times > 0; --times) Mutate(random, text, pieces);
    mutants.push_back(text);
  }
  return mutants;
}

TEST(Validation, AgreesWithTheServerOnMutatedUtf8) {
  Random random;
  const Strings pieces = {std::string(1, '\0'),
                          "\x7f",
                          "\x80",
                          "\x8f",
                          "\x90",
                          "\x9f",
                          "\xa0",
                          "\xbf",
                          "\xc0",
                          "\xc1",
                          "\xc2",
                          "\xdf",
                          "\xe0",
                          "\xe1",
                          "\xec",
                          "\xed",
                          "\xee",
                          "\xef",
                          "\xf0",
                          "\xf1",
                          "\xf3",
                          "\xf4",
                          "\xf5",
                          "\xff",
                          "a"};
  const Strings texts =
      Mutants(random, {"plain text here", "é€𝄞", "αβγδ", "12345678é", "\ud7ff\ue000\U0010ffff"}, pieces);
  const Strings verdicts = Oracle().Verdicts(texts, "text");
  ASSERT_EQ(verdicts.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(Code(internal::CheckText(texts[i])), verdicts[i]) << absl::CHexEscape(texts[i]);
  }
}

void ExpectAgreementOnJson(internal::JsonKind kind, std::string_view type) {
  Random random;
  const Strings seeds = {R"({"a":[1,-2.5e+3,true,false,null],"b":{"c":"d\n"}})",
                         R"(["\u0041\ud834\udd1e","é"])",
                         "[0, 10]",
                         R"({"region":"eu-west-1","status":200})",
                         "{}",
                         R"("text of more than eight characters")"};
  const Strings pieces = {"{",       "}",  "[",    "]",    ",",    ":", "\"",   "\\", "\\u", "\\u0000", "\\ud800",
                          "\\udc00", "0",  "1",    "-",    "+",    ".", "e",    "E",  "t",   "true",    "null",
                          " ",       "\n", "\x01", "\x1f", "\x20", "é", "\xff", "u",  "/",   "[[]]"};
  const Strings texts = Mutants(random, seeds, pieces);
  const Strings verdicts = Oracle().Verdicts(texts, type);
  ASSERT_EQ(verdicts.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    // What a number is too large for is left to the server.
    if (verdicts[i] == "22003") continue;
    const std::string ours = Code(internal::CheckJson(texts[i], kind));
    // The server reads one token ahead, so of two mistakes it may name the second.
    if (ours == "22P02" && verdicts[i] == "22P05") continue;
    EXPECT_EQ(ours, verdicts[i]) << absl::CHexEscape(texts[i]);
  }
}

TEST(Validation, AgreesWithTheServerOnMutatedJson) { ExpectAgreementOnJson(internal::JsonKind::kJson, "json"); }
TEST(Validation, AgreesWithTheServerOnMutatedJsonb) { ExpectAgreementOnJson(internal::JsonKind::kJsonb, "jsonb"); }

}  // namespace
}  // namespace bxb::testing
