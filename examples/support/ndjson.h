#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/event.h"
#include "simdjson.h"

namespace examples {

/// Reads usage events from a file with one JSON object a line, plain or compressed with gzip:
///
///     {"organization_id": UUID, "transaction_id": text, "external_customer_id": text, "code": text,
///      "timestamp": RFC 3339 with a zone, "properties": {…}, "value": number, "decimal_value": number or "number"}
///
/// The last three are optional, and null means absent. Other fields are ignored. A bad line is an error of
/// that line only: the next call reads on behind it. Memory is bounded by `max_line`.
class NdjsonReader {
 public:
  static constexpr std::size_t kMaxLine = std::size_t{16} << 20;

  struct Line {
    std::uint64_t number;              ///< of the line in the file, from 1
    absl::StatusOr<bxb::Event> event;  ///< views that hold until the next call; or what is wrong, naming the field
  };

  static absl::StatusOr<NdjsonReader> Open(const std::string& path, std::size_t max_line = kMaxLine);

  /// The next line that is not blank; nullopt at the end, or where the file cannot be read further.
  std::optional<Line> Next();

  /// Tells the two apart: OK at the end of the file.
  const absl::Status& status() const { return status_; }

 private:
  struct CloseFile {
    void operator()(gzFile file) const { gzclose(file); }
  };
  enum class Found { kLine, kTooLong, kEnd };

  NdjsonReader(gzFile file, std::string path, std::size_t max_line);
  Found FindLine(std::string_view* line);
  bool Refill();
  void SkipLongLine();
  std::string_view TakeLine(std::size_t size);

  std::unique_ptr<gzFile_s, CloseFile> file_;
  std::string path_;
  std::size_t max_line_;
  std::vector<char> buffer_;  // what was read and not yet taken is [begin_, end_), with padding behind
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::uint64_t number_ = 0;
  absl::Status status_;
  simdjson::ondemand::parser parser_;
};

}  // namespace examples
