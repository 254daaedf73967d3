#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "bxb/writer.h"

namespace examples {

/// One line that tells how a load goes: redrawn five times a second on a terminal, otherwise printed once
/// a second. Call Tick for every event: almost always it only counts.
class Progress {
 public:
  Progress();
  ~Progress();  // clears the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Tick(const bxb::EventWriter& writer) {
    if (++ticks_ % 256 == 0) ShowIfDue(writer);
  }

 private:
  void ShowIfDue(const bxb::EventWriter& writer);

  bool terminal_;
  absl::Duration interval_;
  std::uint64_t ticks_ = 0;
  absl::Time start_;
  absl::Time next_;
};

}  // namespace examples
