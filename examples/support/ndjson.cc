#include "support/ndjson.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "support/event_json.h"

namespace examples {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

NdjsonReader::NdjsonReader(gzFile file, std::string path, std::size_t max_line)
    : file_(file),
      path_(std::move(path)),
      max_line_(max_line),
      buffer_(std::min(kChunk, max_line + 1) + simdjson::SIMDJSON_PADDING) {}

absl::StatusOr<NdjsonReader> NdjsonReader::Open(const std::string& path, std::size_t max_line) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr)
    return absl::NotFoundError(path + ": " + std::generic_category().message(errno == 0 ? ENOMEM : errno));
  return NdjsonReader(file, path, max_line);
}

std::optional<NdjsonReader::Line> NdjsonReader::Next() {
  std::string_view line;
  do {
    const Found found = FindLine(&line);
    if (found == Found::kEnd) return std::nullopt;
    ++number_;
    if (found == Found::kTooLong) {
      SkipLongLine();
      return Line{number_, absl::InvalidArgumentError("longer than " + std::to_string(max_line_) + " bytes")};
    }
    if (number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  } while (IsBlank(line));
  return Line{number_,
              ParseEvent(parser_, simdjson::padded_string_view(line, line.size() + simdjson::SIMDJSON_PADDING))};
}

NdjsonReader::Found NdjsonReader::FindLine(std::string_view* line) {
  for (std::size_t searched = 0;;) {
    const char* const start = buffer_.data() + begin_;
    const void* const newline = std::memchr(start + searched, '\n', end_ - begin_ - searched);
    searched = newline ? static_cast<const char*>(newline) - start : end_ - begin_;
    if (searched > max_line_) return Found::kTooLong;
    if (newline == nullptr && Refill()) continue;
    if (newline == nullptr && (searched == 0 || !status_.ok())) return Found::kEnd;
    *line = TakeLine(searched);
    return Found::kLine;
  }
}

std::string_view NdjsonReader::TakeLine(std::size_t size) {
  const std::string_view line(buffer_.data() + begin_, size);
  begin_ = std::min(begin_ + size + 1, end_);
  return line;
}

// Moves what is left to the front, doubles the buffer where a line fills it, and reads on.
bool NdjsonReader::Refill() {
  if (at_end_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  std::size_t room = buffer_.size() - simdjson::SIMDJSON_PADDING;
  if (end_ == room) {
    room = std::min(room * 2, max_line_ + 1);
    buffer_.resize(room + simdjson::SIMDJSON_PADDING);
  }
  const int got = gzread(file_.get(), buffer_.data() + end_, static_cast<unsigned>(room - end_));
  end_ += std::max(got, 0);
  int code = Z_OK;
  const char* const error = gzerror(file_.get(), &code);
  // A file cut short is no error to gzread, only to the one who asks.
  if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
    const std::string why = code == Z_ERRNO ? std::generic_category().message(errno) : error;
    status_ = absl::DataLossError(path_ + ": cannot be read behind line " + std::to_string(number_) + ": " + why);
  }
  at_end_ = got <= 0;
  return got > 0;
}

void NdjsonReader::SkipLongLine() {
  do {
    const char* const start = buffer_.data() + begin_;
    const void* const newline = std::memchr(start, '\n', end_ - begin_);
    if (newline != nullptr) {
      begin_ += static_cast<const char*>(newline) - start + 1;
      return;
    }
    begin_ = end_;
  } while (Refill());
}

}  // namespace examples
