#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/internal/big_endian.h"
#include "bxb/internal/field.h"
#include "bxb/internal/got.h"
#include "bxb/internal/row_faults.h"
#include "bxb/internal/row_layout.h"
#include "bxb/internal/row_shape.h"
#include "bxb/internal/verdict.h"
#include "bxb/pg_type.h"
#include "bxb/row.h"

namespace bxb {

/// A row description turned into the tuples of a COPY BINARY stream, and back
/// (https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format").
///
/// Writer does all of this for you; use the codec itself to write COPY files, or to read what a
/// `COPY … TO STDOUT (FORMAT binary)` of the same columns gives.
///
/// A tuple is a two-byte field count, then for each column a four-byte length (-1 for NULL) and the value.
/// The key columns come first, then the time, otherwise the columns are in the order described.
///
/// A value type; thread-compatible, and every member is const.
template <DescribedRow Row>
class RowCodec {
 public:
  /// The columns in the tuple's order. What it refers to lives as long as the program.
  static constexpr internal::RowShape Shape() { return Layout::Shape(); }

  /// A codec for columns of these types, in the order of Shape(). InvalidArgument where the number differs,
  /// or where a member has no exact encoding as its column's type: names the column and both types.
  static absl::StatusOr<RowCodec> For(std::span<const PgType> column_types);

  /// Validates what PostgreSQL would refuse, then encodes one tuple into `scratch`, which grows as needed but
  /// not beyond `max_bytes`; the answer points into it. InvalidArgument for a row that is refused, with the
  /// column's name and the SQLSTATE that the server would have sent (see SqlStateOf):
  /// - 22021: text that is not UTF-8 or holds a NUL byte
  /// - 22P02, 22P05, 54001: not JSON; \u0000 in jsonb; nested deeper than 1,000 levels (bxb's own bound)
  /// - 22023: JSON that is not an object, in a kObject column
  /// - 22008: a time or date outside PostgreSQL's range
  /// - 54000: a tuple of more than `max_bytes`, or a key of more than kMaxKeyBytes
  /// Nothing is allocated once `scratch` is large enough.
  absl::StatusOr<internal::EncodedRow> EncodeChecked(const Row& row, std::size_t max_bytes,
                                                     std::vector<char>& scratch) const {
    return EncodeChecked(row, max_bytes, scratch, [](std::string_view, std::string_view) {});
  }

  /// The same, and shows `on_key` the encoded dedup key (empty for a row without one), and the key together with the
  /// time, before the rest of the row is looked at.
  template <class OnKey>
  absl::StatusOr<internal::EncodedRow> EncodeChecked(const Row& row, std::size_t max_bytes, std::vector<char>& scratch,
                                                     const OnKey& on_key) const;

  /// Appends the tuple to `out` without any check, for rows that are known to be good. The server aborts the
  /// whole COPY at a bad one.
  void Encode(const Row& row, std::string& out) const;

  /// Reads a tuple. Views in the row (string_view, Bytes) point into `tuple`; members that no column
  /// describes keep their defaults. DataLoss where the bytes are not a tuple of these columns, OutOfRange
  /// where a member cannot hold the value exactly (a NULL without std::optional, a numeric of 39 digits …).
  absl::StatusOr<Row> Decode(std::string_view tuple) const;

  /// The longest dedup key, encoded. A B-tree entry holds 2,704 bytes; this bound leaves room for the
  /// entry's header and padding, and does not depend on how well the key compresses.
  static constexpr std::size_t kMaxKeyBytes = internal::kMaxKeyBytes;

 private:
  using Layout = internal::RowLayout<Row>;
  static constexpr std::size_t kCount = Layout::kCount;
  static constexpr std::size_t kKeyCount = Layout::kKeyCount;
  static constexpr std::size_t kLeadingCount = Layout::kLeadingCount;

  template <std::size_t kIndex>
  using FieldAt = internal::Field<typename Layout::template Member<kIndex>>;

  RowCodec() = default;

  template <std::size_t kIndex>
  static decltype(auto) Value(auto& row) {
    return (row.*Layout::template Column<kIndex>().member);
  }

  // Calls `f` with each index in [kBegin, kEnd) until it returns false.
  template <std::size_t kBegin, std::size_t kEnd>
  static bool ForEach(auto&& f) {
    return [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      return (f(std::integral_constant<std::size_t, kBegin + kIndex>()) && ...);
    }(std::make_index_sequence<kEnd - kBegin>());
  }

  std::size_t Bound(const Row& row) const;
  std::size_t Size(const Row& row) const;
  template <std::size_t kBegin, std::size_t kEnd>
  char* Put(const Row& row, char* out) const;
  template <std::size_t kBegin, std::size_t kEnd>
  absl::Status Check(const Row& row) const;
  absl::Status Grow(const Row& row, std::size_t bound, std::size_t max_bytes, std::vector<char>& scratch) const;

