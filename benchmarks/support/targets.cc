#include "support/targets.h"

#include <fmt/format.h>

namespace bxb::bench {
namespace {

std::string Trim(double value, double limit) { return fmt::format("{:.{}f}", value, limit >= 100 ? 0 : 2); }

std::string Verdict(double value, Bound bound, double limit) {
  const bool met = bound == Bound::kAtLeast ? value >= limit : value <= limit;
  return fmt::format("  {} {}: {}", bound == Bound::kAtLeast ? ">=" : "<=", Trim(limit, limit),
                     met ? "met" : "NOT MET");
}

}  // namespace

Targets::Targets(std::ostream& out) : out_(out) { out_ << "\nagainst the design: median (min .. max of the rounds)\n"; }

void Targets::Row(const std::string& what, const std::optional<Summary>& measured, Bound bound, double limit) {
  out_ << fmt::format("{:<58}", what);
  if (!measured) {
    out_ << "not run\n";
    return;
  }
  out_ << fmt::format("{:>10}  ({} .. {})", Trim(measured->median, limit), Trim(measured->min, limit),
                      Trim(measured->max, limit));
  if (bound != Bound::kShown) out_ << Verdict(measured->median, bound, limit);
  out_ << "\n";
}

}  // namespace bxb::bench
