#include "bxb/testing/ephemeral_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/shared_server.h"

namespace bxb::testing {
TEST(EphemeralPostgres, Starts) {
  auto s = EphemeralPostgres::Start();
  ASSERT_TRUE(s.ok()) << s.status();
  std::cerr << (*s)->dsn() << " " << (*s)->version() << " " << (*s)->pid() << "\n";
  auto q = (*s)->Query("select 1");
  ASSERT_TRUE(q.ok()) << q.status();
  auto sb = (*s)->StartStandby("s1");
  ASSERT_TRUE(sb.ok()) << sb.status();
  std::cerr << FreshDatabase() << "\n";
}
}  // namespace bxb::testing
