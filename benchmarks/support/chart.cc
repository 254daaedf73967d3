#include "support/chart.h"

namespace bxb::bench {

std::string LineChart::Svg() const { return "<svg/>"; }
std::string BarChart::Svg() const { return "<svg/>"; }

}  // namespace bxb::bench
