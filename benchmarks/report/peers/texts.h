#pragma once

#include <array>
#include <span>
#include <string>

#include "bxb/event.h"
#include "support/events.h"

namespace bxb::bench::report {

/// An event's fields as text that PostgreSQL reads, in the order of kColumns.
using EventTexts = std::array<std::string, 8>;
EventTexts TextsOf(const Event& event);

/// Events as a file of COPY's CSV format, without a header.
void WriteCsvFile(const std::string& path, std::span<const Event> events);

/// All of them as a file of COPY's binary format.
void WriteBinaryFile(const std::string& path, const EncodedEvents& encoded);

}  // namespace bxb::bench::report
