// exp and log of our own: the C library's change their bits with the processor.
#pragma once
#include <math.h>
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr double ln2_hi = 0x1.62e42fee00000p-1, ln2_lo = 0x1.a39ef35793c76p-33;  // k * ln2_hi is exact
constexpr double half_log_2pi = 0.9189385332046728;

// log x = high - (tail - f), its small parts apart so that a correction can join them before they are
// rounded.
template <class V>
struct log_parts {
  V high, f, tail;
};

// R(z) = z (2/3 + 2/5 z + ...), z = s^2, minimax: log(1 + f) = f - s (f - R), s = f / (2 + f).
template <class V>
THETAHAT_INLINE V log_rest_over_z(V z) {
  V z2 = z * z;
  V odd = (0.14616585424888623 * z2 + 0.18182889455674947) * z2 + 0.2857142862600327;
  V even = (0.15331710618210773 * z2 + 0.22222211130259878) * z2 + 0.39999999999899444;
  return 0.666666666666667 + z * (even + z * odd);
}
template <class V>
THETAHAT_INLINE V log_rest(V z) {
  return z * log_rest_over_z(z);
}

// k + 1023 of a positive normal finite x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), and k of this.
template <class V>
THETAHAT_INLINE auto biased_exponent(V x) {
  return (to_bits(x) - 0x3fe6a09e667f3bcdULL + (1023ULL << 52)) >> 52;
}
template <class V, class B>
THETAHAT_INLINE V exponent_value(B biased) {
  return from_bits(biased | (1075ULL << 52)) - (0x1p52 + 1023.0);
}

template <class V>
struct log_reduced {
  V k, f;
};
template <class V>
THETAHAT_INLINE log_reduced<V> log_reduce(V x) {
  const auto k = biased_exponent(x);
  return {exponent_value<V>(k), from_bits(to_bits(x) - (k << 52) + (1023ULL << 52)) - 1.0};
}

// Inline always: in the loop of a pass, a call would send all registers through memory.
template <class V>
THETAHAT_INLINE log_parts<V> log_split(V k, V f) {
  V s = f / (f + 2.0);
  return {k * ln2_hi, f, s * (f - log_rest(s * s)) - k * ln2_lo};
}

// log(2^k (1 + f)), k and f as above.
template <class V>
THETAHAT_INLINE V log_joined(V k, V f) {
  const log_parts<V> p = log_split(k, f);
  return p.high - (p.tail - p.f);
}

// Positive normal finite x; max error 1 ULP.
template <class V>
THETAHAT_INLINE V log_normal_range(V x) {
  const log_reduced<V> at = log_reduce(x);
  return log_joined(at.k, at.f);
}

// NaN, with the bits that the processor gives an invalid operation; for x that is negative or NaN.
template <class V>
inline V not_a_number(V x) {
  return (x - x) * HUGE_VAL;
}

// y = log x for positive finite x, and what the logarithm of the others is.
template <class V>
inline V log_limits(V x, V y) {
  y = select(x < HUGE_VAL, y, x + x);
  y = select(x == 0.0, splat<V>(-HUGE_VAL), y);
  return select(x < 0.0, not_a_number(x), y);
}

// Max error 1 ULP.
template <class V>
inline V log(V x) {
  const auto subnormal = x < 0x1p-1022;
  V y = log_normal_range(select(subnormal, x * 0x1p54, x));
  return log_limits(x, y - select(subnormal, splat<V>(54 * (ln2_hi + ln2_lo)), V{}));
}

// log(1 + x); max error 1 ULP. With u = 1 + x rounded and c what the rounding left of it,
// log(1 + x) = log u + c / u + O(c^2 / u^2).
template <class V>
inline V log1p(V x) {
  V u = 1.0 + x, t = u - 1.0, c = (1.0 - (u - t)) + (x - t);
  const log_reduced<V> at = log_reduce(u);
  const log_parts<V> p = log_split(at.k, at.f);
  V y = p.high - ((p.tail - c / u) - p.f);
  return select(x == 0.0, x, log_limits(u, y));  // -0 is its own logarithm
}

// 2^k m in two steps, since 2^k may not be a double; k in the low bits, those above it zero or a borrow.
template <class V, class B>
inline V times_power(V m, B k) {
  k += 2046;  // twice the bias of an exponent
  const B half = k >> 1;
  return m * from_bits(half << 52) * from_bits((k - half) << 52);
}

// x, or the nearer of two bounds; NaN stays.
template <class V>
inline V clamp(V x, double low, double high) {
  x = select(x < low, splat<V>(low), x);
  return select(x > high, splat<V>(high), x);
}

// The bits of 2^(i/16), less i << 48: with (16 k + i) << 48 added they are those of 2^(k + i/16).
alignas(64) constexpr uint64_t sixteenths[] = {
    0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
    0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429,
    0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
    0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da};

