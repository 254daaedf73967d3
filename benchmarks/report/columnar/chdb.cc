#include "report/columnar/chdb.h"

#include <dlfcn.h>

#include <array>
#include <utility>

#include "support/session.h"

namespace bxb::bench::report {
namespace {

constexpr std::string_view kFormat = "TabSeparated";

}  // namespace

// The package has no header: these are its exported functions, as its documentation of the C API has them.
struct Chdb::Functions {
  explicit Functions(void* handle) : handle_(handle) {
    Find("chdb_connect", connect);
    Find("chdb_close_conn", close);
    Find("chdb_query_n", query);
    Find("chdb_result_buffer", buffer);
    Find("chdb_result_length", length);
    Find("chdb_result_error", error);
    Find("chdb_destroy_query_result", destroy_result);
    Find("chdb_stream_insert_n", insert);
    Find("chdb_stream_insert_error", insert_error);
    Find("chdb_stream_append", append);
    Find("chdb_stream_done", done);
    Find("chdb_destroy_insert_stream", destroy_insert);
  }

  void** (*connect)(int argc, char** argv);
  void (*close)(void** connection);
  void* (*query)(void* connection, const char* sql, std::size_t sql_size, const char* format, std::size_t format_size);
  char* (*buffer)(void* result);
  std::size_t (*length)(void* result);
  const char* (*error)(void* result);
  void (*destroy_result)(void* result);
  void* (*insert)(void* connection, const char* sql, std::size_t sql_size, const char* format, std::size_t format_size);
  const char* (*insert_error)(void* stream);
  int (*append)(void* stream, const void* data, std::size_t size);
  void* (*done)(void* stream);
  void (*destroy_insert)(void* stream);

  std::string missing;  ///< a function that it does not have

 private:
  template <typename Function>
  void Find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    if (function == nullptr) missing = name;
  }

  void* handle_;
};

absl::StatusOr<std::unique_ptr<Chdb>> Chdb::Open(const std::string& library, const std::string& folder) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: its threads may outlive us
  if (handle == nullptr) return absl::FailedPreconditionError(dlerror());
  auto functions = std::make_unique<Functions>(handle);
  if (!functions->missing.empty()) return absl::FailedPreconditionError("libchdb.so has no " + functions->missing);
  std::string program = "clickhouse";
  std::string path = "--path=" + folder;
  std::array<char*, 2> arguments = {program.data(), path.data()};
  void** connection = functions->connect(static_cast<int>(arguments.size()), arguments.data());
  if (connection == nullptr) return absl::FailedPreconditionError("chdb does not start");
  return std::unique_ptr<Chdb>(new Chdb(std::move(functions), connection));
}

Chdb::Chdb(std::unique_ptr<Functions> functions, void** connection)
    : functions_(std::move(functions)), connection_(connection) {}

Chdb::~Chdb() { functions_->close(connection_); }

std::string Chdb::Query(std::string_view sql) {
  std::string answer;
  Take(functions_->query(*connection_, sql.data(), sql.size(), kFormat.data(), kFormat.size()), &answer);
  return answer;
}

void Chdb::Take(void* result, std::string* answer) {
  if (const char* error = functions_->error(result); error != nullptr) Die(std::string("ClickHouse: ") + error);
  if (answer != nullptr && functions_->length(result) > 0) {
    answer->assign(functions_->buffer(result), functions_->length(result));
  }
  functions_->destroy_result(result);
}

Chdb::Insert::Insert(Chdb& chdb, std::string_view sql)
    : chdb_(chdb),
      stream_(chdb.functions_->insert(*chdb.connection_, sql.data(), sql.size(), kFormat.data(), kFormat.size())) {
  Check();
}

Chdb::Insert::~Insert() { chdb_.functions_->destroy_insert(stream_); }

void Chdb::Insert::Append(std::string_view lines) {
  chdb_.functions_->append(stream_, lines.data(), lines.size());
  Check();
}

void Chdb::Insert::Finish() { chdb_.Take(chdb_.functions_->done(stream_), nullptr); }

void Chdb::Insert::Check() {
  if (const char* error = chdb_.functions_->insert_error(stream_); error != nullptr) {
    Die(std::string("ClickHouse: ") + error);
  }
}

}  // namespace bxb::bench::report
