// The median of weighted rows, from those that lie between two values.
#pragma once
#include <vector>
#include "thetahat/data/block.hpp"

namespace thetahat::THETAHAT_ISA {

struct median_search {
  double median;
  int passes;
};

// Rows between two values, their weights (none: each counts once), and the weights of those outside.
struct rows_between {
  double below, above;
  std::vector<double> x, w;
};

// The median of all rows, if it lies between; the rows may be reordered.
bool median_between(rows_between& rows, double* median);

// The median of rows that are numbers or infinite, by an interval that some rows give where there are many.
// False where no row counts.
bool find_median(const block& rows, rows_between& room, median_search& found);

}  // namespace thetahat::THETAHAT_ISA
