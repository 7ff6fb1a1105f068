// exp and log of our own: the C library's change their bits with the processor.
#pragma once
#include <math.h>
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr double ln2_hi = 0x1.62e42fee00000p-1, ln2_lo = 0x1.a39ef35793c76p-33;  // k * ln2_hi is exact
constexpr double half_log_2pi = 0.9189385332046728;

// Positive normal finite x; max error 0.8 ULP.
// x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2); with s = f / (2 + f),
// log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + R(s^2)), R a minimax polynomial.
template <class V>
inline V log_normal_range(V x) {
  auto b = to_bits(x);
  auto k = (b - 0x3fe6a09e667f3bcdULL + (1023ULL << 52)) >> 52;  // k + 1023
  V dk = from_bits(k | (1075ULL << 52)) - (0x1p52 + 1023.0);
  V f = from_bits(b - (k << 52) + (1023ULL << 52)) - 1.0;
  V s = f / (f + 2.0), z = s * s, z2 = z * z;
  V odd = (0.14616585424888623 * z2 + 0.18182889455674947) * z2 + 0.2857142862600327;
  V even = (0.15331710618210773 * z2 + 0.22222211130259878) * z2 + 0.39999999999899444;
  V r = z * (0.666666666666667 + z * (even + z * odd));
  V h = 0.5 * f * f;
  return dk * ln2_hi - ((h - (s * (h + r) + dk * ln2_lo)) - f);
}

// exp(x) = 2^k m with x = k log 2 + r and m = 1 + r + r^2 P(r), for |x| <= 746; t holds k in its low bits.
template <class V>
inline V exp_mantissa(V x, V& t) {
  constexpr double shift = 0x1.8p52;
  t = x * 1.4426950408889634 + shift;
  V k = t - shift, r = (x - k * ln2_hi) - k * ln2_lo, r2 = r * r, r4 = r2 * r2;
  V p01 = 0.5 + r * 0.16666666666666669, p23 = 0.041666666666623824 + r * 0.008333333333330039;
  V p45 = 0.0013888888917367081 + r * 0.00019841269863171557;
  V p67 = 2.4801521057868204e-05 + r * 2.7557268276905696e-06;
  V p89 = 2.7620201591031547e-07 + r * 2.5100472505694996e-08;
  return 1.0 + (r + r2 * ((p01 + r2 * p23) + r4 * ((p45 + r2 * p67) + r4 * p89)));
}

// One value, the whole range and the special values.
inline double log(double x) {
  if (x >= 0x1p-1022 && x <= 0x1.fffffffffffffp1023) return log_normal_range(x);
  if (x > 0 && x < 0x1p-1022) return log_normal_range(x * 0x1p54) - 54 * (ln2_hi + ln2_lo);
  if (x == 0) return -HUGE_VAL;
  return x > 0 ? x : x - x == 0 ? 0.0 / (x - x) : x - x;
}

// Max error 1.1 ULP.
inline double exp(double x) {
  if (!(x > -746)) return x != x ? x : 0.0;
  if (x > 710) return HUGE_VAL;
  double t, m = exp_mantissa(x, t);
  uint64_t k = to_bits(t) - to_bits(0x1.8p52), half = (k + 2048) / 2 - 1024;  // 2^k may not be a double
  return m * from_bits((half + 1023) << 52) * from_bits((k - half + 1023) << 52);
}

}  // namespace thetahat::THETAHAT_ISA
