#include "report/borrowed.h"

#include <algorithm>
#include <utility>

namespace bxb::bench::report {
namespace {

constexpr std::size_t kBatchRows = 10'000;  // as bench_writer has it

}  // namespace

std::vector<Contender> Holding(const std::shared_ptr<void>& kept, std::vector<Contender> contenders) {
  for (Contender& contender : contenders) {
    contender.run = [kept, run = std::move(contender.run)](benchmark::State& state) { run(state); };
  }
  return contenders;
}

std::vector<Contender> Chosen(std::vector<Contender> contenders, const std::vector<std::string_view>& prefixes) {
  std::erase_if(contenders, [&](const Contender& contender) {
    return std::ranges::none_of(prefixes, [&](std::string_view prefix) { return contender.name.starts_with(prefix); });
  });
  return contenders;
}

WriterGround::WriterGround(const Ground& ground, std::size_t events, writer::Settings settings, bool own_server)
    : settings_(std::move(settings)),
      events_(events),
      encoded_(events_.First(settings_.dedup_rows)),
      sorted_(events_.First(settings_.dedup_rows), kBatchRows),
      ground_{settings_, own_server ? server_.emplace("") : server_.emplace(ground.server, ground.schema), events_,
              encoded_, sorted_} {}

}  // namespace bxb::bench::report
