#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace bxb {

/// What PostgreSQL said about an error, carried inside the absl::Status that a call or an Outcome
/// returns. It may quote a row: log the status's message() rather than the status itself, which prints all of this.
/// Fields that the server did not send are empty (https://www.postgresql.org/docs/15/protocol-error-fields.html).
struct ServerError {
  std::string sqlstate = {};    ///< five characters, "23505"; https://www.postgresql.org/docs/15/errcodes-appendix.html
  std::string message = {};     ///< the primary message, in the server's language
  std::string detail = {};      ///< the DETAIL line
  std::string context = {};     ///< the CONTEXT lines: "COPY events, line 12"
  std::string constraint = {};  ///< the violated constraint or unique index
  std::string column = {};      ///< the column, where the error is about one
  std::string table = {};       ///< the table, where the error is about one, without its schema
};

/// Reads the server's words out of a status. All fields are empty for a status that no server caused.
ServerError ServerErrorOf(const absl::Status& status);

/// Only the SQLSTATE; empty where there is none.
std::string SqlStateOf(const absl::Status& status);

}  // namespace bxb
