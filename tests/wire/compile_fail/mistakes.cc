// Row descriptions that must not compile, one at a time: the test defines MISTAKE.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bxb/row_codec.h"

struct Row {
  int number;
  unsigned long long unsupported;
  std::optional<int> maybe;
  std::optional<std::optional<int>> twice;
  std::span<const int> numbers;
  absl::Time at, also_at;
};

template <>
struct bxb::RowOf<Row> {
#if MISTAKE == 0
  static constexpr auto columns = Columns(Column("number", &Row::number, kKey));
#elif MISTAKE == 1
  static constexpr auto columns = Columns(Column("unsupported", &Row::unsupported));
#elif MISTAKE == 2
  static constexpr auto columns = Columns(Column("maybe", &Row::maybe, kKey));
#elif MISTAKE == 3
  static constexpr auto columns = Columns(Column("at", &Row::at, kTime), Column("also_at", &Row::also_at, kTime));
#elif MISTAKE == 4
  static constexpr auto columns = Columns(Column("number", &Row::number, kTime));
#elif MISTAKE == 5
  static constexpr auto columns = Columns(Column("number", &Row::number, kObject));
#elif MISTAKE == 6
  static constexpr auto columns = Columns(Column("twice", &Row::twice));
#elif MISTAKE == 7
  static constexpr auto columns = Columns();
#elif MISTAKE == 8
  static constexpr auto columns = Columns(Column("numbers", &Row::numbers));
#endif
};

int main() {
  const auto codec = bxb::RowCodec<Row>::For({});
  return codec.ok() && codec->Decode("").ok() ? 0 : 1;
}
