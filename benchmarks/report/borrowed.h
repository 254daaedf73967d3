#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "report/ground.h"
#include "support/contender.h"
#include "writer/ground.h"

namespace bxb::bench::report {

/// These contenders, which hold `kept` too: it goes with the last of them.
std::vector<Contender> Holding(const std::shared_ptr<void>& kept, std::vector<Contender> contenders);

/// Those whose names begin with one of the prefixes.
std::vector<Contender> Chosen(std::vector<Contender> contenders, const std::vector<std::string_view>& prefixes);

/// What bench_writer's contenders need: the report borrows some of them.
class WriterGround {
 public:
  /// `own_server`: a private one instead of the shared one, for those that stop it.
  WriterGround(const Ground& ground, std::size_t events, writer::Settings settings, bool own_server = false);

  const writer::Ground& ground() const { return ground_; }
  Server& server() { return *server_; }

 private:
  std::optional<Server> server_;
  writer::Settings settings_;
  Events events_;
  EncodedEvents encoded_;
  EncodedEvents sorted_;
  writer::Ground ground_;
};

}  // namespace bxb::bench::report
