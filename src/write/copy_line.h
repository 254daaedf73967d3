#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace bxb::write {

/// Which row of a COPY into `table` (its plain name) an error is about, from 0: read from the last line of the
/// server's CONTEXT, "COPY events, line 1235", whatever language "line" is in. nullopt where it names none, or one
/// that is not among the `rows` sent. Pure.
std::optional<std::size_t> CopyLine(std::string_view context, std::string_view table, std::size_t rows);

}  // namespace bxb::write
