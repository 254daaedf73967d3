#include "partitions/generator.h"

#include <fmt/format.h>

#include <iterator>

namespace bxb::bench::partitions {
namespace {

constexpr std::uint64_t kVersion4 = 0x4000;
constexpr std::uint64_t kVariant = 0x8000;

void WriteRandomId(std::uint64_t row, std::string& id) {
  const std::uint64_t high = Mix(2 * row);
  const std::uint64_t low = Mix(2 * row + 1);
  fmt::format_to(std::back_inserter(id), "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                 kVersion4 | (high & 0xfff), kVariant | (low >> 50), low & 0xffff'ffff'ffff);
}

}  // namespace

std::string_view Name(Ids ids) { return ids == Ids::kRandom ? "random" : "sequential"; }

std::uint64_t Mix(std::uint64_t n) {
  n += 0x9e3779b97f4a7c15;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

Generator::Generator(const Events& pool, Ids ids, absl::Time start, absl::Duration step)
    : pool_(pool.All()), ids_(ids), start_(start), step_(step) {}

Event Generator::Make(std::uint64_t row, std::string& id) const {
  id.clear();
  if (ids_ == Ids::kRandom) {
    WriteRandomId(row, id);
  } else {
    fmt::format_to(std::back_inserter(id), "txn_{:012}", row);
  }
  Event event = pool_[Mix(~row) % pool_.size()];
  event.transaction_id = id;
  event.timestamp = TimeOf(row);
  return event;
}

Rows::Rows(const Generator& generator, std::uint64_t begin, std::size_t count) : ids_(count) {
  events_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) events_.push_back(generator.Make(begin + i, ids_[i]));
}

}  // namespace bxb::bench::partitions
