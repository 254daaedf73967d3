#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "support/database.h"

namespace examples {

std::string WithCommas(std::string_view number);  ///< "1234567.5" → "1,234,567.5"; other text as it is
std::string WithCommas(std::uint64_t number);
std::string Milliseconds(absl::Duration duration);  ///< "0.84 ms", "37 ms"
std::string Elapsed(absl::Duration duration);       ///< "1.27 s", below a second in ms

/// "161,290 events/s"
std::string PerSecond(std::uint64_t events, absl::Duration elapsed);

/// Prints a table with its columns aligned, numbers to the right and with thousands separators.
void PrintTable(std::ostream& out, const TextTable& table);

}  // namespace examples
