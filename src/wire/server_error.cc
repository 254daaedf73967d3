#include "bxb/internal/server_error.h"

#include <array>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "bxb/status.h"

namespace bxb {
namespace {

constexpr char kPayloadUrl[] = "bxb/server_error";
// Server texts are C strings, so NUL cannot occur in them.
constexpr std::string_view kSeparator("\0", 1);

auto Fields(auto& error) {
  return std::array{&error.sqlstate,   &error.message, &error.detail, &error.context,
                    &error.constraint, &error.column,  &error.table};
}

}  // namespace

absl::Status internal::WithServerError(absl::Status status, const ServerError& error) {
  std::string payload;
  for (const std::string* field : Fields(error)) payload.append(*field).append(kSeparator);
  // A string_view, because clang and gcc disagree on the name of Cord's constructor from a string.
  status.SetPayload(kPayloadUrl, absl::Cord(absl::string_view(payload.data(), payload.size())));
  return status;
}

ServerError ServerErrorOf(const absl::Status& status) {
  ServerError error;
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload) return error;
  const std::string text(*payload);
  std::size_t begin = 0;
  for (std::string* field : Fields(error)) {
    const std::size_t end = text.find(kSeparator, begin);
    if (end == std::string::npos) break;
    field->assign(text, begin, end - begin);
    begin = end + 1;
  }
  return error;
}

std::string SqlStateOf(const absl::Status& status) { return ServerErrorOf(status).sqlstate; }

}  // namespace bxb
