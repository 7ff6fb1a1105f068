// The median of weighted rows.
#pragma once
#include <vector>
#include "thetahat/data/block.hpp"

namespace thetahat::THETAHAT_ISA {

struct median_search {
  double median;
  int passes;
  std::vector<double> x, w;  // room, for one search after another
};

// The median of rows without NaN, in an interval that some of them give where there are many. False where no
// row counts.
bool find_median(const block& rows, median_search& search);

}  // namespace thetahat::THETAHAT_ISA
