#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace bxb::bench::report {

/// ClickHouse's engine, which runs in this process: chdb, loaded when it is needed. One object at a time; dies on
/// errors. Thread-compatible; the engine has threads of its own.
class Chdb {
 public:
  /// From that library, with its data in that folder.
  static absl::StatusOr<std::unique_ptr<Chdb>> Open(const std::string& library, const std::string& folder);
  ~Chdb();
  Chdb(const Chdb&) = delete;
  Chdb& operator=(const Chdb&) = delete;

  /// What it answers, as TabSeparated.
  std::string Query(std::string_view sql);

  /// An INSERT without its FORMAT, whose rows come as TabSeparated in pieces of any size.
  class Insert {
   public:
    Insert(Chdb& chdb, std::string_view sql);
    ~Insert();
    Insert(const Insert&) = delete;
    Insert& operator=(const Insert&) = delete;

    void Append(std::string_view lines);
    void Finish();

   private:
    void Check();

    Chdb& chdb_;
    void* stream_;
  };

 private:
  struct Functions;
  Chdb(std::unique_ptr<Functions> functions, void** connection);

  void Take(void* result, std::string* answer);

  std::unique_ptr<Functions> functions_;
  void** connection_;
};

}  // namespace bxb::bench::report
