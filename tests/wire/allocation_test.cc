// The steady state of the client path does not touch the heap.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

#include "absl/time/time.h"
#include "bxb/event.h"
#include "bxb/pg_type.h"
#include "bxb/row_codec.h"

namespace {

std::atomic<std::size_t> allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size); memory != nullptr) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace bxb {
namespace {

TEST(EncodeChecked, AllocatesNothingOnceTheScratchBufferIsLargeEnough) {
  constexpr PgType kTypes[] = {PgType::kUuid, PgType::kText,  PgType::kTimestamptz, PgType::kText,
                               PgType::kText, PgType::kJsonb, PgType::kFloat8,      PgType::kNumeric};
  const auto codec = RowCodec<Event>::For(kTypes).value();
  const Event event{.transaction_id = "t",
                    .timestamp = absl::UnixEpoch(),
                    .properties = R"({"a":[1,"\u0041"]})",
                    .value = 1,
                    .decimal_value = Decimal::Of(12'345, 2).value()};
  std::vector<char> scratch;
  ASSERT_TRUE(codec.EncodeChecked(event, 1 << 20, scratch).ok());
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(codec.EncodeChecked(event, 1 << 20, scratch).ok());
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace bxb
