#include "read/usage_parameters.h"

#include "fmt/format.h"

namespace bxb::read {

std::string Parameters::Add(std::string value, std::string_view type) {
  values_.emplace_back(std::move(value));
  return fmt::format("${}::{}", values_.size(), type);
}

std::string Parameters::IsOneOf(const std::vector<std::string>& values) {
  if (values.size() == 1) return "= " + Text(values.front());
  return fmt::format("= ANY({})", Add(ArrayText(values), "text[]"));
}

std::string ArrayText(const std::vector<std::string>& values) {
  std::string text = "{";
  for (const std::string& value : values) {
    text += text.size() == 1 ? "\"" : ",\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

}  // namespace bxb::read
