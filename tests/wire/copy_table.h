#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bxb/internal/copy_format.h"
#include "bxb/internal/copy_reader.h"
#include "pq/connection.h"
#include "support/shared_server.h"

namespace bxb::testing {

/// A table `t` in a database of its own, written and read with COPY BINARY.
class CopyTable {
 public:
  /// `columns` is what stands between the parentheses of CREATE TABLE.
  explicit CopyTable(const std::string& columns)
      : connection_(pq::Connection::Open(FreshDatabase(), "test", Soon()).value()) {
    Query("CREATE TABLE t (" + columns + ")");
  }

  /// Copies tuples into the table, all of them or none.
  absl::Status Write(const std::string& tuples) {
    std::vector<std::string> chunks = {std::string(internal::kCopyTrailer), tuples, std::string(internal::kCopyHeader)};
    std::string chunk;
    const auto next = [&]() -> std::string_view {
      if (chunks.empty()) return {};
      chunk = chunks.back();
      chunks.pop_back();
      // An empty chunk would end the stream.
      if (chunk.empty()) chunk.swap(chunks.back()), chunks.pop_back();
      return chunk;
    };
    return connection_.Copy("COPY t FROM STDIN (FORMAT binary)", next, [](std::string_view) {}, Soon()).status;
  }

  /// The tuples of a query, as COPY TO STDOUT gives them.
  std::vector<std::string> Read(const std::string& query, std::size_t fields) {
    internal::CopyReader reader(fields);
    std::vector<std::string> tuples;
    const auto on_chunk = [&](std::string_view chunk) {
      reader.Feed(chunk);
      for (auto tuple = reader.Next(); tuple.value(); tuple = reader.Next()) tuples.emplace_back(**tuple);
    };
    const auto result = connection_.Copy(
        absl::StrCat("COPY (", query, ") TO STDOUT (FORMAT binary)"), [] { return std::string_view(); }, on_chunk,
        Soon());
    if (!result.status.ok()) throw std::runtime_error(result.status.ToString());
    if (!reader.Finish().ok()) throw std::runtime_error(reader.Finish().ToString());
    return tuples;
  }

  pq::Rows Query(const std::string& sql) { return connection_.Query(sql, Soon()).value(); }

  /// The first column of a query's rows; "NULL" for NULL.
  std::vector<std::string> Texts(const std::string& sql) {
    std::vector<std::string> texts;
    for (const auto& row : Query(sql)) texts.push_back(row[0].value_or("NULL"));
    return texts;
  }

 private:
  static pq::Deadline Soon() { return pq::After(absl::Seconds(60)); }

  pq::Connection connection_;
};

}  // namespace bxb::testing
