// log(x / c) to its last digits: near c from the difference x - c, where a quotient would have lost them.
#pragma once
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

// Max error 2.5 ULP for quotients that are normal numbers, r = 1 / c. Where x is not positive and finite, or
// the quotient is 0 or infinite, the result is not finite.
template <class V>
inline V log_ratio(V x, double c, double r) {
  V d = (x - c) * r, y = x * r;
  const auto near = abs(d) < 0.5;
  V u = select(near, 1.0 + d, y), lost = select(near, d - (u - 1.0), V{});
  const log_parts<V> p = log_split(u);
  V q = p.high - ((p.tail - lost * (1.0 - d)) - p.f);  // lost / u to all the digits that count
  if (any(!(u >= 0x1p-1022)) || any(!(u < HUGE_VAL))) return select(u >= 0x1p-1022, log_limits(u, q), log(u));
  return q;
}

}  // namespace thetahat::THETAHAT_ISA
