#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/time/time.h"
#include "bxb/internal/array_codec.h"
#include "bxb/internal/field.h"
#include "bxb/internal/field_codec.h"
#include "bxb/internal/number_codec.h"
#include "bxb/internal/row_shape.h"
#include "bxb/internal/type_name.h"
#include "bxb/row.h"

namespace bxb {

struct Event;

namespace internal {

template <class ColumnType>
struct MemberOf;
template <class Row, class T>
struct MemberOf<ColumnOf<Row, T>> {
  using Type = T;
};

template <class T>
inline constexpr bool kIsSpan = false;
template <class T>
inline constexpr bool kIsSpan<std::span<const T>> = !std::is_same_v<T, std::byte>;
template <class T>
inline constexpr bool kIsSpan<std::optional<T>> = kIsSpan<T>;

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsNestedOptional = false;
template <class T>
inline constexpr bool kIsNestedOptional<std::optional<T>> = kIsOptional<T>;

template <class T>
inline constexpr bool kIsText =
    std::is_same_v<T, std::string_view> || std::is_same_v<T, std::string> ||
    std::is_same_v<T, std::optional<std::string_view>> || std::is_same_v<T, std::optional<std::string>>;

/// The mistakes in a row description that one column shows; each is a compile error in plain words.
template <class T, unsigned kRoles>
struct ColumnRules {
  static_assert(!kIsNestedOptional<T>, "bxb: a column is an optional of an optional; SQL has only one NULL");
  static_assert(kIsNestedOptional<T> || Encodable<T>,
                "bxb: a column's member type is not supported; bxb/row.h lists those that are");
  static_assert((kRoles & kKey) == 0 || !kIsOptional<T>,
                "bxb: a kKey column is std::optional; unique indexes do not compare NULLs");
  static_assert((kRoles & kTime) == 0 || std::is_same_v<T, absl::Time>, "bxb: a kTime column is not an absl::Time");
  static_assert((kRoles & kObject) == 0 || kIsText<T>, "bxb: a kObject column is not text");
  static_assert((kRoles & ~(kKey | kTime | kObject)) == 0, "bxb: a column has a role that does not exist");
};

/// A row description worked out at compile time: its columns in the order of the encoded tuple.
template <class Row>
class RowLayout {
  using Description = RowOf<Row>;

 public:
  static constexpr std::size_t kCount = std::tuple_size_v<std::remove_cvref_t<decltype(Description::columns)>>;
  static_assert(kCount > 0, "bxb: the row describes no columns");
  static_assert(kCount <= 1600, "bxb: PostgreSQL tables have at most 1,600 columns");

 private:
  static constexpr std::array<unsigned, kCount> kRoles = std::apply(
      [](const auto&... column) { return std::array<unsigned, kCount>{column.roles...}; }, Description::columns);

  static constexpr std::size_t CountRole(unsigned role) {
    std::size_t count = 0;
    for (const unsigned roles : kRoles) count += (roles & role) == role ? 1 : 0;
    return count;
  }

  // The time stands where the key ends, inside it or behind it, so that both scopes of dedup see a key of
  // neighbouring bytes.
  static constexpr std::array<std::size_t, kCount> KeysFirst() {
    std::array<std::size_t, kCount> order{};
    std::size_t next = 0;
    for (const unsigned roles : {kKey, kKey | kTime, kTime, 0U}) {
      for (std::size_t i = 0; i < kCount; ++i) {
        if ((kRoles[i] & (kKey | kTime)) == roles) order[next++] = i;
      }
    }
    return order;
  }
  static constexpr std::array<std::size_t, kCount> kOrder = KeysFirst();

 public:
  static constexpr std::size_t kKeyCount = CountRole(kKey);
  static_assert(CountRole(kTime) <= 1, "bxb: more than one column is kTime");
  static constexpr bool kHasTime = CountRole(kTime) == 1;

  /// The key columns, and the time.
  static constexpr std::size_t kLeadingCount = kKeyCount + (kHasTime && CountRole(kKey | kTime) == 0 ? 1 : 0);

  template <std::size_t kIndex>
  static constexpr const auto& Column() {
    return std::get<kOrder[kIndex]>(Description::columns);
  }

  template <std::size_t kIndex>
  using Member = typename MemberOf<std::remove_cvref_t<decltype(Column<kIndex>())>>::Type;

  template <std::size_t kIndex>
  static constexpr ColumnShape ShapeOf() {
    using T = Member<kIndex>;
    (void)ColumnRules<T, kRoles[kOrder[kIndex]]>{};
    return {.name = Column<kIndex>().name,
            .cpp_type = MemberType<T>::name,
            .roles = Column<kIndex>().roles,
            .nullable = Field<T>::kNullable,
            .accepts = &MemberType<T>::Codec::Accepts};
  }

  static constexpr std::array<ColumnShape, kCount> kShapes = []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array<ColumnShape, kCount>{ShapeOf<kIndex>()...};
  }(std::make_index_sequence<kCount>());

  static constexpr RowShape Shape() {
    return {.table = Table(), .columns = kShapes, .is_event = std::is_same_v<Row, Event>};
  }

 private:
  static constexpr std::string_view Table() {
    if constexpr (requires { Description::table; }) return Description::table;
    return {};
  }
};

}  // namespace internal
}  // namespace bxb
