#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "write/batch.h"

namespace bxb::write {

/// Which rows of a merged batch were in the table already.
struct MergeAnswer {
  std::vector<bool> duplicate;  ///< by row
  std::size_t duplicates = 0;
};

/// Reads the keys that a merge returned (a COPY BINARY stream of the rows it inserted) and finds their rows.
/// Of several rows with one key, the first in `order` is the one that was inserted.
absl::StatusOr<MergeAnswer> ReadMergeAnswer(const Batch& batch, std::span<const std::uint32_t> order,
                                            std::size_t key_columns, std::string_view returned);

}  // namespace bxb::write
