#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "write/batch.h"

namespace bxb::write {

/// Reads the keys that a merge returned (a COPY BINARY stream of the rows it inserted) and finds which of the `rows`
/// sent are not among them: they were in the table already. Of several rows with one key, the first sent is the one
/// that was inserted.
absl::StatusOr<std::vector<std::uint32_t>> DuplicatesOf(const Batch& batch, std::span<const std::uint32_t> rows,
                                                        std::size_t key_columns, std::string_view returned);

}  // namespace bxb::write
