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

  void Tick(const bxb::EventWriter& writer) {
    if (++ticks_ % 256 == 0) ShowIfDue(writer);
  }
  void Finish();  ///< clears the line

 private:
  void ShowIfDue(const bxb::EventWriter& writer);

  bool terminal_;
  std::uint64_t ticks_ = 0;
  absl::Time start_;
  absl::Time next_;
};

}  // namespace examples
