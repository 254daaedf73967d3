#include "report/experiments/pair.h"

#include "reader/trio.h"
#include "support/must.h"
#include "support/writing.h"

namespace bxb::bench::report {

Pair::Pair(const std::map<std::string, std::string>& settings) : primary_("", settings) {
  testing::EphemeralPostgresOptions options;
  options.timeout = kLong;
  replica_ = Must(primary_.own()->StartStandby("replica", options));
}

void Pair::Clear() {
  primary_.Clear();
  AwaitReplay();
}

void Pair::AwaitReplay() { Must(replica_->WaitForReplay(*primary_.own(), kLong)); }

}  // namespace bxb::bench::report
