#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

namespace bxb::testing {

/// The randomness of a test: the same values in every run, unless BXB_SEED says otherwise. Says which seed it was.
class Random {
 public:
  Random() : engine_(Seed()) { std::cout << "BXB_SEED=" << Seed() << "\n"; }

  /// All values of T are equally likely.
  template <class T>
  T Any() {
    return static_cast<T>(engine_());
  }

  /// low … high, both included.
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
  }

  bool Chance(int percent) { return Between(1, 100) <= percent; }

  std::size_t Index(std::size_t size) {
    return static_cast<std::size_t>(Between(0, static_cast<std::int64_t>(size) - 1));
  }

  /// One of a container's elements.
  auto OneOf(const auto& container) { return container[Index(std::size(container))]; }

  std::string Digits(std::size_t count) {
    std::string digits(count, '0');
    for (char& digit : digits) digit = static_cast<char>('0' + Between(0, 9));
    return digits;
  }

 private:
  static std::uint64_t Seed() {
    const char* seed = std::getenv("BXB_SEED");
    return seed != nullptr ? std::strtoull(seed, nullptr, 10) : 20'240'229;
  }

  std::mt19937_64 engine_;
};

}  // namespace bxb::testing
