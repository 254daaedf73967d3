#include "bxb/dedup_scope.h"

namespace bxb {

std::string_view Name(DedupScope scope) {
  switch (scope) {
    case DedupScope::kNone:
      return "none";
    case DedupScope::kPerTimestamp:
      return "per timestamp";
    case DedupScope::kGlobal:
      return "global";
  }
  return "unknown";
}

}  // namespace bxb
