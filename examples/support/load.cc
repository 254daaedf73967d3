#include "support/load.h"

#include <mutex>
#include <ostream>
#include <string_view>

#include "support/format.h"
#include "support/ndjson.h"
#include "support/progress.h"

namespace examples {
namespace {

/// The problems of the first few lines that had one. Threads may share it.
class Problems {
 public:
  void Add(std::uint64_t line, const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    first_.emplace(line, std::string(status.message().data(), status.message().size()));
    if (first_.size() > kKept) first_.erase(std::prev(first_.end()));
  }
  std::map<std::uint64_t, std::string> first() const {
    const std::lock_guard lock(mutex_);
    return first_;
  }

 private:
  static constexpr std::size_t kKept = 10;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::string> first_;
};

absl::Status AtLine(std::uint64_t line, const absl::Status& status) {
  return absl::Status(status.code(), "line " + std::to_string(line) + ": " + std::string(status.message()));
}

}  // namespace

absl::StatusOr<LoadReport> Load(const std::string& path, const bxb::WriterOptions& options) {
  auto reader = NdjsonReader::Open(path);
  if (!reader.ok()) return reader.status();
  Problems problems;  // before the writer, whose callbacks use it
  auto writer = bxb::EventWriter::Open(options);
  if (!writer.ok()) return writer.status();

  LoadReport report;
  Progress progress;
  const absl::Time start = absl::Now();
  while (const auto line = reader->Next()) {
    absl::Status status = line->event.status();
    if (status.ok()) {
      status = (*writer)->Write(*line->event, [&problems, number = line->number](const bxb::Outcome& outcome) {
        if (!outcome.stored()) problems.Add(number, outcome.status);
      });
    }
    if (!status.ok() && !absl::IsInvalidArgument(status)) return AtLine(line->number, status);
    if (!status.ok()) problems.Add(line->number, status);
    ++(status.ok() ? report.events : report.bad_lines);
    progress.Tick(**writer);
  }
  report.written = (*writer)->Close(absl::Minutes(5));
  report.elapsed = absl::Now() - start;
  report.stats = (*writer)->stats();
  report.problems = problems.first();
  if (!reader->status().ok()) return reader->status();
  return report;
}

std::ostream& operator<<(std::ostream& out, const LoadReport& report) {
  const bxb::FlushReport& written = report.written;
  const auto& latency = report.stats.ack_latency;
  out << "    " << WithCommas(report.events) << " events in " << Elapsed(report.elapsed) << ", "
      << PerSecond(report.events, report.elapsed) << "; acknowledged within " << Milliseconds(latency.p50) << " (p50), "
      << Milliseconds(latency.p99) << " (p99)\n"
      << "    inserted " << WithCommas(written.inserted) << ", duplicates " << WithCommas(written.duplicates)
      << ", rejected " << WithCommas(written.rejected) << ", bad lines " << WithCommas(report.bad_lines);
  if (written.unknown > 0) out << ", unknown " << WithCommas(written.unknown);
  out << "\n";
  std::string_view last;
  for (const auto& [line, problem] : report.problems) {
    out << "      line " << line << ": " << (problem == last ? "the same" : problem) << "\n";
    last = problem;
  }
  const std::uint64_t all = report.bad_lines + written.rejected + written.unknown;
  if (all > report.problems.size()) out << "      and " << WithCommas(all - report.problems.size()) << " more\n";
  return out;
}

}  // namespace examples
