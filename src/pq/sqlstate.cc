#include "pq/sqlstate.h"

#include <array>

namespace bxb::pq {
namespace {

struct Rule {
  std::string_view prefix;
  ErrorClass error_class;
  absl::StatusCode code;
};

// The first match wins, so single codes stand before their class.
constexpr std::array kRules = {
    Rule{"23505", ErrorClass::kUniqueViolation, absl::StatusCode::kAlreadyExists},
    // A sequence has come to its end: no row's fault.
    Rule{"2200H", ErrorClass::kResources, absl::StatusCode::kResourceExhausted},
    Rule{"22", ErrorClass::kBadRow, absl::StatusCode::kInvalidArgument},
    Rule{"23", ErrorClass::kBadRow, absl::StatusCode::kInvalidArgument},
    Rule{"P0001", ErrorClass::kBadRow, absl::StatusCode::kInvalidArgument},
    Rule{"54000", ErrorClass::kBadRow, absl::StatusCode::kInvalidArgument},
    Rule{"40001", ErrorClass::kTransient, absl::StatusCode::kAborted},
    Rule{"40P01", ErrorClass::kTransient, absl::StatusCode::kAborted},
    Rule{"55P03", ErrorClass::kTransient, absl::StatusCode::kAborted},
    Rule{"08", ErrorClass::kConnection, absl::StatusCode::kUnavailable},
    Rule{"57P01", ErrorClass::kConnection, absl::StatusCode::kUnavailable},
    Rule{"57P02", ErrorClass::kConnection, absl::StatusCode::kUnavailable},
    Rule{"57P03", ErrorClass::kConnection, absl::StatusCode::kUnavailable},
    Rule{"25006", ErrorClass::kConnection, absl::StatusCode::kUnavailable},
    Rule{"53", ErrorClass::kResources, absl::StatusCode::kResourceExhausted},
    Rule{"57014", ErrorClass::kTransient, absl::StatusCode::kAborted},
    Rule{"28", ErrorClass::kPermanent, absl::StatusCode::kUnauthenticated},
    Rule{"42501", ErrorClass::kPermanent, absl::StatusCode::kPermissionDenied},
    Rule{"42P01", ErrorClass::kPermanent, absl::StatusCode::kNotFound},
    Rule{"3D000", ErrorClass::kPermanent, absl::StatusCode::kNotFound},
    Rule{"3F000", ErrorClass::kPermanent, absl::StatusCode::kNotFound},
    Rule{"42", ErrorClass::kPermanent, absl::StatusCode::kInvalidArgument},
    Rule{"0A", ErrorClass::kPermanent, absl::StatusCode::kUnimplemented},
    Rule{"XX", ErrorClass::kBadRow, absl::StatusCode::kInternal},
    // A trigger's own code, or one that it ran into: it judges a row.
    Rule{"", ErrorClass::kBadRow, absl::StatusCode::kInvalidArgument},
};

constexpr Rule kNoServerError = {"", ErrorClass::kPermanent, absl::StatusCode::kInternal};

const Rule& Find(std::string_view sqlstate) {
  if (sqlstate.empty()) return kNoServerError;
  for (const Rule& rule : kRules) {
    if (sqlstate.starts_with(rule.prefix)) return rule;
  }
  return kRules.back();
}

}  // namespace

ErrorClass Classify(std::string_view sqlstate) { return Find(sqlstate).error_class; }

absl::StatusCode StatusCodeFor(std::string_view sqlstate) { return Find(sqlstate).code; }

}  // namespace bxb::pq
