// log(x / c) to its last digits: near c from the difference x - c, where a quotient would be rounded.
#pragma once
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

// log(x / c) = k log 2 + f - s (f - R), as in log, before it is joined.
template <class V>
struct ratio_parts {
  V k, f, s;
};

// r = 1 / c. With c 2^k near to x the difference x 2^-k - c is exact, so that f = x / (c 2^k) - 1 is better
// known than from the quotient. x, c and r are normal numbers, and so is their quotient.
template <class V>
THETAHAT_INLINE ratio_parts<V> split_ratio(V x, double c, double r) {
  const auto k = biased_exponent(x * r);
  const V f = (from_bits(to_bits(x) + (1023ULL << 52) - (k << 52)) - c) * r;
  return {exponent_value<V>(k), f, f / (f + 2.0)};
}

// Max error 2.5 ULP.
template <class V>
THETAHAT_INLINE V log_of_ratio(const ratio_parts<V>& p) {
  return p.k * (ln2_hi + ln2_lo) + (p.f - p.s * (p.f - log_rest(p.s * p.s)));
}

// By what power of two a number near an end of the doubles' range comes to its middle: 0, 600 or -600.
template <class V>
inline V power_to_middle(V x) {
  return select(x < 0x1p-500, splat<V>(600), select(x > 0x1p500, splat<V>(-600), V{}));
}
template <class V>
inline V in_middle(V x) {
  return x * select(x < 0x1p-500, splat<V>(0x1p600), select(x > 0x1p500, splat<V>(0x1p-600), splat<V>(1)));
}

// r = 1 / c, any x; the same bits, also where x and c lie near an end of the doubles' range. Where x is not
// positive and finite, or the quotient is 0 or infinite, the result is not finite.
template <class V>
THETAHAT_INLINE V log_ratio(V x, double c, double r) {
  const V u = x * r;
  const double middle = in_middle(c);
  ratio_parts<V> p = split_ratio(in_middle(x), middle, middle == c ? r : 1.0 / middle);
  p.k += power_to_middle(c) - power_to_middle(x);
  const V y = select(u > 0.0, log_of_ratio(p), splat<V>(-HUGE_VAL));
  return select(u < HUGE_VAL, y, u);
}

}  // namespace thetahat::THETAHAT_ISA
