// Rows below a value, above another, and copies of those between: where a median is looked for. Rows that are
// NaN are neither.
#pragma once
#include "thetahat/engine/blocks.hpp"

namespace thetahat::THETAHAT_ISA {

template <bool weighted>
void split_block(const block& b, thetahat_split* s) {
  int64_t less = 0, more = 0, kept = s->between;
  double below = s->below, above = s->above;
  for (int64_t i = 0; i < b.n; ++i) {
    const double x = b.x[i];
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

inline void split(const thetahat_rows* r, int64_t first, int64_t n, thetahat_split* s) {
  aligned_buffers room;
  s->between = 0;
  for (int64_t start = first; start < first + n; start += block_rows) {
    int64_t size = first + n - start < block_rows ? first + n - start : block_rows;
    const block b = load_counted(*r, start, size, room);
    b.w ? split_block<true>(b, s) : split_block<false>(b, s);
  }
}

}  // namespace thetahat::THETAHAT_ISA
