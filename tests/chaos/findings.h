#pragma once

#include <cstddef>
#include <iostream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace bxb::chaos {

/// What went against the contract, in words, which are printed at once too. Thread-safe.
class Findings {
 public:
  void Add(std::string text) {
    const std::lock_guard lock(mutex_);
    if (++count_ > kShown) return;
    std::cerr << "finding: " << text << "\n";
    first_.push_back(std::move(text));
  }

  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

  /// The first ones, a line each; empty where there are none.
  std::string Text() const {
    const std::lock_guard lock(mutex_);
    std::string text = count_ == 0 ? "" : std::to_string(count_) + " findings:\n";
    for (const std::string& line : first_) text += "  " + line + "\n";
    return text;
  }

 private:
  static constexpr std::size_t kShown = 30;

  mutable std::mutex mutex_;
  std::size_t count_ = 0;
  std::vector<std::string> first_;
};

}  // namespace bxb::chaos
