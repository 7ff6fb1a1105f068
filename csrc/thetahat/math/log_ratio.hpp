// log(x / c) to its last digits: near c from the difference x - c, where a quotient would be rounded.
#pragma once
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

// log(x / c) = k log 2 + f - s (f - R), as in log, before it is joined.
template <class V>
struct ratio_parts {
  V k_log_2, f, s;
};

// r = 1 / c. With c 2^k near to x the difference x 2^-k - c is exact, so that f = x / (c 2^k) - 1 is better
// known than from the quotient. x, c and r are normal numbers, and so is their quotient.
template <class V>
THETAHAT_INLINE ratio_parts<V> split_ratio(V x, double c, double r) {
  const auto k = biased_exponent(x * r);
  const V f = (from_bits(to_bits(x) + (1023ULL << 52) - (k << 52)) - c) * r;
  return {exponent_value<V>(k) * (ln2_hi + ln2_lo), f, f / (f + 2.0)};
}

// Max error 2.5 ULP.
template <class V>
THETAHAT_INLINE V log_of_ratio(const ratio_parts<V>& p) {
  return p.k_log_2 + (p.f - p.s * (p.f - log_rest(p.s * p.s)));
}

// r = 1 / c, any x. Where it is not positive and finite, or the quotient is 0 or infinite, the result is not
// finite.
template <class V>
THETAHAT_INLINE V log_ratio(V x, double c, double r) {
  V u = x * r;
  const auto tiny = u < 0x1p-1022;
  const log_reduced<V> at = log_reduce(select(tiny, u * 0x1p54, u));
  V y = log_joined(at.k, select(at.k == 0.0, (x - c) * r, at.f));
  y = select(tiny, y - 54 * (ln2_hi + ln2_lo), y);
  y = select(u > 0.0, y, splat<V>(-HUGE_VAL));
  return select(u < HUGE_VAL, y, u);
}

}  // namespace thetahat::THETAHAT_ISA
