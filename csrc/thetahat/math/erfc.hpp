// The error function and what comes of it, by exp(x^2) erfc(x), which neither overflows nor underflows.
#pragma once
#include "thetahat/math/gamma.hpp"

namespace thetahat::THETAHAT_ISA {

// exp(x^2) erfc(x) for x >= 0, a polynomial in (x - 5/2) / (x + 5/2) over 1 + 2 x; max error 3 ULP.
template <class V>
inline V erfcx(V x) {
  constexpr double c[] = {
      1.2648381843668615,      -0.12235676308240419,   -0.09902453957360174,   0.15762991902320475,
      -0.10296705603856694,    0.03276089326912973,    0.0009318928169602172,  -0.004382078347539035,
      0.0004918658209601961,   0.0006321243999471835,  -8.847932151141922e-05, -0.00011352263330159166,
      6.2665110092098165e-06,  2.2700321802206237e-05, 2.6072091557707166e-06, -4.218714353172795e-06,
      -1.5815178660566477e-06, 5.270042406441144e-07,  5.28371839846574e-07,   3.482159184781541e-08,
      -1.2134319104781147e-07, -4.30492543026594e-08,  1.7067955250939923e-08, 1.1903099290545929e-08,
      -7.033879155467981e-10,  -1.368407099521755e-09, -1.1886056816914723e-10};
  return polynomial(c, (x - 2.5) / (x + 2.5)) / (1.0 + 2.0 * x);
}

// exp(-x^2), x^2 in two parts, the first without rounding.
template <class V>
inline V exp_minus_square(V x) {
  const V high = from_bits(to_bits(x) & (~0ULL << 27));
  return exp(-high * high) * exp(-(x - high) * (x + high));
}

template <class V>
inline V erfc(V x) {
  const V a = abs(x), far = select(a < 27.0, exp_minus_square(a) * erfcx(a), V{});
  const V y = select(x < 0.0, 2.0 - far, far);
  return select(x == x, y, x);
}

template <class V>
inline V erf(V x) {
  constexpr double c[] = {1.1283791670955126,     -0.3761263890318374,     0.11283791670954232,
                          -0.026866170644851698,  0.005223977620954202,    -0.000854832660274704,
                          0.00012055308361887965, -1.4924722967478408e-05, 1.6439582732072647e-06,
                          -1.602315136260448e-07, 1.1801680871864897e-08};
  const V a = clamp(abs(x), 0.0, 27.0), far = 1.0 - exp_minus_square(a) * erfcx(a);
  const V y = select(a < 0.7, x * polynomial(c, x * x), select(x < 0.0, -far, far));
  return select(x == x, y, x);
}

// erfcx(|u| / sqrt(2)), for infinite u too.
template <class V>
inline V erfcx_of_deviate(V u) {
  return erfcx(clamp(abs(u) * 0.7071067811865476, 0.0, 0x1p1000));
}

constexpr double two_over_root_2pi = 0.7978845608028654;

// The logarithm of the normal distribution function.
template <class V>
inline V log_ndtr(V u) {
  const V e = erfcx_of_deviate(u), below = log(0.5 * e) - 0.5 * (u * u);
  return select(u < 0.0, below, log1p(-0.5 * e * exp(-0.5 * (u * u))));
}

// The normal density over the distribution function.
template <class V>
inline V normal_hazard(V u) {
  const V e = erfcx_of_deviate(u), density = exp(-0.5 * (u * u));
  return select(u < 0.0, two_over_root_2pi / e,
                0.5 * two_over_root_2pi * density / (1.0 - 0.5 * e * density));
}

}  // namespace thetahat::THETAHAT_ISA
