#pragma once

#include <memory>
#include <span>

#include "bxb/writer.h"

namespace bxb::bench {

/// Long enough for whatever a benchmark waits for.
inline constexpr absl::Duration kLong = absl::Minutes(5);

/// The writer's calls, for those who have nothing better to do about an error than to die.
std::unique_ptr<EventWriter> OpenWriter(const WriterOptions& options);
void WriteAll(EventWriter& writer, std::span<const Event> events);
void FlushAll(EventWriter& writer);

}  // namespace bxb::bench
