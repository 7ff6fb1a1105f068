// log(x / c) to its last digits: near c from the difference x - c, where a quotient would have lost them.
#pragma once
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

// Max error 2.5 ULP for quotients that are normal numbers, r = 1 / c. Where x is not positive and finite, or
// the quotient is 0 or infinite, the result is not finite.
template <class V>
THETAHAT_INLINE V log_ratio(V x, double c, double r) {
  V d = (x - c) * r;
  const auto near = abs(d) < 0.5;
  V u = select(near, 1.0 + d, x * r), lost = select(near, d - (u - 1.0), V{});
  const auto tiny = u < 0x1p-1022;
  const log_parts<V> p = log_split(select(tiny, u * 0x1p54, u));
  V y = p.high - ((p.tail - lost * (1.0 - d)) - p.f);  // lost / u to all the digits that count
  y = select(tiny, y - 54 * (ln2_hi + ln2_lo), y);
  y = select(u > 0.0, y, splat<V>(-HUGE_VAL));
  return select(u < HUGE_VAL, y, u);
}

}  // namespace thetahat::THETAHAT_ISA
