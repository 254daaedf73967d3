#include "bxb/decimal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "support/shared_server.h"
#include "wire/random.h"

namespace bxb::testing {
namespace {

std::string Reprint(std::string_view text) {
  const auto decimal = Decimal::Parse(text);
  return decimal.ok() ? decimal->ToString() : std::string(absl::StatusCodeToString(decimal.status().code()));
}

Decimal Number(std::string_view text) { return Decimal::Parse(text).value(); }

TEST(Decimal, KeepsItsScale) {
  EXPECT_EQ(Reprint("1.50"), "1.50");
  EXPECT_EQ(Reprint("-0.05"), "-0.05");
  EXPECT_EQ(Reprint("-0.00"), "0.00");
  EXPECT_EQ(Reprint("+007"), "7");
  EXPECT_EQ(Decimal::Of(-12'345, 2)->ToString(), "-123.45");
  EXPECT_EQ(Decimal(5).ToString(), "5");
}

TEST(Decimal, AppliesExponents) {
  EXPECT_EQ(Reprint("1.5e3"), "1500");
  EXPECT_EQ(Reprint("1.500E+2"), "150.0");
  EXPECT_EQ(Reprint("1.5e-3"), "0.0015");
  EXPECT_EQ(Reprint("0e100"), "0");
  EXPECT_EQ(Reprint("1e37"), "1" + std::string(37, '0'));
}

TEST(Decimal, ReadsWhatThePostgresInputReads) {
  const std::vector<std::string> texts = {"5.", ".5", "-.5e1", "nan", "NaN", "inf", "-INFINITY", "+infinity", "1e0"};
  for (const std::string& text : texts) {
    const auto rows = SharedServer().Query(absl::StrCat("SELECT '", text, "'::numeric::text"));
    EXPECT_EQ(Reprint(text), (*rows)[0][0]) << text;
  }
}

TEST(Decimal, RefusesWhatIsNotANumber) {
  for (const std::string text :
       {"", ".", "-", "1e", "1e+", "e5", "1.2.3", "1,5", " 1", "1 ", "0x1", "--1", "+-1", "infinit", "-nan"}) {
    EXPECT_EQ(Reprint(text), "INVALID_ARGUMENT") << text;
  }
}

TEST(Decimal, RefusesWhatDoesNotFit) {
  const std::string ten_to_38 = "1" + std::string(38, '0');
  for (const std::string& text : {ten_to_38, "0." + ten_to_38, std::string("1e38"), std::string("1e-16384"),
                                  std::string("1e99999999999999999999"), std::string("0e-99999999999999999999")}) {
    EXPECT_EQ(Reprint(text), "OUT_OF_RANGE") << text;
  }
  EXPECT_EQ(Decimal::Of(0, -1).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Decimal::Of(0, 16'384).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Decimal::Of(std::numeric_limits<absl::int128>::min(), 0).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(Decimal, TakesTheLargestAndTheSmallest) {
  const std::string nines(38, '9');
  EXPECT_EQ(Reprint(nines), nines);
  EXPECT_EQ(Reprint("-" + nines), "-" + nines);
  EXPECT_EQ(Reprint("1e-16383"), "0." + std::string(16'382, '0') + "1");
}

TEST(Decimal, ComparesByValueAndNotByScale) {
  EXPECT_EQ(Number("1.50"), Number("1.5"));
  EXPECT_EQ(Number("0.000"), Number("0"));
  EXPECT_LT(Number("-2"), Number("-1.99"));
  EXPECT_LT(Number("1e-16383"), Number("1e37"));
  EXPECT_LT(Number("-1"), Number("1e-16383"));
}

TEST(Decimal, OrdersNaNLastAndEqualToItself) {
  EXPECT_EQ(Decimal::NaN(), Decimal::NaN());
  EXPECT_LT(Decimal::Infinity(), Decimal::NaN());
  EXPECT_LT(Number("1e37"), Decimal::Infinity());
  EXPECT_LT(Decimal::NegativeInfinity(), Number("-1e37"));
}

TEST(Decimal, OrdersNumbersAsTheServerDoes) {
  Random random;
  std::vector<std::string> pairs;
  std::string ours;
  for (int i = 0; i < 2000; ++i) {
    // Few digits and close scales, so that many pairs are equal or nearly so.
    const std::string a = absl::StrCat(random.Between(-20, 20), "e", random.Between(-3, 3));
    const std::string b = absl::StrCat(random.Between(-200, 200), "e", random.Between(-4, 2));
    ours += Number(a) < Number(b) ? '<' : Number(a) == Number(b) ? '=' : '>';
    pairs.push_back(absl::StrCat("(", i, ",", a, "::numeric,", b, "::numeric)"));
  }
  const auto rows = SharedServer().Query(absl::StrCat(
      "SELECT string_agg(CASE WHEN a < b THEN '<' WHEN a = b THEN '=' ELSE '>' END, '' ORDER BY i) FROM (VALUES ",
      absl::StrJoin(pairs, ","), ") AS v(i, a, b)"));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[0][0], ours);
}

TEST(Decimal, GivesTheNearestDouble) {
  EXPECT_EQ(Number("0.1").ToDouble(), 0.1);
  EXPECT_EQ(Number("-123.45").ToDouble(), -123.45);
  EXPECT_EQ(Number("9007199254740993").ToDouble(), 9007199254740992.0);
  EXPECT_EQ(Number("9007199254740993.00000000000000000001").ToDouble(), 9007199254740994.0);
  EXPECT_EQ(Number("4.9e-324").ToDouble(), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(Number("1e-16383").ToDouble(), 0.0);
  EXPECT_EQ(Number("0.00").ToDouble(), 0.0);
}

TEST(Decimal, MapsNaNAndInfinitiesToTheirDoubles) {
  EXPECT_TRUE(std::isnan(Decimal::NaN().ToDouble()));
  EXPECT_EQ(Decimal::Infinity().ToDouble(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Decimal::NegativeInfinity().ToDouble(), -std::numeric_limits<double>::infinity());
}

TEST(Decimal, IsPrintedAsItsText) {
  std::ostringstream out;
  out << Number("1.50") << ' ' << Decimal::NegativeInfinity();
  EXPECT_EQ(out.str(), "1.50 -Infinity");
}

}  // namespace
}  // namespace bxb::testing