  std::array<PgType, kCount> types_{};
};

template <DescribedRow Row>
absl::StatusOr<RowCodec<Row>> RowCodec<Row>::For(std::span<const PgType> column_types) {
  if (absl::Status status = internal::CheckColumnTypes(Shape(), column_types); !status.ok()) return status;
  RowCodec codec;
  std::copy(column_types.begin(), column_types.end(), codec.types_.begin());
  return codec;
}

template <DescribedRow Row>
template <class OnKey>
absl::StatusOr<internal::EncodedRow> RowCodec<Row>::EncodeChecked(const Row& row, std::size_t max_bytes,
                                                                  std::vector<char>& scratch,
                                                                  const OnKey& on_key) const {
  if (const std::size_t bound = Bound(row); bound > std::min(max_bytes, scratch.size())) [[unlikely]] {
    if (absl::Status status = Grow(row, bound, max_bytes, scratch); !status.ok()) return status;
  }
  if (absl::Status status = Check<0, kLeadingCount>(row); !status.ok()) [[unlikely]]
    return status;
  char* const begin = scratch.data();
  char* const key = internal::PutBig(begin, static_cast<std::int16_t>(kCount));
  char* const key_end = Put<0, kKeyCount>(row, key);
  const auto key_bytes = static_cast<std::size_t>(key_end - key);
  if (key_bytes > kMaxKeyBytes) [[unlikely]]
    return internal::KeyTooLong(Shape(), key_bytes);
  char* const leading_end = Put<kKeyCount, kLeadingCount>(row, key_end);
  on_key(std::string_view(key, key_bytes), std::string_view(key, static_cast<std::size_t>(leading_end - key)));
  if (absl::Status status = Check<kLeadingCount, kCount>(row); !status.ok()) [[unlikely]]
    return status;
  char* const end = Put<kLeadingCount, kCount>(row, leading_end);
  return internal::EncodedRow{.tuple = {begin, static_cast<std::size_t>(end - begin)},
                              .key_bytes = static_cast<std::uint32_t>(key_bytes),
                              .time_end = Layout::kHasTime ? static_cast<std::uint32_t>(leading_end - begin) : 0};
}

template <DescribedRow Row>
void RowCodec<Row>::Encode(const Row& row, std::string& out) const {
  const std::size_t begin = out.size();
  out.resize(begin + Bound(row));
  char* const tuple = internal::PutBig(out.data() + begin, static_cast<std::int16_t>(kCount));
  out.resize(static_cast<std::size_t>(Put<0, kCount>(row, tuple) - out.data()));
}

template <DescribedRow Row>
absl::StatusOr<Row> RowCodec<Row>::Decode(std::string_view tuple) const {
  ForEach<0, kCount>([](auto i) {
    static_assert(!internal::kIsSpan<typename Layout::template Member<i>>,
                  "bxb: a std::span cannot be decoded into: it has no memory of its own; use std::vector");
    return true;
  });
  if (absl::Status status = internal::TakeFieldCount(tuple, kCount); !status.ok()) return status;
  Row row{};
  std::size_t column = 0;
  internal::Got got = internal::Got::kMalformed;
  const bool done = ForEach<0, kCount>([&](auto i) {
    column = i;
    got = internal::Got::kMalformed;
    std::optional<std::string_view> field;
    if (internal::TakeField(tuple, field)) got = FieldAt<i>::Get(field, types_[i], Value<i>(row));
    return got == internal::Got::kValue;
  });
  if (!done) return internal::DecodeFault(got, Shape().columns[column], types_[column]);
  if (!tuple.empty()) return internal::TrailingBytes(tuple.size());
  return row;
}

template <DescribedRow Row>
std::size_t RowCodec<Row>::Bound(const Row& row) const {
  std::size_t bytes = sizeof(std::int16_t);
  ForEach<0, kCount>([&](auto i) { return bytes += FieldAt<i>::Bound(Value<i>(row), types_[i]), true; });
  return bytes;
}

template <DescribedRow Row>
std::size_t RowCodec<Row>::Size(const Row& row) const {
  std::size_t bytes = sizeof(std::int16_t);
  ForEach<0, kCount>([&](auto i) { return bytes += FieldAt<i>::Size(Value<i>(row), types_[i]), true; });
  return bytes;
}

template <DescribedRow Row>
template <std::size_t kBegin, std::size_t kEnd>
char* RowCodec<Row>::Put(const Row& row, char* out) const {
  ForEach<kBegin, kEnd>([&](auto i) { return out = FieldAt<i>::Put(out, Value<i>(row), types_[i]), true; });
  return out;
}

template <DescribedRow Row>
template <std::size_t kBegin, std::size_t kEnd>
absl::Status RowCodec<Row>::Check(const Row& row) const {
  internal::Verdict verdict;
  std::size_t column = 0;
  const bool good = ForEach<kBegin, kEnd>([&](auto i) {
    column = i;
    verdict = FieldAt<i>::Check(Value<i>(row), types_[i], Layout::template Column<i>().roles);
    return verdict.ok();
  });
  if (good) [[likely]]
    return absl::OkStatus();
  return internal::ToStatus(verdict, Shape().columns[column].name, types_[column]);
}

template <DescribedRow Row>
absl::Status RowCodec<Row>::Grow(const Row& row, std::size_t bound, std::size_t max_bytes,
                                 std::vector<char>& scratch) const {
  const std::size_t size = bound > max_bytes ? Size(row) : bound;
  if (size > max_bytes) return internal::RowTooLong(size, max_bytes);
  if (size > scratch.size()) scratch.resize(std::min(max_bytes, std::max(size, 2 * scratch.size())));
  return absl::OkStatus();
}

}  // namespace bxb
