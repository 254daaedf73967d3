#include <vector>

#include "write/writer_fixture.h"

namespace bxb {

struct Reading {
  std::int64_t sensor;
  absl::Time at;
  double celsius;
  std::optional<std::string_view> note;
  std::vector<std::int32_t> samples;
};

template <>
struct RowOf<Reading> {
  static constexpr auto columns = Columns(
      Column("celsius", &Reading::celsius), Column("sensor_id", &Reading::sensor, kKey), Column("note", &Reading::note),
      Column("at", &Reading::at, kKey | kTime), Column("samples", &Reading::samples));
};

struct Keyless {
  std::int32_t number;
};

template <>
struct RowOf<Keyless> {
  static constexpr std::string_view table = "numbers";
  static constexpr auto columns = Columns(Column("number", &Keyless::number));
};

namespace {

using Kind = Outcome::Kind;

Reading ReadingAt(std::int64_t second) {
  return {.sensor = 5, .at = absl::FromUnixSeconds(second), .celsius = -1.5, .note = std::nullopt, .samples = {1, -2}};
}

class OwnRowTest : public WriterTest {
 protected:
  template <class Row>
  std::unique_ptr<Writer<Row>> OpenFor(const std::string& table) {
    auto writer = Writer<Row>::Open({.dsn = dsn_, .table = table, .lanes = 1});
    if (!writer.ok()) ADD_FAILURE() << writer.status();
    return *std::move(writer);
  }
};

TEST_F(OwnRowTest, IsWrittenAndDeduplicatedByItsOwnKey) {
  Run("CREATE TABLE readings (sensor_id numeric(30,0), at timestamptz, celsius float8, note text, samples int[], "
      "PRIMARY KEY (at, sensor_id))");
  const absl::Status numeric_key = Writer<Reading>::Open({.dsn = dsn_, .table = "readings"}).status();
  EXPECT_THAT(std::string(numeric_key.message()), ::testing::HasSubstr("cannot be part of a dedup key"));
  Run("ALTER TABLE readings ALTER sensor_id TYPE bigint");

  auto writer = OpenFor<Reading>("readings");
  Reading noted = ReadingAt(2);
  noted.note = "hot";
  const std::vector<Reading> rows = {ReadingAt(1), noted, ReadingAt(1)};
  const auto outcomes = writer->WriteBatch(rows);
  EXPECT_EQ(outcomes[0].kind, Kind::kInserted) << outcomes[0];
  EXPECT_EQ(outcomes[1].kind, Kind::kInserted);
  EXPECT_EQ(outcomes[2].kind, Kind::kDuplicate);
  EXPECT_EQ(Value("SELECT string_agg(concat_ws('|', sensor_id, extract(epoch FROM at)::int, celsius, coalesce(note, "
                  "'-'), samples), ' ' ORDER BY at) FROM readings"),
            "5|1|-1.5|-|{1,-2} 5|2|-1.5|hot|{1,-2}");
}

TEST_F(OwnRowTest, WritesIntegersIntoWiderAndNumericColumns) {
  for (const std::string type : {"int", "bigint", "numeric", "float8"}) {
    Run("DROP TABLE IF EXISTS numbers; CREATE TABLE numbers (number " + type + ")");
    auto writer = OpenFor<Keyless>("");
    EXPECT_EQ(writer->WriteDurable({.number = -7}).kind, Kind::kInserted);
    EXPECT_EQ(Value("SELECT number FROM numbers"), "-7") << type;
  }
}

TEST_F(OwnRowTest, InsertsEveryRowWhereThereIsNoKey) {
  Run("CREATE TABLE numbers (number int)");
  auto writer = OpenFor<Keyless>("");
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(writer->Write({.number = i % 3}).ok());
  EXPECT_EQ(writer->Close(kLong).inserted, 30);
  EXPECT_EQ(Value("SELECT count(*) FROM numbers"), "30");
}

TEST_F(OwnRowTest, RejectsADuplicateThatNoKeyExplains) {
  Run("CREATE TABLE numbers (number int UNIQUE)");
  auto writer = OpenFor<Keyless>("");
  EXPECT_EQ(writer->WriteDurable({.number = 1}).kind, Kind::kInserted);
  const Outcome outcome = writer->WriteDurable({.number = 1});
  EXPECT_EQ(outcome.kind, Kind::kRejected);
  EXPECT_EQ(SqlStateOf(outcome.status), "23505");
}

TEST_F(OwnRowTest, NeedsATableName) {
  const absl::Status status = Writer<Reading>::Open({.dsn = dsn_}).status();
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("WriterOptions::table"));
}

TEST_F(OwnRowTest, HasNoTableToBeCreated) {
  const absl::Status keyed = Writer<Reading>::Open({.dsn = dsn_, .table = "readings", .create_table = true}).status();
  EXPECT_THAT(std::string(keyed.message()), ::testing::HasSubstr("WriterOptions::create_table"));
  const absl::Status keyless = Writer<Keyless>::Open({.dsn = dsn_, .create_table = true}).status();
  EXPECT_EQ(keyless.code(), absl::StatusCode::kNotFound) << keyless;
}

TEST_F(OwnRowTest, FollowsDomainsAndEnums) {
  Run("CREATE DOMAIN small AS int CHECK (VALUE < 10); CREATE DOMAIN smaller AS small; CREATE TABLE numbers (number "
      "smaller)");
  auto writer = OpenFor<Keyless>("");
  EXPECT_EQ(writer->WriteDurable({.number = 3}).kind, Kind::kInserted);
  EXPECT_EQ(SqlStateOf(writer->WriteDurable({.number = 30}).status), "23514");
}

}  // namespace
}  // namespace bxb
