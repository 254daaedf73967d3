#include "pq/hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <ostream>

namespace bxb::pq {

static void PrintTo(const Host& host, std::ostream* out) {
  *out << "{" << host.host << "|" << host.hostaddr << "|" << host.port << "}";
}

namespace {

const std::vector<Host> kLeftToLibpq = {Host{}};

struct Case {
  const char* dsn;
  std::vector<Host> hosts;
};

TEST(Hosts, AreSplitInTheDsnsOrder) {
  const Case cases[] = {
      {"host=b,a", {{"b", "", "5432"}, {"a", "", "5432"}}},
      {"host=a,b port=1", {{"a", "", "1"}, {"b", "", "1"}}},
      {"host=a,b port=1,2", {{"a", "", "1"}, {"b", "", "2"}}},
      {"hostaddr=10.0.0.1,::1 port=1,2", {{"", "10.0.0.1", "1"}, {"", "::1", "2"}}},
      {"host=a,b hostaddr=10.0.0.1,10.0.0.2", {{"a", "10.0.0.1", "5432"}, {"b", "10.0.0.2", "5432"}}},
      {"host='/run/a dir,/run/b' port=1,2", {{"/run/a dir", "", "1"}, {"/run/b", "", "2"}}},
      {"postgresql://a:1,b:2/db", {{"a", "", "1"}, {"b", "", "2"}}},
      {"postgresql://u:p@a,b/db?port=7", {{"a", "", "7"}, {"b", "", "7"}}},
      {"postgresql://%2Frun%2Fa,[::1]:2/db", {{"/run/a", "", "5432"}, {"::1", "", "2"}}},
      {"postgresql:///db?host=a,b&target_session_attrs=any", {{"a", "", "5432"}, {"b", "", "5432"}}},
  };
  for (const Case& c : cases) EXPECT_EQ(HostsOf(c.dsn), c.hosts) << c.dsn;
}

TEST(Hosts, TakeLibpqsDefaultPortForAnEmptyOne) {
  const Case cases[] = {
      {"host=a,b port=,2", {{"a", "", "5432"}, {"b", "", "2"}}},
      {"postgresql://a,b:2/db", {{"a", "", "5432"}, {"b", "", "2"}}},
  };
  for (const Case& c : cases) EXPECT_EQ(HostsOf(c.dsn), c.hosts) << c.dsn;
}

// Which folder that is was decided when libpq was built.
TEST(Hosts, TakeLibpqsDefaultSocketFolderForAnEmptyHost) {
  const std::vector<Host> first = HostsOf("host=,b port=1,2");
  ASSERT_EQ(first.size(), 2);
  EXPECT_THAT(first[0].host, ::testing::StartsWith("/"));
  EXPECT_EQ(first, (std::vector<Host>{{first[0].host, "", "1"}, {"b", "", "2"}}));
  EXPECT_EQ(HostsOf("host=b, port=1"), (std::vector<Host>{{"b", "", "1"}, {first[0].host, "", "1"}}));
}

TEST(Hosts, AreLeftToLibpqWhereThereIsOnlyOneOrTheListsDoNotMatch) {
  for (const char* const dsn :
       {"", "host=a", "host=a port=1", "hostaddr=10.0.0.1", "host=a hostaddr=10.0.0.1", "postgresql://a:1/db",
        "host=a,b port=1,2,3", "host=a port=1,2", "host=a,b hostaddr=10.0.0.1", "host=a hostaddr=10.0.0.1,10.0.0.2",
        "host=a,b port=1,2,", "service=no_such_service host=a,b"}) {
    EXPECT_EQ(HostsOf(dsn), kLeftToLibpq) << dsn;
  }
}

TEST(Hosts, AreLeftToLibpqWhereAnEmptyElementCouldNotOverrideTheDsn) {
  for (const char* const dsn : {"host=a,b hostaddr=,10.0.0.2", "host=a, hostaddr=10.0.0.1,10.0.0.2", "hostaddr=::1,"}) {
    EXPECT_EQ(HostsOf(dsn), kLeftToLibpq) << dsn;
  }
}

TEST(Hosts, AreLeftToLibpqWhereAStandbyIsOnlyPreferred) {
  EXPECT_EQ(HostsOf("host=a,b target_session_attrs=prefer-standby"), kLeftToLibpq);
}

TEST(EveryHost, IsGivenWhateverTheTargetIs) {
  EXPECT_EQ(EveryHostOf("host=a,b target_session_attrs=prefer-standby"),
            (std::vector<Host>{{"a", "", "5432"}, {"b", "", "5432"}}));
  EXPECT_EQ(EveryHostOf("host=a target_session_attrs=prefer-standby"), kLeftToLibpq);
}

TEST(HostName, IsTheHostAndItsPort) {
  EXPECT_EQ(NameOf("host=a,b", {"b", "", "5432"}), "b:5432");
  EXPECT_EQ(NameOf("hostaddr=10.0.0.1,10.0.0.2 port=1", {"", "10.0.0.2", "1"}), "10.0.0.2:1");
  EXPECT_EQ(NameOf("host=a,b hostaddr=10.0.0.1,10.0.0.2", {"b", "10.0.0.2", "5432"}), "b:5432");
  EXPECT_EQ(NameOf("host='/run/a dir'", {}), "/run/a dir:5432");
}

TEST(HostName, IsWhatLibpqWouldConnectToWhereTheChoiceIsLeftToIt) {
  EXPECT_EQ(NameOf("host=a port=7", {}), "a:7");
  EXPECT_EQ(NameOf("hostaddr=10.0.0.1", {}), "10.0.0.1:5432");
  EXPECT_EQ(NameOf("postgresql://u:secret@a.example:7/db?sslmode=require", {}), "a.example:7");
  EXPECT_EQ(NameOf("", {}), HostsOf("host=,b")[0].host + ":5432");
}

class HostsOfTheEnvironment : public ::testing::Test {
 protected:
  static void Set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }

