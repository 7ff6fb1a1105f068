// log(x / c) of a block's rows.
#pragma once
#include "thetahat/data/block.hpp"
#include "thetahat/math/log_ratio.hpp"

namespace thetahat::THETAHAT_ISA {

// Sign bit clear: a normal number between 2^-500 and 2^500. Quotients of such are normal numbers.
template <class B>
inline B unless_middling(B bits) {
  return bits | (bits - to_bits(0x1p-500)) | (to_bits(0x1p500) - bits);
}

// r = 1 / c; room for a block in `out`. False where c or some row is not middling: then what is written is
// nothing.
THETAHAT_NOINLINE inline bool middling_log_ratios(const block& b, double c, double r, double* out) {
  vec_bits some = unless_middling(to_bits(broadcast(c)));
  int64_t i = 0;
  for (; i + width <= b.n; i += width) {
    const vec x = load(b.x + i);
    prefetch_ahead<1>(b.x + i);
    some |= unless_middling(to_bits(x));
    store(out + i, log_of_ratio(x, c, r));
  }
  if (i < b.n) {
    const vec x = load_first(b.x + i, b.n - i, c);
    some |= unless_middling(to_bits(x));
    store(out + i, log_of_ratio(x, c, r));
  }
  return !sign_of_any(some);
}

// Any rows; those that are not positive and finite give what is not finite.
THETAHAT_NOINLINE inline void log_ratios(const block& b, double c, double r, double* out) {
  if (middling_log_ratios(b, c, r, out)) return;
  for (int64_t i = 0; i < b.n; i += width) store(out + i, log_ratio(load_first(b.x + i, b.n - i, c), c, r));
}

}  // namespace thetahat::THETAHAT_ISA
