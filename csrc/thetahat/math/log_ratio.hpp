// log(x / c) to its last digits: near c from the difference x - c, where a quotient would be rounded.
#pragma once
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

// Of quotients u = x r that are normal numbers, r = 1 / c; max error 4.3 ULP. Where u = 1 + f, with no power
// of 2, f is known better than from u.
template <class V>
THETAHAT_INLINE V log_of_ratio(V x, double c, double r, V u) {
  const log_reduced<V> at = log_reduce(u);
  return log_joined(at.k, select(at.k == 0.0, (x - c) * r, at.f));
}

// The same, r = 1 / c. Where x is not positive and finite, or the quotient is 0 or infinite, the result is
// not finite.
template <class V>
THETAHAT_INLINE V log_ratio(V x, double c, double r) {
  V u = x * r;
  const auto tiny = u < 0x1p-1022;
  V y = log_of_ratio(x, c, r, select(tiny, u * 0x1p54, u));
  y = select(tiny, y - 54 * (ln2_hi + ln2_lo), y);
  y = select(u > 0.0, y, splat<V>(-HUGE_VAL));
  return select(u < HUGE_VAL, y, u);
}

}  // namespace thetahat::THETAHAT_ISA
