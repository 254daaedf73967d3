#include "bxb/testing/ephemeral_postgres.h"

#include <atomic>
#include <cstdlib>
#include <utility>

#include "fmt/format.h"
#include "pq/connection.h"
#include "pq/deadline.h"
#include "testing/ephemeral_postgres_impl.h"
#include "testing/free_port.h"
#include "testing/process.h"
#include "testing/server_binaries.h"

namespace bxb::testing {
namespace {

constexpr char kLoopback[] = "127.0.0.1";

absl::Status AddDefaults(EphemeralPostgresOptions& options, const ServerFolder& folder) {
  const absl::StatusOr<int> port = options.listen_tcp ? FreePort() : 5432;
  if (!port.ok()) return port.status();
  options.settings.insert({
      {"unix_socket_directories", folder.path},
      {"listen_addresses", options.listen_tcp ? kLoopback : ""},
      {"port", std::to_string(*port)},
      // One call instead of an fsync of each of a thousand files, at the same safety, when a crashed server or a
      // copy starts.
      {"recovery_init_sync_method", "syncfs"},
      // In the data folder, and gone with it: a killed server leaves its segments in /dev/shm.
      {"dynamic_shared_memory_type", "mmap"},
      // A standby may be away for a while, and comes back soon after its primary did.
      {"wal_keep_size", "512MB"},
      {"wal_retrieve_retry_interval", "100ms"},
  });
  return absl::OkStatus();
}

absl::Status InitDb(const EphemeralPostgresOptions& options, const ServerFolder& folder) {
  const auto output = Run({options.bin_dir + "/initdb", "-D", folder.data(), "-N", "--no-locale", "-E", "UTF8", "-A",
                           "trust", "-U", "postgres"},
                          folder.owner, pq::After(options.timeout));
  return output.status();
}

std::string NewDatabaseName() {
  static std::atomic<int> count = 0;
  return fmt::format("db_{}", ++count);
}

}  // namespace

EphemeralPostgres::Impl::Impl(EphemeralPostgresOptions filled_in, int server_version, const ServerFolder& empty_folder,
                              Guard its_guard)
    : options(std::move(filled_in)),
      version(server_version),
      folder(empty_folder),
      postmaster(options.bin_dir + "/postgres", folder),
      guard(std::move(its_guard)) {}

absl::StatusOr<std::unique_ptr<EphemeralPostgres::Impl>> EphemeralPostgres::Impl::Make(
    EphemeralPostgresOptions options) {
  const absl::StatusOr<std::string> bin_dir = FindServerBinaries(options.bin_dir);
  if (!bin_dir.ok()) return bin_dir.status();
  options.bin_dir = *bin_dir;
  const absl::StatusOr<int> version = ServerVersion(*bin_dir);
  if (!version.ok()) return version.status();
  const absl::StatusOr<Account> account = Account::ForServer();
  if (!account.ok()) return account.status();
  const absl::StatusOr<ServerFolder> folder = ServerFolder::Make(options.parent_dir, *account);
  if (!folder.ok()) return folder.status();
  absl::StatusOr<Guard> guard = Guard::Start(folder->path);
  if (!guard.ok()) return guard.status();
  if (const absl::Status status = AddDefaults(options, *folder); !status.ok()) return status;
  return std::make_unique<Impl>(std::move(options), *version, *folder, *std::move(guard));
}

absl::Status EphemeralPostgres::Impl::ConfigureAndStart() {
  if (const absl::Status status = folder.Configure(options.settings); !status.ok()) return status;
  if (!options.hba.empty()) {
    if (const absl::Status status = folder.Write("pg_hba.conf", options.hba); !status.ok()) return status;
  }
  return postmaster.Start(pq::After(options.timeout));
}

std::string EphemeralPostgres::Impl::setting(const std::string& name) const { return options.settings.at(name); }

std::string EphemeralPostgres::Impl::conninfo() const {
  return fmt::format("host={} port={} user=postgres", Quoted(setting("unix_socket_directories")), setting("port"));
}

std::string Quoted(std::string_view value) {
  if (!value.empty() && value.find_first_of(" \t\n'\\=") == std::string_view::npos) return std::string(value);
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

EphemeralPostgres::EphemeralPostgres(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EphemeralPostgres::~EphemeralPostgres() = default;

absl::StatusOr<std::unique_ptr<EphemeralPostgres>> EphemeralPostgres::Start(EphemeralPostgresOptions options) {
  absl::StatusOr<std::unique_ptr<Impl>> impl = Impl::Make(std::move(options));
  if (!impl.ok()) return impl.status();
  if (const absl::Status status = InitDb((*impl)->options, (*impl)->folder); !status.ok()) return status;
  if (const absl::Status status = (*impl)->ConfigureAndStart(); !status.ok()) return status;
  return std::unique_ptr<EphemeralPostgres>(new EphemeralPostgres(*std::move(impl)));
}

std::string EphemeralPostgres::dsn(std::string_view database) const {
  return fmt::format("{} dbname={}", impl_->conninfo(), Quoted(database));
}

std::string EphemeralPostgres::tcp_dsn(std::string_view database) const {
  return fmt::format("host={} port={} user=postgres dbname={}", kLoopback, impl_->setting("port"), Quoted(database));
}

absl::StatusOr<TextRows> EphemeralPostgres::Query(std::string_view sql, std::string_view database) const {
  const pq::Deadline deadline = pq::After(impl_->options.timeout);
  absl::StatusOr<pq::Connection> connection = pq::Connection::Open(dsn(database), "bxb-testing", deadline);
  if (!connection.ok()) return connection.status();
  return connection->Query(std::string(sql), deadline);
}

absl::StatusOr<std::string> EphemeralPostgres::CreateDatabase() {
  std::string name = NewDatabaseName();
  const absl::StatusOr<TextRows> created = Query(fmt::format("CREATE DATABASE {} TEMPLATE template0", name));
  if (!created.ok()) return created.status();
  return name;
}

absl::Status EphemeralPostgres::Stop() { return impl_->postmaster.Stop(pq::After(impl_->options.timeout)); }

absl::Status EphemeralPostgres::Kill() { return impl_->postmaster.Kill(pq::After(impl_->options.timeout)); }

absl::Status EphemeralPostgres::Restart() {
  if (const absl::Status stopped = Stop(); !stopped.ok()) return stopped;
  return impl_->postmaster.Start(pq::After(impl_->options.timeout));
}

absl::Status EphemeralPostgres::Freeze() { return impl_->postmaster.Freeze(); }

absl::Status EphemeralPostgres::Thaw() { return impl_->postmaster.Thaw(); }

int EphemeralPostgres::pid() const { return impl_->postmaster.pid(); }

int EphemeralPostgres::tcp_port() const {
  return impl_->options.listen_tcp ? std::atoi(impl_->setting("port").c_str()) : 0;
}

int EphemeralPostgres::version() const { return impl_->version; }

const std::string& EphemeralPostgres::dir() const { return impl_->folder.path; }

}  // namespace bxb::testing
