#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "write/batch.h"

namespace bxb::write {

/// Cuts a batch into the chunks of one COPY BINARY stream: header, rows (or only their keys) in the given order,
/// trailer. The buffer is the caller's, to be used again; all three must outlive the stream.
class RowStream {
 public:
  /// With `key_columns` > 0 only that many columns, the key, are streamed.
  RowStream(const Batch& batch, std::span<const std::uint32_t> order, std::string& buffer, std::size_t key_columns = 0);

  /// The next chunk, valid until the next call; empty at the end.
  std::string_view Next();

  std::size_t rows() const { return order_.size(); }

 private:
  std::string_view NextKeys();
  std::string_view End();

  const Batch& batch_;
  std::span<const std::uint32_t> order_;
  std::string& buffer_;
  const std::size_t key_columns_;
  std::size_t next_ = 0;
  bool started_ = false;
  bool ended_ = false;
};

}  // namespace bxb::write
