#pragma once

#include <cstdint>
#include <memory>

#include "support/session.h"
#include "support/writing.h"
#include "writer/load.h"

namespace bxb::bench::writer {

/// bxb's writer.
class WriterTarget : public Target {
 public:
  explicit WriterTarget(std::unique_ptr<EventWriter> writer) : writer_(std::move(writer)) {}

  void Submit(const Event& event, Load& load, std::uint32_t number) override {
    const absl::Status taken = writer_->Write(event, [&load, number](const Outcome& outcome) {
      if (outcome.kind != Outcome::Kind::kInserted) Die(outcome.status.ToString());
      load.Acknowledge(number);
    });
    if (!taken.ok()) Die(taken.ToString());
  }

 private:
  std::unique_ptr<EventWriter> writer_;
};

}  // namespace bxb::bench::writer
