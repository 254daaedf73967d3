#include "support/writing.h"

#include "support/must.h"

namespace bxb::bench {

std::unique_ptr<EventWriter> OpenWriter(const WriterOptions& options) { return Must(EventWriter::Open(options)); }

void WriteAll(EventWriter& writer, std::span<const Event> events) {
  for (const Event& event : events) {
    if (const auto ticket = writer.Write(event); !ticket.ok()) Die(ticket.status().ToString());
  }
}

void FlushAll(EventWriter& writer) {
  if (const FlushReport report = writer.Flush(kLong); !report.all_stored()) Die(report.last_error.ToString());
}

}  // namespace bxb::bench
