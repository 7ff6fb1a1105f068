// The median of weighted rows in memory.
#pragma once
#include <vector>
#include "thetahat/data/block.hpp"

namespace thetahat::THETAHAT_ISA {

// By ranks among copies of all rows that are not NaN: the bits of the median of any sample.
class median_search {
 public:
  double median;
  bool found;  // false where no row counts

  void begin(const block& rows);
  // Goes on for a slice; whether more is left.
  bool go_on(const block& rows);

 private:
  int64_t next;  // row
  thetahat_partition part;
  std::vector<double> x, w;
};

}  // namespace thetahat::THETAHAT_ISA
