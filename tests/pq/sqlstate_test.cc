#include "pq/sqlstate.h"

#include <gtest/gtest.h>

namespace bxb::pq {
namespace {

struct Case {
  const char* sqlstate;
  ErrorClass error_class;
  absl::StatusCode code;
};

class SqlState : public ::testing::TestWithParam<Case> {};

TEST_P(SqlState, HasItsClassAndStatusCode) {
  EXPECT_EQ(Classify(GetParam().sqlstate), GetParam().error_class);
  EXPECT_EQ(StatusCodeFor(GetParam().sqlstate), GetParam().code);
}

using enum ErrorClass;
using absl::StatusCode;

INSTANTIATE_TEST_SUITE_P(
    Table, SqlState,
    ::testing::Values(
        Case{"23505", kUniqueViolation, StatusCode::kAlreadyExists},
        Case{"23502", kBadRow, StatusCode::kInvalidArgument}, Case{"23503", kBadRow, StatusCode::kInvalidArgument},
        Case{"23514", kBadRow, StatusCode::kInvalidArgument}, Case{"22P02", kBadRow, StatusCode::kInvalidArgument},
        Case{"22003", kBadRow, StatusCode::kInvalidArgument}, Case{"P0001", kBadRow, StatusCode::kInvalidArgument},
        Case{"54000", kBadRow, StatusCode::kInvalidArgument}, Case{"40001", kTransient, StatusCode::kAborted},
        Case{"40P01", kTransient, StatusCode::kAborted}, Case{"55P03", kTransient, StatusCode::kAborted},
        Case{"40002", kBadRow, StatusCode::kInvalidArgument}, Case{"08006", kConnection, StatusCode::kUnavailable},
        Case{"57P01", kConnection, StatusCode::kUnavailable}, Case{"57P02", kConnection, StatusCode::kUnavailable},
        Case{"57P03", kConnection, StatusCode::kUnavailable}, Case{"25006", kConnection, StatusCode::kUnavailable},
        Case{"53100", kResources, StatusCode::kResourceExhausted},
        Case{"53300", kResources, StatusCode::kResourceExhausted}, Case{"57014", kTransient, StatusCode::kAborted},
        Case{"28P01", kPermanent, StatusCode::kUnauthenticated},
        Case{"42501", kPermanent, StatusCode::kPermissionDenied}, Case{"42P01", kPermanent, StatusCode::kNotFound},
        Case{"42703", kPermanent, StatusCode::kInvalidArgument}, Case{"0A000", kPermanent, StatusCode::kUnimplemented},
        Case{"XX000", kBadRow, StatusCode::kInternal}, Case{"21000", kBadRow, StatusCode::kInvalidArgument},
        Case{"MY001", kBadRow, StatusCode::kInvalidArgument}, Case{"2200H", kResources, StatusCode::kResourceExhausted},
        Case{"", kPermanent, StatusCode::kInternal}),
    [](const auto& tested) { return *tested.param.sqlstate ? tested.param.sqlstate : std::string("Empty"); });

}  // namespace
}  // namespace bxb::pq
