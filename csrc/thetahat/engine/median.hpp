// The median of weighted rows.
#pragma once
#include <vector>
#include "thetahat/data/block.hpp"

namespace thetahat::THETAHAT_ISA {

// The median of rows without NaN, in an interval that some of them give where there are many.
class median_search {
 public:
  double median;
  int passes;
  bool found;  // false where no row counts

  void begin(const block& rows);
  // Goes on for a slice; whether more is left.
  bool go_on(const block& rows);

 private:
  double low, high;  // the interval
  int64_t next;      // row of the pass
  thetahat_partition part;
  std::vector<double> x, w;  // the rows between

  void begin_pass();
  void read(const block& rows);
};

}  // namespace thetahat::THETAHAT_ISA
