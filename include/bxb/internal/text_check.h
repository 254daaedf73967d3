#pragma once

#include <cstddef>
#include <string_view>

#include "bxb/internal/verdict.h"

namespace bxb::internal {

/// How deep arrays and objects may be nested: bxb's own bound. PostgreSQL 15 with its default max_stack_depth takes
/// about 13,000 levels.
inline constexpr std::size_t kMaxJsonDepth = 1000;

/// What a JSON text is going to be. `jsonb` decodes the escapes in strings, so it refuses \u0000 and
/// halves of surrogate pairs; `json` only keeps the text.
enum class JsonKind { kJson, kJsonb };

/// UTF-8 as RFC 3629 has it (no surrogates, no overlong forms, nothing above U+10FFFF), without NUL.
Verdict CheckText(std::string_view text);

/// CheckText, and the grammar of RFC 8259. Numbers may have any size: the server has the last word on them.
Verdict CheckJson(std::string_view text, JsonKind kind);

/// Whether a text that CheckJson has passed is an object.
bool IsJsonObject(std::string_view json);

}  // namespace bxb::internal
