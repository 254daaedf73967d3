#pragma once

#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "support/report.h"

namespace bxb::bench::report {

/// What is known of one experiment.
struct Record {
  Results results;
  int rounds = 0;            ///< complete ones
  double seconds = 0;        ///< that they took
  bool done = false;         ///< it needs no more rounds
  std::string not_run = {};  ///< why, where it failed or could not be set up
};

/// The file that a run leaves its results in as they come, so that one that was killed goes on where it was: a line
/// each, fields with tabs between them. The process that runs an experiment appends, the one that writes the page
/// reads.
class Journal {
 public:
  /// Goes on with the file where its first line is `heading` and it is not complete; else begins it anew.
  Journal(std::string path, std::string_view heading, bool fresh);

  /// Whether there was something to go on with.
  bool resumed() const { return resumed_; }

  const std::string& path() const { return path_; }

  /// By experiment, from the file as it is now.
  std::map<std::string, Record, std::less<>> Read() const;

  /// What an earlier try of the round has left does not count: two tries are two servers, and never one curve.
  void BeginRound(std::string_view experiment, int round);

  void Value(std::string_view experiment, std::string_view contender, std::string_view metric, int round, double value);
  void WhyNot(std::string_view experiment, std::string_view contender, std::string_view why);
  void Round(std::string_view experiment, int round, double seconds);
  void Done(std::string_view experiment);
  void NotRun(std::string_view experiment, std::string_view why);

  /// Nothing is left to do: the next run begins anew.
  void Complete();

 private:
  void Append(std::initializer_list<std::string_view> fields);

  std::string path_;
  bool resumed_ = false;
  std::ofstream out_;
};

}  // namespace bxb::bench::report
