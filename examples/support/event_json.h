#pragma once

#include "absl/status/statusor.h"
#include "bxb/event.h"
#include "simdjson.h"

namespace examples {

/// Reads one event from the text of a JSON object. The event's views point into `json` and the parser:
/// they hold until the parser's next use. Errors are InvalidArgument and name the field.
absl::StatusOr<bxb::Event> ParseEvent(simdjson::ondemand::parser& parser, simdjson::padded_string_view json);

}  // namespace examples
