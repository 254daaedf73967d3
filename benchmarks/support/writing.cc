#include "support/writing.h"

#include <utility>

#include "support/session.h"

namespace bxb::bench {

std::unique_ptr<EventWriter> OpenWriter(const WriterOptions& options) {
  auto writer = EventWriter::Open(options);
  if (!writer.ok()) Die(writer.status().ToString());
  return *std::move(writer);
}

void WriteAll(EventWriter& writer, std::span<const Event> events) {
  for (const Event& event : events) {
    if (const auto ticket = writer.Write(event); !ticket.ok()) Die(ticket.status().ToString());
  }
}

void FlushAll(EventWriter& writer) {
  if (const FlushReport report = writer.Flush(kLong); !report.all_stored()) Die(report.last_error.ToString());
}

}  // namespace bxb::bench