  ~HostsOfTheEnvironment() override {
    for (const char* const name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICEFILE", "PGTARGETSESSIONATTRS"}) {
      unsetenv(name);
    }
  }
};

TEST_F(HostsOfTheEnvironment, StandInForWhatTheDsnDoesNotSay) {
  Set("PGHOST", "a,b");
  Set("PGPORT", "1,2");
  EXPECT_EQ(HostsOf("dbname=x"), (std::vector<Host>{{"a", "", "1"}, {"b", "", "2"}}));
  EXPECT_EQ(HostsOf("host=c,d"), (std::vector<Host>{{"c", "", "1"}, {"d", "", "2"}}));
  EXPECT_EQ(HostsOf("host=c,d port=,7"), (std::vector<Host>{{"c", "", "5432"}, {"d", "", "7"}}));
  EXPECT_EQ(HostsOf("host=c"), kLeftToLibpq);
  EXPECT_EQ(NameOf("dbname=x", HostsOf("dbname=x")[1]), "b:2");
  Set("PGHOSTADDR", "10.0.0.1,10.0.0.2");
  EXPECT_EQ(HostsOf("port=3"), (std::vector<Host>{{"a", "10.0.0.1", "3"}, {"b", "10.0.0.2", "3"}}));
}

TEST_F(HostsOfTheEnvironment, DoNotTakeItsTargetWhichAConnectionIgnoresToo) {
  Set("PGTARGETSESSIONATTRS", "prefer-standby");
  EXPECT_EQ(HostsOf("host=a,b"), (std::vector<Host>{{"a", "", "5432"}, {"b", "", "5432"}}));
}

TEST_F(HostsOfTheEnvironment, ComeFromTheServiceThatTheDsnNames) {
  const std::string file = ::testing::TempDir() + "hosts_test_service.conf";
  std::ofstream(file) << "[pair]\nhost=a,b\nport=1,2\n";
  Set("PGSERVICEFILE", file);
  EXPECT_EQ(HostsOf("service=pair"), (std::vector<Host>{{"a", "", "1"}, {"b", "", "2"}}));
  EXPECT_EQ(HostsOf("postgresql:///db?service=pair&host=c,d"), (std::vector<Host>{{"c", "", "1"}, {"d", "", "2"}}));
}

}  // namespace
}  // namespace bxb::pq
