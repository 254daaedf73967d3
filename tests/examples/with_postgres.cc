// with_postgres COMMAND...: runs the command while a throwaway server is up, with its connection string in
// $DSN and in libpq's own variables (PGHOST, PGUSER …), and a database "billing". Exits as the command does.

#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string_view>

#include "bxb/testing/ephemeral_postgres.h"

namespace {

void ExportForLibpq(const std::string& dsn) {
  setenv("DSN", dsn.c_str(), 1);
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(dsn.c_str(), nullptr),
                                                                             &PQconninfoFree);
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val != nullptr && option->envvar != nullptr) setenv(option->envvar, option->val, 1);
  }
}

int Run(char** command) {
  const pid_t child = fork();
  if (child == 0) {
    execvp(command[0], command);
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  auto server = bxb::testing::EphemeralPostgres::Start();
  auto created = server.ok() ? (*server)->Query("CREATE DATABASE billing") : server.status();
  if (!created.ok()) {
    std::cerr << "with_postgres: " << created.status() << "\n";
    return 125;
  }
  ExportForLibpq((*server)->dsn("billing"));
  return Run(argv + 1);
}
