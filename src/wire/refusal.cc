#include "wire/refusal.h"

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "bxb/internal/server_error.h"
#include "bxb/status.h"

namespace bxb::wire {

absl::Status Refusal(const std::string& message, std::string_view sqlstate, std::string_view column) {
  ServerError error;
  error.sqlstate = sqlstate;
  error.column = column;
  return internal::WithServerError(absl::InvalidArgumentError(message), error);
}

}  // namespace bxb::wire
