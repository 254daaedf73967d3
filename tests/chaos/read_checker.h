#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "bxb/reader.h"
#include "chaos/findings.h"
#include "chaos/read_stream.h"

namespace bxb::chaos {

/// What all checkers have done so far.
struct ReadCounts {
  std::atomic<std::uint64_t> with_token = 0;
  std::atomic<std::uint64_t> with_staleness = 0;
  std::atomic<std::uint64_t> going_on = 0;  ///< that asked for what the one before them had seen
  std::atomic<std::uint64_t> retried = 0;   ///< that took several attempts
  std::atomic<std::int64_t> longest_us = 0;

  std::uint64_t total() const { return with_token + with_staleness + going_on; }
};

/// A thread that reads what a stream writes, by all policies, and holds each answer against what had been acknowledged:
/// no read with a token misses its write, no read is staler than its bound, none goes back behind the one before it,
/// and none takes long.
class ReadChecker {
 public:
  ReadChecker(std::uint64_t seed, Reader& reader, const ReadStream& stream, ReadCounts& counts, Findings& findings);
  ~ReadChecker();

 private:
  void Run();
  void ReadWithToken();
  void ReadWithStaleness();
  void ReadOn();
  std::int64_t Read(const ReadOptions& options);
  ReadOptions Drawn();
  void Expect(const char* what, std::int64_t seen, std::int64_t least);

  std::mt19937_64 random_;
  Reader& reader_;
  const ReadStream& stream_;
  ReadCounts& counts_;
  Findings& findings_;
  bool succeeded_ = false;  ///< the last read
  ReadReport report_;       ///< of the last one that did
  ReadToken seen_;          ///< by ReadOn
  std::int64_t number_ = 0;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace bxb::chaos
