#include "pq/error.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "bxb/internal/server_error.h"
#include "bxb/status.h"
#include "pq/sqlstate.h"

namespace bxb::pq {
namespace {

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
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

bool TimedOut(const HostFailure& failure) { return absl::IsDeadlineExceeded(failure.status); }

// libpq's own words name the host; a wait's do not.
absl::Status ErrorFromHost(const HostFailure& failure) {
  if (!TimedOut(failure) && !absl::IsCancelled(failure.status)) return failure.status;
  return absl::Status(failure.status.code(),
                      fmt::format("connecting to \"{}\": {}", failure.host, std::string(failure.status.message())));
}

absl::StatusCode CodeFor(const std::vector<HostFailure>& failures) {
  if (std::ranges::all_of(failures, TimedOut)) return absl::StatusCode::kDeadlineExceeded;
  std::set<absl::StatusCode> answers;
  for (const HostFailure& failure : failures) {
    if (failure.answered && !TimedOut(failure)) answers.insert(failure.status.code());
  }
  return answers.size() == 1 ? *answers.begin() : absl::StatusCode::kUnavailable;
}

// Like CodeForConnectFailure, this has only libpq's words to go by.
bool IsReadOnly(const HostFailure& failure) {
  const std::string words(failure.status.message());
  return words.find("session is read-only") != std::string::npos ||
         words.find("server is in hot standby mode") != std::string::npos;
}

// "@" in a host and a port that is no number come from a URI whose password has an unescaped "@", "/" or ":".
bool LooksMisread(const PQconninfoOption& option) {
  const std::string_view name = option.keyword, value = option.val == nullptr ? "" : option.val;
  if (name == "host" || name == "hostaddr") return value.find('@') != std::string_view::npos;
  return name == "port" && value.find_first_not_of("0123456789,") != std::string_view::npos;
}

}  // namespace

absl::Status ErrorFromResult(const PGresult* result) {
  const ServerError error = {.sqlstate = Field(result, PG_DIAG_SQLSTATE),
                             .message = Field(result, PG_DIAG_MESSAGE_PRIMARY),
                             .detail = Field(result, PG_DIAG_MESSAGE_DETAIL),
                             .context = Field(result, PG_DIAG_CONTEXT),
                             .constraint = Field(result, PG_DIAG_CONSTRAINT_NAME),
                             .column = Field(result, PG_DIAG_COLUMN_NAME),
                             .table = Field(result, PG_DIAG_TABLE_NAME)};
  if (error.sqlstate.empty()) return absl::UnavailableError(OneLine(PQresultErrorMessage(result)));
  // Not the DETAIL: it may quote a row, and the text ends up in logs and in the status of other rows.
  const std::string text = fmt::format("{} [SQLSTATE {}]", OneLine(error.message), error.sqlstate);
  return internal::WithServerError(absl::Status(StatusCodeFor(error.sqlstate), text), error);
}

absl::Status ErrorFromConnect(PGconn* connection) {
  const char* password = PQpass(connection);
  const std::string words = OneLine(Without(PQerrorMessage(connection), password == nullptr ? "" : password));
  return absl::Status(CodeForConnectFailure(words), words);
}

absl::Status ErrorFromHosts(const std::vector<HostFailure>& failures) {
  if (failures.size() == 1) return ErrorFromHost(failures[0]);
  std::string text = std::ranges::all_of(failures, IsReadOnly) ? "no host is writable: " : "";
  const char* separator = "";
  for (const HostFailure& failure : failures) {
    text += fmt::format("{}host \"{}\" port {}: {}", std::exchange(separator, "; "), failure.host, failure.port,
                        std::string(failure.status.message()));
  }
  return absl::Status(CodeFor(failures), text);
}

absl::Status CheckDsn(const std::string& dsn) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(dsn.c_str(), nullptr),
                                                                             &PQconninfoFree);
  // libpq's own words repeat what it could not read, and that may be a password.
  bool readable = options != nullptr;
  for (const PQconninfoOption* option = options.get(); readable && option->keyword != nullptr; ++option) {
    readable = !LooksMisread(*option);
  }
  if (readable) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "not a connection string that libpq can read (not shown: it may hold a password; in a URI, special characters "
      "of a password are percent-encoded)");
}

std::string OneLine(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace bxb::pq
