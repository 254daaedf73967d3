#include "write/copy_line.h"

#include <charconv>

namespace bxb::write {

// Only the last line is the COPY's own: those above it are a trigger's, and may quote a row.
std::optional<std::size_t> CopyLine(std::string_view context, std::string_view table, std::size_t rows) {
  std::string_view line = context.substr(context.rfind('\n') + 1);
  for (const std::string_view part : {std::string_view("COPY "), table, std::string_view(", ")}) {
    if (!line.starts_with(part)) return std::nullopt;
    line.remove_prefix(part.size());
  }
  const auto digits = line.find_first_of("0123456789");
  if (digits == std::string_view::npos || line.substr(0, digits).find(',') != std::string_view::npos) {
    return std::nullopt;
  }
  std::size_t number = 0;
  std::from_chars(line.data() + digits, line.data() + line.size(), number);
  if (number < 1 || number > rows) return std::nullopt;
  return number - 1;
}

}  // namespace bxb::write
