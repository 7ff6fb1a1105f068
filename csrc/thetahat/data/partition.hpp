// Rows below a value, above another, and copies of those between: for the search of a median. Rows
// that are NaN are neither.
#pragma once
#include "thetahat/data/block.hpp"

namespace thetahat::THETAHAT_ISA {

template <bool weighted>
void partition_block(const block& b, thetahat_partition* s) {
  int64_t less = 0, more = 0, kept = s->between;
  double below = s->below, above = s->above;
  for (int64_t i = 0; i < b.n; ++i) {
    const double x = b.x[i];
    prefetch_ahead<1>(b.x + i);
    s->x[kept] = x;
    if constexpr (weighted) {
      const double w = b.w[i];
      s->weights[kept] = w;
      below += x < s->low ? w : 0.0;
      above += x > s->high ? w : 0.0;
      kept += (x >= s->low) & (x <= s->high) & (w > 0);
    } else {
      less += x < s->low;
      more += x > s->high;
      kept += (x >= s->low) & (x <= s->high);
    }
  }
  s->below = below + double(less);
  s->above = above + double(more);
  s->between = kept;
}

inline void partition(const block* b, thetahat_partition* s) {
  b->w ? partition_block<true>(*b, s) : partition_block<false>(*b, s);
}

}  // namespace thetahat::THETAHAT_ISA
