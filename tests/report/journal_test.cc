#include "report/journal.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace bxb::bench::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* kHeading = "scale 1 budget 600: copy";

class JournalTest : public ::testing::Test {
 protected:
  ~JournalTest() override { std::filesystem::remove(path_); }

  Journal Open(std::string_view heading = kHeading, bool fresh = false) const { return {path_, heading, fresh}; }

  std::string Text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void Cut(std::size_t bytes) const { std::filesystem::resize_file(path_, Text().size() - bytes); }

  const std::string path_ = fmt::format("{}journal_{}.tsv", ::testing::TempDir(), getpid());
};

TEST_F(JournalTest, ReadsWhatItWrote) {
  Journal journal = Open();
  journal.Value("copy", "no_index/1", "rows_per_s", 1, 421'000.125);
  journal.Value("copy", "no_index/1", "rows_per_s", 2, 1e-7);
  journal.Round("copy", 1, 2.5);
  journal.Round("copy", 2, 3.5);
  journal.Done("copy");
  journal.WhyNot("lag", "replica", "no replica");
  journal.NotRun("size", "no memory");
  const auto records = journal.Read();
  ASSERT_EQ(records.size(), 3);
  const Record& copy = records.at("copy");
  EXPECT_THAT(copy.results.Rounds("no_index/1", "rows_per_s"), ElementsAre(Pair(1, 421'000.125), Pair(2, 1e-7)));
  EXPECT_EQ(copy.rounds, 2);
  EXPECT_DOUBLE_EQ(copy.seconds, 6);
  EXPECT_TRUE(copy.done);
  EXPECT_EQ(copy.not_run, "");
  EXPECT_EQ(records.at("lag").results.WhyNot("replica"), "no replica");
  EXPECT_FALSE(records.at("lag").done);
  EXPECT_EQ(records.at("size").not_run, "no memory");
}

TEST_F(JournalTest, ANewOneIsEmpty) {
  const Journal journal = Open();
  EXPECT_FALSE(journal.resumed());
  EXPECT_THAT(journal.Read(), IsEmpty());
  EXPECT_EQ(Text(), std::string(kHeading) + "\n");
}

TEST_F(JournalTest, AnotherReaderSeesEachLineAtOnce) {
  Journal writing = Open();
  writing.Round("copy", 1, 2);
  EXPECT_EQ(Open().Read().at("copy").rounds, 1);
  writing.Round("copy", 2, 2);
  EXPECT_EQ(Open().Read().at("copy").rounds, 2);
}

TEST_F(JournalTest, GoesOnWithTheSameHeading) {
  Open().Round("copy", 1, 2);
  Journal journal = Open();
  EXPECT_TRUE(journal.resumed());
  journal.Round("copy", 2, 3);
  EXPECT_EQ(journal.Read().at("copy").rounds, 2);
  EXPECT_DOUBLE_EQ(journal.Read().at("copy").seconds, 5);
}

TEST_F(JournalTest, BeginsAnewWithAnotherHeading) {
  Open().Round("copy", 1, 2);
  const Journal journal = Open("scale 2 budget 600: copy");
  EXPECT_FALSE(journal.resumed());
  EXPECT_THAT(journal.Read(), IsEmpty());
}

TEST_F(JournalTest, BeginsAnewWhenAsked) {
  Open().Round("copy", 1, 2);
  const Journal journal = Open(kHeading, true);
  EXPECT_FALSE(journal.resumed());
  EXPECT_THAT(journal.Read(), IsEmpty());
}

TEST_F(JournalTest, BeginsAnewBehindACompleteOne) {
  Journal first = Open();
  first.Round("copy", 1, 2);
  first.Complete();
  EXPECT_TRUE(Text().ends_with("\ncomplete\n"));
  EXPECT_EQ(first.Read().at("copy").rounds, 1);
  const Journal journal = Open();
  EXPECT_FALSE(journal.resumed());
  EXPECT_THAT(journal.Read(), IsEmpty());
}

TEST_F(JournalTest, BeginsAnewWhereTheHeadingWasCutShort) {
  {
    const Journal journal = Open();
  }
  for (const std::size_t bytes : {1, 4}) {
    Cut(bytes);
    EXPECT_FALSE(Open().resumed());
    EXPECT_EQ(Text(), std::string(kHeading) + "\n");
  }
}

TEST_F(JournalTest, SkipsALineThatWasCutShortAnywhere) {
  Journal killed = Open();
  killed.Value("copy", "a", "rows_per_s", 1, 12);
  const std::size_t whole = Text().size();
  killed.Value("copy", "a", "rows_per_s", 2, 345'678);
  while (Text().size() > whole) {
    Cut(1);
    EXPECT_THAT(killed.Read().at("copy").results.Rounds("a", "rows_per_s"), ElementsAre(Pair(1, 12))) << Text();
  }
}

TEST_F(JournalTest, WritesOnALineOfItsOwnBehindOneThatWasCutShort) {
  for (const std::size_t bytes : {1, 3, 20}) {
    {
      Journal killed = Open(kHeading, true);
      killed.Value("copy", "a", "rows_per_s", 1, 12);
      killed.Value("copy", "a", "rows_per_s", 2, 345'678);
    }
    Cut(bytes);
    Journal journal = Open();
    EXPECT_TRUE(journal.resumed());
    journal.Value("copy", "a", "rows_per_s", 3, 14);
    EXPECT_THAT(journal.Read().at("copy").results.Rounds("a", "rows_per_s"), ElementsAre(Pair(1, 12), Pair(3, 14)));
  }
}

TEST_F(JournalTest, AFailedExperimentIsTriedAgain) {
  Journal journal = Open();
  journal.Round("copy", 1, 2);
  journal.NotRun("copy", "no disk");
  EXPECT_FALSE(journal.Read().at("copy").done);
  EXPECT_EQ(journal.Read().at("copy").not_run, "no disk");
  EXPECT_EQ(journal.Read().at("copy").rounds, 1);
}

TEST_F(JournalTest, ACompleteRoundClearsWhyItWasNotRun) {
  Journal journal = Open();
  journal.NotRun("copy", "no disk");
  journal.Round("copy", 1, 2);
  journal.Done("copy");
  EXPECT_EQ(journal.Read().at("copy").not_run, "");
  EXPECT_TRUE(journal.Read().at("copy").done);
}

TEST_F(JournalTest, ARoundThatIsRunAgainReplacesItsFigures) {
  Journal journal = Open();
  journal.Value("copy", "a", "rows_per_s", 1, 10);
  journal.Value("copy", "a", "rows_per_s", 1, 20);
  EXPECT_THAT(journal.Read().at("copy").results.Rounds("a", "rows_per_s"), ElementsAre(Pair(1, 20)));
}

TEST_F(JournalTest, ARoundThatBeginsAgainForgetsWhatTheFirstTryHad) {
  Journal journal = Open();
  for (const char* contender : {"step/1", "step/2"}) journal.Value("size", contender, "rows_per_s", 1, 10);
  journal.Value("size", "step/2", "rows_per_s", 2, 30);
  journal.BeginRound("size", 1);
  journal.Value("size", "step/1", "rows_per_s", 1, 20);
  const Results results = journal.Read().at("size").results;
  EXPECT_THAT(results.Rounds("step/1", "rows_per_s"), ElementsAre(Pair(1, 20)));
  EXPECT_THAT(results.Rounds("step/2", "rows_per_s"), ElementsAre(Pair(2, 30)));
}

TEST_F(JournalTest, AReasonOfSeveralLinesStaysOne) {
  Journal journal = Open();
  journal.WhyNot("copy", "a", "ERROR:\tno\nDETAIL: disk\n");
  journal.NotRun("copy", "one\n\ttwo");
  EXPECT_EQ(journal.Read().at("copy").results.WhyNot("a"), "ERROR: no DETAIL: disk");
  EXPECT_EQ(journal.Read().at("copy").not_run, "one  two");
}

TEST_F(JournalTest, AFileThatCannotBeWrittenEndsTheProgram) {
  EXPECT_EXIT((Journal{"/no/such/folder/results.tsv", kHeading, false}), ::testing::ExitedWithCode(1),
              "/no/such/folder/results.tsv cannot be written");
}

}  // namespace
}  // namespace bxb::bench::report
