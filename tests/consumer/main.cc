// A host application, as small as it can be: what it needs comes from the package alone.
#include <cstdlib>
#include <iostream>

#include "absl/time/time.h"
#include "bxb/bxb.h"

int main() {
  auto writer =
      bxb::EventWriter::Open({.dsn = "host=/nonexistent-folder dbname=billing", .connect_timeout = absl::Seconds(2)});
  std::cout << writer.status() << "\n";
  const bool names_the_host = writer.status().message().find("/nonexistent-folder") != absl::string_view::npos;
  return names_the_host ? EXIT_SUCCESS : EXIT_FAILURE;
}