// Their entry by the low four bits of i.
inline uint64_t sixteenth(uint64_t i) { return sixteenths[i & 15]; }
#if THETAHAT_WIDTH == 8
inline vec_bits sixteenth(vec_bits i) {
  const __m512i low = _mm512_load_si512(sixteenths), high = _mm512_load_si512(sixteenths + 8);
  return (vec_bits)_mm512_permutex2var_epi64(low, (__m512i)i, high);
}
#elif THETAHAT_WIDTH > 1
inline vec_bits sixteenth(vec_bits i) {  // four loads take no longer than a gather
  i &= 15;
  for (int l = 0; l < width; ++l) i[l] = sixteenths[i[l]];
  return i;
}
#endif

// x = n log(2) / 16 + r with |r| <= log(2) / 32, for |x| <= 746; n in the low bits. rest = exp(r) - 1.
template <class V>
struct exp_reduced {
  decltype(to_bits(V{})) n;
  V rest;
};
template <class V>
THETAHAT_INLINE exp_reduced<V> exp_reduce(V x) {
  constexpr double shift = 0x1.8p52;
  V t = x * 0x1.71547652b82fep4 + shift, n = t - shift;
  V r = (x - n * (ln2_hi / 16)) - n * (ln2_lo / 16), r2 = r * r;
  V p01 = 0.5 + r * 0x1.55555554dcc9bp-3, p23 = 0x1.55555555190f9p-5 + r * 0x1.11120b77051e7p-7;
  return {to_bits(t), r + r2 * (p01 + r2 * (p23 + r2 * 0x1.6c17bbd1f560ap-10))};
}

// Max error 1.3 ULP. Beyond the bounds of the clamp the result is 0 or infinity as it is at them; NaN goes
// through every step as it is.
template <class V>
inline V exp(V x) {
  const auto e = exp_reduce(clamp(x, -746, 710));
  const V s = from_bits(sixteenth(e.n) + ((e.n & 15) << 48));
  return times_power(s + s * e.rest, e.n >> 4);
}

// -708 <= x <= 709: the bits of exp(x), at less cost.
template <class V>
THETAHAT_INLINE V exp_in_range(V x) {
  const auto e = exp_reduce(x);
  const V s = from_bits(sixteenth(e.n) + (e.n << 48));
  return s + s * e.rest;
}

// exp(x) for sums of it: 3e-308 where it is smaller, infinity beyond 709; not for NaN.
template <class V>
THETAHAT_INLINE V exp_for_sums(V x) {
  const V y = exp_in_range(at_least(x, -708.0));
  return select(x < 709.0, y, splat<V>(HUGE_VAL));
}

// x = k log 2 + r with |r| <= log(2) / 2, for |x| <= 746; t holds k in its low bits.
template <class V>
struct expm1_reduced {
  V t, k, r, rounding;  // of r
};
template <class V>
THETAHAT_INLINE expm1_reduced<V> expm1_reduce(V x) {
  constexpr double shift = 0x1.8p52;
  V t = x * 1.4426950408889634 + shift, k = t - shift, most = x - k * ln2_hi, r = most - k * ln2_lo;
  return {t, k, r, (most - r) - k * ln2_lo};
}

// P of exp(r) = 1 + r + r^2 P(r), for |r| <= log(2) / 2.
template <class V>
inline V expm1_polynomial(V r, V r2) {
  V r4 = r2 * r2;
  V p01 = 0.5 + r * 0.1666666666666667, p23 = 0.04166666666666667 + r * 0.008333333333326141;
  V p45 = 0.0013888888888883752 + r * 0.00019841269874800493;
  V p67 = 2.4801587325533363e-05 + r * 2.7557255425746198e-06;
  V p89 = 2.755727366134847e-07 + r * 2.510520637405601e-08;
  V high = p89 + r2 * 2.0914679376654634e-09;
  return (p01 + r2 * p23) + r4 * ((p45 + r2 * p67) + r4 * high);
}

// exp(x) - 1 = 2^k ((1 - 2^-k) + r + r^2 P(r)), the first two added without loss; max error 1.3 ULP.
// From k = 64 on 2^-k is nothing beside 1, and from -58 on down 1 is nothing beside it.
template <class V>
inline V expm1(V x) {
  const auto e = expm1_reduce(clamp(x, -40, 710));
  V k = select(e.k > 64.0, splat<V>(64), e.k) + 0x1.8p52;
  V one = 1.0 - from_bits((1023ULL << 52) - (to_bits(k) << 52));
  V sum = one + e.r, low = e.r - (sum - one), r2 = e.r * e.r;
  V y = times_power(sum + (low + (e.rounding + r2 * expm1_polynomial(e.r, r2))), to_bits(e.t));
  return select(abs(x) > 0.0, y, x);  // -0, and NaN
}

}  // namespace thetahat::THETAHAT_ISA
