// The median of weighted rows, slice by slice.
#pragma once
#include <vector>
#include "thetahat/data/rows.hpp"

namespace thetahat::THETAHAT_ISA {

// Passes beside an interval that a pilot gives, and over the buckets of where the median must be, until the
// two rows in the middle are known.
class median_search {
 public:
  double median;
  int passes;
  bool found;  // false where the weight of all rows is not positive and finite
  bool empty;  // where it is 0

  void begin(const thetahat_rows& rows);
  // Goes on for a slice; whether more is left.
  bool go_on(const thetahat_rows& rows, int threads);

 private:
  bool ranking;
  int n_known;  // of the two rows
  double known[2], low, high;
  int64_t next, room;
  thetahat_partition part;
  std::vector<double> x, w;
  std::vector<thetahat_ranks> ranks;  // one, where it is needed

  void begin_pass(const thetahat_rows& rows, bool ranks);
  void end_ranks(const thetahat_rows& rows);
  bool end_partition(const thetahat_rows& rows);
};

}  // namespace thetahat::THETAHAT_ISA
