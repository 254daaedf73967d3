#include "write/merge_answer.h"

#include "absl/container/flat_hash_set.h"
#include "bxb/internal/copy_format.h"
#include "bxb/internal/copy_reader.h"

namespace bxb::write {
namespace {

absl::StatusOr<std::vector<std::string_view>> ReadKeys(internal::CopyReader& reader, std::string_view returned) {
  std::vector<std::string_view> keys;
  reader.Feed(returned);
  while (true) {
    auto tuple = reader.Next();
    if (!tuple.ok()) return tuple.status();
    if (!tuple->has_value()) break;
    keys.push_back((*tuple)->substr(internal::kFieldCountBytes));
  }
  if (absl::Status complete = reader.Finish(); !complete.ok()) return complete;
  return keys;
}

// The server returns the rows in the order in which they were sent. Returns how many keys were found so.
std::size_t SkipInOrder(const Batch& batch, std::span<const std::uint32_t> rows, std::span<const std::string_view> keys,
                        std::vector<std::uint32_t>& missing) {
  std::size_t next = 0;
  for (const std::uint32_t row : rows) {
    if (next < keys.size() && batch.Key(row) == keys[next]) {
      ++next;
    } else {
      missing.push_back(row);
    }
  }
  return next;
}

std::vector<std::uint32_t> MissingInAnyOrder(const Batch& batch, std::span<const std::uint32_t> rows,
                                             std::span<const std::string_view> keys) {
  absl::flat_hash_set<std::string_view> there(keys.begin(), keys.end());
  std::vector<std::uint32_t> missing;
  for (const std::uint32_t row : rows) {
    if (there.erase(batch.Key(row)) == 0) missing.push_back(row);
  }
  return missing;
}

}  // namespace

absl::StatusOr<std::vector<std::uint32_t>> DuplicatesOf(const Batch& batch, std::span<const std::uint32_t> rows,
                                                        std::size_t key_columns, std::string_view returned) {
  internal::CopyReader reader(key_columns);
  const auto keys = ReadKeys(reader, returned);
  if (!keys.ok()) return keys.status();
  std::vector<std::uint32_t> missing;
  if (SkipInOrder(batch, rows, *keys, missing) == keys->size()) return missing;
  // A plan of another order. A key that the server changed (a trigger, another encoding) is not found either way: its
  // row counts as a duplicate, and is in the table like one.
  return MissingInAnyOrder(batch, rows, *keys);
}

}  // namespace bxb::write
