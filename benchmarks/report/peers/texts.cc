#include "report/peers/texts.h"

#include <fmt/format.h>

#include <fstream>
#include <string_view>

#include "absl/time/time.h"
#include "bxb/internal/copy_format.h"
#include "support/session.h"

namespace bxb::bench::report {
namespace {

std::string Quoted(std::string_view field) {
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

void Close(std::ofstream& file, const std::string& path) {
  file.close();
  if (file.fail()) Die("cannot write " + path);
}

}  // namespace

EventTexts TextsOf(const Event& event) {
  return {event.organization_id.ToString(),
          std::string(event.transaction_id),
          absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", event.timestamp, absl::UTCTimeZone()),
          std::string(event.external_customer_id),
          std::string(event.code),
          std::string(event.properties),
          fmt::format("{}", event.value.value()),
          event.decimal_value.value().ToString()};
}

void WriteCsvFile(const std::string& path, std::span<const Event> events) {
  std::ofstream file(path, std::ios::binary);
  for (const Event& event : events) {
    EventTexts texts = TextsOf(event);
    texts[5] = Quoted(texts[5]);
    file << fmt::format("{}\n", fmt::join(texts, ","));
  }
  Close(file, path);
}

void WriteBinaryFile(const std::string& path, const EncodedEvents& encoded) {
  std::ofstream file(path, std::ios::binary);
  file << internal::kCopyHeader << encoded.Tuples(0, encoded.size()) << internal::kCopyTrailer;
  Close(file, path);
}

}  // namespace bxb::bench::report
