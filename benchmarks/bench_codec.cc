// What one core does with rows before they meet a connection: `bench_codec --benchmark_counters_tabular=true`.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/event.h"
#include "bxb/internal/text_check.h"
#include "bxb/pg_type.h"
#include "bxb/row_codec.h"
#include "bxb/uuid.h"

namespace bxb {
namespace {

constexpr std::size_t kRows = 1024;
constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::string_view kProperties = R"({"region":"eu-west-1","status":200,"path":"/v1/items","ms":12})";
constexpr PgType kTypes[] = {PgType::kUuid, PgType::kText,  PgType::kTimestamptz, PgType::kText,
                             PgType::kText, PgType::kJsonb, PgType::kFloat8,      PgType::kNumeric};

// Typical events, different enough that no branch can be learned from the row before.
class Events {
 public:
  Events() : codec_(RowCodec<Event>::For(kTypes).value()) {
    for (std::size_t i = 0; i < kRows; ++i) transactions_.push_back("txn_" + std::to_string(1'000'000 + i * 7919));
    for (std::size_t i = 0; i < kRows; ++i) events_.push_back(Make(i));
  }

  const Event& Next() { return events_[next_++ % kRows]; }
  const RowCodec<Event>& codec() const { return codec_; }

 private:
  Event Make(std::size_t i) const {
    Event event{.organization_id = {},
                .transaction_id = transactions_[i],
                .external_customer_id = "customer_4711",
                .code = i % 2 == 0 ? "api_calls" : "storage_gb",
                .timestamp = absl::FromUnixMicros(1'750'000'000'000'000) + absl::Milliseconds(i),
                .properties = kProperties,
                .value = {},
                .decimal_value = {}};
    event.organization_id.bytes.fill(static_cast<std::uint8_t>(i));
    if (i % 3 != 0) event.value = static_cast<double>(i) * 0.25;
    if (i % 3 != 1) event.decimal_value = Decimal::Of(static_cast<int>(i) * 12'345, 2).value();
    return event;
  }

  RowCodec<Event> codec_;
  std::vector<std::string> transactions_;
  std::vector<Event> events_;
  std::size_t next_ = 0;
};

void Report(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void BM_Encode(benchmark::State& state) {
  Events events;
  std::string out;
  std::size_t bytes = 0;
  for (auto _ : state) {
    if (out.size() > kMaxBytes) out.clear();
    const std::size_t before = out.size();
    events.codec().Encode(events.Next(), out);
    bytes += out.size() - before;
  }
  Report(state, bytes);
}
BENCHMARK(BM_Encode);

void BM_EncodeChecked(benchmark::State& state) {
  Events events;
  std::vector<char> scratch;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto row = events.codec().EncodeChecked(events.Next(), kMaxBytes, scratch);
    bytes += row->tuple.size();
  }
  Report(state, bytes);
}
BENCHMARK(BM_EncodeChecked);

void BM_Decode(benchmark::State& state) {
  Events events;
  std::vector<std::string> tuples(kRows);
  for (std::string& tuple : tuples) events.codec().Encode(events.Next(), tuple);
  std::size_t bytes = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const std::string& tuple = tuples[next++ % kRows];
    benchmark::DoNotOptimize(events.codec().Decode(tuple));
    bytes += tuple.size();
  }
  Report(state, bytes);
}
BENCHMARK(BM_Decode);

void BM_CheckText(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(internal::CheckText(text));
  }
  Report(state, static_cast<std::size_t>(state.iterations()) * text.size());
}
BENCHMARK_CAPTURE(BM_CheckText, id_of_11_bytes, "txn_4711000");
BENCHMARK_CAPTURE(BM_CheckText, ascii_of_62_bytes, kProperties);
BENCHMARK_CAPTURE(BM_CheckText, greek_of_48_bytes, "αβγδεζηθικλμνξοπρστυφχψω");

void BM_CheckJson(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(internal::CheckJson(text, internal::JsonKind::kJsonb));
  }
  Report(state, static_cast<std::size_t>(state.iterations()) * text.size());
}
BENCHMARK_CAPTURE(BM_CheckJson, empty_object, "{}");
BENCHMARK_CAPTURE(BM_CheckJson, properties_of_62_bytes, kProperties);

}  // namespace
}  // namespace bxb
