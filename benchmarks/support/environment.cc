#include "support/environment.h"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string_view>
#include <thread>

namespace bxb::bench {
namespace {

// The rest of the first line that begins with `word`, behind its colon.
std::string FromProc(const std::string& path, std::string_view word) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(word)) continue;
    const std::size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "unknown";
}

std::string Memory() {
  const std::string kilobytes = FromProc("/proc/meminfo", "MemTotal");
  return fmt::format("{:.1f} GB", std::strtod(kilobytes.c_str(), nullptr) * 1024 / 1e9);
}

std::string LoadAverage() {
  std::string load = "unknown";
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

std::string SyncTime(const std::string& folder) {
  constexpr int kSyncs = 200;
  constexpr std::size_t kBlock = 8192;
  const std::string path = folder + "/sync_probe";
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::string block(kBlock, 'x');
  const auto start = std::chrono::steady_clock::now();
  bool good = file >= 0;
  for (int i = 0; good && i < kSyncs; ++i) {
    good = pwrite(file, block.data(), block.size(), static_cast<off_t>(i % 16 * kBlock)) > 0 && fdatasync(file) == 0;
  }
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  if (file >= 0) close(file);
  unlink(path.c_str());
  return good ? fmt::format("{:.0f} us for an fdatasync of 8 KiB", took.count() / kSyncs) : "unknown";
}

std::string_view BuildType() {
#if defined(NDEBUG) && defined(__OPTIMIZE__)
  return "release";
#else
  return "NOT A RELEASE BUILD: these figures mean nothing";
#endif
}

}  // namespace

Facts DescribeEnvironment(Session& session, const std::string& folder, double row_bytes) {
  // A server that is not ours may be on another machine.
  const std::string whose = folder.empty() ? "client's " : "";
  Facts facts = {{whose + "cpu", FromProc("/proc/cpuinfo", "model name")},
                 {whose + "cores", std::to_string(std::thread::hardware_concurrency())},
                 {whose + "memory", Memory()},
                 {whose + "load average at start", LoadAverage()},
                 {"build", std::string(BuildType())},
                 {"server", session.Value("SHOW server_version")},
                 {"disk", folder.empty() ? "the user's server" : SyncTime(folder)},
                 {"row", fmt::format("{:.0f} bytes encoded", row_bytes)}};
  constexpr std::array kTelling = {"fsync",           "synchronous_commit", "full_page_writes", "wal_level",
                                   "wal_sync_method", "shared_buffers",     "max_wal_size",     "checkpoint_timeout",
                                   "autovacuum",      "lc_collate",         "debug_assertions"};
  for (const char* setting : kTelling) {
    facts.emplace_back(setting, session.Value(fmt::format("SELECT current_setting('{}', true)", setting)));
  }
  return facts;
}

Facts DescribeEnvironment(Server& server, double row_bytes) {
  return DescribeEnvironment(server.session(), server.running().folder, row_bytes);
}

void Print(const Facts& facts) {
  for (const auto& [name, value] : facts) std::cout << fmt::format("{:<34}{}\n", name, value);
  std::cout << "\n" << std::flush;
}

void Tell(const Facts& facts) {
  Print(facts);
  for (const auto& [name, value] : facts) benchmark::AddCustomContext(name, value);
}

}  // namespace bxb::bench
