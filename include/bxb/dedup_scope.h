#pragma once

#include <cstdint>
#include <string_view>

namespace bxb {

/// What makes two events the same one.
enum class DedupScope : std::uint8_t {
  kNone,          ///< nothing: what is written twice is there twice
  kPerTimestamp,  ///< the key and the time: a retry must carry the same time
  kGlobal,        ///< the key alone
};

std::string_view Name(DedupScope scope);  ///< "none", "per timestamp", "global"

}  // namespace bxb
