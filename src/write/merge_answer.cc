#include "write/merge_answer.h"

#include "absl/container/flat_hash_set.h"
#include "bxb/internal/copy_reader.h"

namespace bxb::write {
namespace {

constexpr std::size_t kFieldCountBytes = 2;

}  // namespace

absl::StatusOr<std::vector<std::uint32_t>> DuplicatesOf(const Batch& batch, std::span<const std::uint32_t> rows,
                                                        std::size_t key_columns, std::string_view returned) {
  absl::flat_hash_set<std::string_view> inserted;
  inserted.reserve(rows.size());
  internal::CopyReader reader(key_columns);
  reader.Feed(returned);
  while (true) {
    auto tuple = reader.Next();
    if (!tuple.ok()) return tuple.status();
    if (!tuple->has_value()) break;
    inserted.insert((*tuple)->substr(kFieldCountBytes));
  }
  if (absl::Status complete = reader.Finish(); !complete.ok()) return complete;

  // A key that the server changed (a trigger, another encoding) is not found: its row counts as a duplicate, and
  // is in the table like one.
  std::vector<std::uint32_t> duplicates;
  for (const std::uint32_t row : rows) {
    if (inserted.erase(batch.Key(row)) == 0) duplicates.push_back(row);
  }
  return duplicates;
}

}  // namespace bxb::write
