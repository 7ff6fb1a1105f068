// log x to the digits of a double_double: for constants, and for the pivots that sums are taken around.
#pragma once
#include <math.h>
#include "thetahat/math/double_double.hpp"

namespace thetahat::THETAHAT_ISA {

// 1 + z/3 + z^2/5 + ... = atanh(s) / s for z = s^2 < 0.03. From z^8 on, a double's digits are enough.
constexpr double_double atanh_series(double_double z) {
  double tail = 0.0;
  for (int k = 22; k >= 8; --k) tail = tail * z.hi + 1.0 / (2 * k + 1);
  double_double sum = {tail, 0.0};
  for (int k = 7; k >= 0; --k) {
    const double odd = 2 * k + 1, inverse = 1.0 / odd;
    const double_double one = two_product(inverse, odd);
    sum = sum * z + double_double{inverse, ((1.0 - one.hi) - one.lo) / odd};
  }
  return sum;
}

// log(f 2^exponent) for 0.7 < f < 1.42: log f = 2 atanh(s) with s = (f - 1) / (f + 1).
constexpr double_double log_double_double(double f, int exponent) {
  constexpr double_double log_2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
  const double_double below = two_sum(f, 1.0);
  const double above = f - 1.0, s = above / below.hi;
  const double_double product = two_product(s, below.hi);
  const double_double ratio = two_sum(s, (((above - product.hi) - product.lo) - s * below.lo) / below.hi);
  return log_2 * exponent + ratio * atanh_series(ratio * ratio) * 2.0;
}

// Positive finite x.
inline double_double log_double_double(double x) {
  int exponent;
  double f = frexp(x, &exponent);
  return f < 0.7072 ? log_double_double(2 * f, exponent - 1) : log_double_double(f, exponent);
}

}  // namespace thetahat::THETAHAT_ISA
