#include "support/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <utility>
#include <vector>

#include "bxb/internal/big_endian.h"
#include "bxb/internal/copy_format.h"

namespace bxb::bench {
namespace {

std::function<void(std::string_view)>& DeathListener() {
  static std::function<void(std::string_view)> listener = [](std::string_view) {};
  return listener;
}

}  // namespace

void OnDeath(std::function<void(std::string_view)> tell) { DeathListener() = std::move(tell); }

void Die(std::string_view what) {
  DeathListener()(what);
  std::cerr << program_invocation_short_name << ": " << what << "\n";
  std::_Exit(1);
}

Session::Session(const std::string& dsn) : connection_(PQconnectdb(dsn.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) Die(PQerrorMessage(connection_.get()));
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
}

void Session::Run(const std::string& sql) { Checked(PQexec(connection_.get(), sql.c_str()), PGRES_COMMAND_OK); }

std::string Session::Value(const std::string& sql) {
  const Result result = Checked(PQexec(connection_.get(), sql.c_str()), PGRES_TUPLES_OK);
  return PQgetvalue(result.get(), 0, 0);
}

std::size_t Session::Query(const std::string& sql, std::span<const std::string> parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  const Result result = Checked(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                             values.data(), nullptr, nullptr, 0),
                                PGRES_TUPLES_OK);
  return static_cast<std::size_t>(PQntuples(result.get()));
}

std::size_t Session::Receive(const std::string& sql) {
  Checked(PQexec(connection_.get(), sql.c_str()), PGRES_COPY_OUT);
  char* data = nullptr;
  while (PQgetCopyData(connection_.get(), &data, 0) > 0) PQfreemem(data);
  const Result result = Checked(PQgetResult(connection_.get()), PGRES_COMMAND_OK);
  const std::size_t rows = std::strtoull(PQcmdTuples(result.get()), nullptr, 10);
  while (PGresult* next = PQgetResult(connection_.get())) PQclear(next);
  return rows;
}

void Session::Copy(const std::string& sql, std::string_view tuples, std::size_t chunk_bytes) {
  CopyEach(sql, {&tuples, 1}, chunk_bytes);
}

void Session::CopyEach(const std::string& sql, std::span<const std::string_view> parts, std::size_t chunk_bytes) {
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) Die(PQerrorMessage(connection_.get()));
  while (PGresult* next = PQgetResult(connection_.get())) {
    const Result result(next);
    const ExecStatusType status = PQresultStatus(next);
    if (status == PGRES_COPY_IN && !parts.empty()) {
      PutTuples(parts.front(), chunk_bytes);
      parts = parts.subspan(1);
    } else if (status != PGRES_COMMAND_OK) {
      Die(PQerrorMessage(connection_.get()));
    }
  }
}

void Session::Prepare(const std::string& name, const std::string& sql) {
  Checked(PQprepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr), PGRES_COMMAND_OK);
}

void Session::Execute(const std::string& name, std::string_view tuple) {
  constexpr int kFields = 8;
  std::array<const char*, kFields> values{};
  std::array<int, kFields> sizes{};
  std::array<int, kFields> formats{};
  const char* at = tuple.data() + sizeof(std::int16_t);
  for (std::size_t i = 0; i < kFields; ++i) {
    const auto size = internal::GetBig<std::int32_t>(at);
    at += sizeof size;
    formats[i] = 1;
    if (size < 0) continue;
    values[i] = at;
    sizes[i] = size;
    at += size;
  }
  Checked(PQexecPrepared(connection_.get(), name.c_str(), kFields, values.data(), sizes.data(), formats.data(), 1),
          PGRES_COMMAND_OK);
}

Session::Result Session::Checked(PGresult* result, ExecStatusType expected) {
  Result owned(result);
  if (PQresultStatus(result) != expected) Die(PQerrorMessage(connection_.get()));
  return owned;
}

void Session::PutTuples(std::string_view tuples, std::size_t chunk_bytes) {
  Put(internal::kCopyHeader);
  for (; !tuples.empty(); tuples.remove_prefix(std::min(chunk_bytes, tuples.size())))
    Put(tuples.substr(0, chunk_bytes));
  Put(internal::kCopyTrailer);
  if (PQputCopyEnd(connection_.get(), nullptr) != 1) Die(PQerrorMessage(connection_.get()));
}

void Session::Put(std::string_view data) {
  if (PQputCopyData(connection_.get(), data.data(), static_cast<int>(data.size())) == 1) return;
  Die(PQerrorMessage(connection_.get()));
}

std::string CopySql(const std::string& table) {
  return fmt::format("BEGIN;COPY {}({}) FROM STDIN (FORMAT binary);COMMIT", table, kColumns);
}

std::string MergeSql(const std::string& table) {
  return fmt::format(
      "BEGIN;CREATE TEMP TABLE stage ON COMMIT DROP AS SELECT {1} FROM {0} WITH NO DATA;"
      "COPY stage({1}) FROM STDIN (FORMAT binary);"
      "INSERT INTO {0}({1}) SELECT {1} FROM stage ON CONFLICT DO NOTHING;COMMIT",
      table, kColumns);
}

}  // namespace bxb::bench
