#include "write/row_stream.h"

#include <array>

#include "bxb/internal/big_endian.h"
#include "bxb/internal/copy_format.h"

namespace bxb::write {
namespace {

// Large enough that system calls do not show in a profile, small enough to stay in the second-level cache
// between being filled and being sent.
constexpr std::size_t kChunkBytes = std::size_t{64} << 10;

}  // namespace

RowStream::RowStream(const Batch& batch, std::span<const std::uint32_t> order, std::string& buffer,
                     std::size_t key_columns)
    : batch_(batch), order_(order), buffer_(buffer), key_columns_(key_columns) {}

std::string_view RowStream::Next() {
  if (ended_) return {};
  buffer_.assign(started_ ? std::string_view() : std::string_view(internal::kCopyHeader));
  started_ = true;
  if (key_columns_ > 0) return NextKeys();
  while (next_ < order_.size()) {
    const std::string_view tuple = batch_.Tuple(order_[next_]);
    if (!buffer_.empty() && buffer_.size() + tuple.size() > kChunkBytes) return buffer_;
    ++next_;
    if (tuple.size() > kChunkBytes) return tuple;
    buffer_ += tuple;
  }
  return End();
}

std::string_view RowStream::NextKeys() {
  std::array<char, sizeof(std::int16_t)> count;
  internal::PutBig(count.data(), static_cast<std::int16_t>(key_columns_));
  for (; next_ < order_.size(); ++next_) {
    if (buffer_.size() > kChunkBytes) return buffer_;
    buffer_.append(count.data(), count.size()).append(batch_.Key(order_[next_]));
  }
  return End();
}

std::string_view RowStream::End() {
  buffer_ += internal::kCopyTrailer;
  ended_ = true;
  return buffer_;
}

}  // namespace bxb::write
