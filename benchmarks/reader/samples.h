#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bxb::bench::reader {

/// Measured values, of which some percentiles are wanted.
class Samples {
 public:
  void Add(double value) { values_.push_back(value); }
  void Add(const Samples& other) { values_.insert(values_.end(), other.values_.begin(), other.values_.end()); }

  std::size_t size() const { return values_.size(); }

  /// The value that this share of them does not exceed: 0.5 for the median, 1 for the highest. Zero without values.
  double At(double share) {
    if (values_.empty()) return 0;
    const auto nth = values_.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values_.size() - 1));
    std::nth_element(values_.begin(), nth, values_.end());
    return *nth;
  }

 private:
  std::vector<double> values_;
};

}  // namespace bxb::bench::reader
