#include "pq/error.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include "bxb/internal/server_error.h"
#include "bxb/status.h"
#include "pq/sqlstate.h"

namespace bxb::pq {
namespace {

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

std::string TrimmedOneLine(std::string_view text) {
  std::string line;
  for (const char c : text) line += c == '\n' || c == '\t' ? ' ' : c;
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string Without(std::string text, std::string_view secret) {
  if (secret.empty()) return text;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
    at += 3;
  }
  return text;
}

// libpq has no SQLSTATE for a failed connection attempt, so the words have to do. A server that speaks
// another language gets Unavailable, with its words in the message all the same.
absl::StatusCode CodeForConnectFailure(std::string_view words) {
  const auto says = [&](std::string_view part) { return words.find(part) != std::string_view::npos; };
  if (says("authentication failed") || says("no password supplied") || says("no pg_hba.conf entry") ||
      (says("role \"") && says("does not exist"))) {
    return absl::StatusCode::kUnauthenticated;
  }
  if (says("database \"") && says("does not exist")) return absl::StatusCode::kNotFound;
  return absl::StatusCode::kUnavailable;
}

std::string QuotedPartsHidden(std::string_view text) {
  std::string shown;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      shown += quoted ? "...\"" : "\"";
      quoted = !quoted;
    } else if (!quoted) {
      shown += c;
    }
  }
  return shown;
}

}  // namespace

absl::Status ErrorFromResult(const PGresult* result) {
  const ServerError error = {.sqlstate = Field(result, PG_DIAG_SQLSTATE),
                             .message = Field(result, PG_DIAG_MESSAGE_PRIMARY),
                             .detail = Field(result, PG_DIAG_MESSAGE_DETAIL),
                             .context = Field(result, PG_DIAG_CONTEXT),
                             .constraint = Field(result, PG_DIAG_CONSTRAINT_NAME),
                             .column = Field(result, PG_DIAG_COLUMN_NAME)};
  if (error.sqlstate.empty()) return absl::UnavailableError(TrimmedOneLine(PQresultErrorMessage(result)));
  // Not the DETAIL: it may quote a row, and the text ends up in logs and in the status of other rows.
  const std::string text = fmt::format("{} [SQLSTATE {}]", error.message, error.sqlstate);
  return internal::WithServerError(absl::Status(StatusCodeFor(error.sqlstate), text), error);
}

absl::Status ErrorFromConnect(PGconn* connection) {
  const char* password = PQpass(connection);
  const std::string words = Without(TrimmedOneLine(PQerrorMessage(connection)), password == nullptr ? "" : password);
  return absl::Status(CodeForConnectFailure(words), words);
}

absl::Status CheckDsn(const std::string& dsn) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(dsn.c_str(), &error),
                                                                             &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(error, &PQfreemem);
  if (options != nullptr) return absl::OkStatus();
  const std::string words = error == nullptr ? "out of memory" : QuotedPartsHidden(TrimmedOneLine(error));
  return absl::InvalidArgumentError(fmt::format("not a connection string: {}", words));
}

}  // namespace bxb::pq
