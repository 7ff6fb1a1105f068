// sin and cos together, for every double; the angle of a point; angles less whole turns.
#pragma once
#include "thetahat/math/double_double.hpp"
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr double pi = 0x1.921fb54442d18p1, half_pi = 0x1.921fb54442d18p0, half_pi_low = 0x1.1a62633145c07p-54;

// x = n pi/2 + r + low, |r| <= pi/4; n is known modulo 4 by the low bits of `quarter`.
template <class V>
struct quarter_turn {
  V r, low;
  decltype(to_bits(V{})) quarter;
};

constexpr double near_limit = 0x1p17;  // up to here n has 17 bits

// |x| <= near_limit. pi/2 in three parts: n times the first or second, of 36 bits, is exact, and so is the
// first difference. r + low misses n 2^-128: at most 2^-60 of r, at the doubles nearest to a multiple of
// pi/2.
template <class V>
inline quarter_turn<V> reduce_near(V x) {
  constexpr double shift = 0x1.8p52, first = 0x1.921fb5444p0, second = 0x1.68c234c4cp-39,
                   third = 0x1.98a2e03707345p-77;
  V t = x * 0x1.45f306dc9c883p-1 + shift, n = t - shift;
  V a = x - n * first, b = n * second, s = a - b, back = s - a;
  V rest = n * third - ((a - (s - back)) - (b + back));  // less the rounding of a - b
  V r = s - rest;
  return {r, (s - r) - rest, to_bits(t)};
}

// The bits of 2/pi after two words of zeros: word i holds the weights 2^(63 - 32 i) down to 2^(32 - 32 i).
constexpr uint32_t two_over_pi[] = {
    0,          0,          0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041,
    0xfe5163ab, 0xdebbc561, 0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e,
    0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b,
    0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d,
    0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046};

constexpr int far_words = 7;

// p = m times the far_words words of w, the first of them the highest, modulo 2^(32 far_words); m < 2^53.
inline void multiply_words(uint64_t m, const uint32_t* w, uint32_t* p) {
  const uint64_t low = m & 0xffffffff, high = m >> 32;
  uint64_t carry = 0, before = 0;
  for (int i = far_words - 1; i >= 0; --i) {
    uint64_t a = low * w[i] + carry, b = high * before + (a & 0xffffffff);
    p[i] = uint32_t(b);
    carry = (a >> 32) + (b >> 32);
    before = w[i];
  }
}

// n + fraction + O(2^-138) = 2 |x| / pi modulo 4, |fraction| <= 1/2, after Payne and Hanek; near_limit < |x|.
// With |x| = m 2^e the words of 2/pi before the first used here add multiples of 4. The product m w counts
// units of 2^(shift - 222).
inline double_double two_over_pi_times(double x, uint64_t* n) {
  const uint64_t bits = to_bits(abs(x)), m = (bits & 0xfffffffffffffULL) | 1ULL << 52;
  const int e = int(bits >> 52) - 1075, first = (e + 62) / 32, shift = (e + 62) % 32;
  uint32_t p[far_words];
  multiply_words(m, two_over_pi + first, p);
  const auto word = [&](int i) { return uint32_t(((uint64_t(p[i]) << 32 | p[i + 1]) << shift) >> 32); };
  const uint32_t top = word(0), turns = (top + (1u << 29)) >> 30;
  *n = turns;
  double unit = 0x1p-30;
  double_double fraction = {int32_t(top - (turns << 30)) * unit, 0};
  for (int i = 1; i < 5; ++i) fraction = fraction + word(i) * (unit *= 0x1p-32);
  return fraction;
}

// near_limit < |x|; NaN for infinity.
inline quarter_turn<double> reduce_far(double x) {
  if (x - x != 0) return {x - x, x - x, 0};
  uint64_t n;
  const double_double f = two_over_pi_times(x, &n), p = two_product(f.hi, half_pi);
  const double_double r = two_sum(p.hi, p.lo + (f.hi * half_pi_low + f.lo * half_pi));
  if (x < 0) return {-r.hi, -r.lo, 0 - n};
  return {r.hi, r.lo, n};
}

// Replaces the lanes beyond near_limit, one by one.
template <class V>
THETAHAT_NOINLINE void reduce_far_lanes(const V& x, quarter_turn<V>& q) {
  constexpr int n = sizeof(V) / sizeof(double);
  double value[n], r[n], low[n];
  uint64_t quarter[n];
  memcpy(value, &x, sizeof value);
  memcpy(r, &q.r, sizeof r);
  memcpy(low, &q.low, sizeof low);
  memcpy(quarter, &q.quarter, sizeof quarter);
  for (int i = 0; i < n; ++i) {
    if (!(abs(value[i]) > near_limit)) continue;
    const quarter_turn<double> far = reduce_far(value[i]);
    r[i] = far.r, low[i] = far.low, quarter[i] = far.quarter;
  }
  memcpy(&q.r, r, sizeof r);
  memcpy(&q.low, low, sizeof low);
  memcpy(&q.quarter, quarter, sizeof quarter);
}

// sin(r + low) = r + r^3 S(r^2) + low cos r, for |r| <= pi/4.
template <class V>
inline V sin_polynomial(V r, V low, V z) {
  V z2 = z * z, a = -0.16666666666666666 + z * 0.008333333333330948;
  V b = -0.0001984126983675853 + z * 2.7557316102529747e-06;
  V c = -2.5051131840273872e-08 + z * 1.591812895410697e-10;
  return r + (r * z * (a + z2 * (b + z2 * c)) + low * (1.0 - 0.5 * z));
}

// cos(r + low) = 1 - r^2/2 + r^4 C(r^2) - low sin r, for |r| <= pi/4.
template <class V>
inline V cos_polynomial(V r, V low, V z) {
  V z2 = z * z, a = 0.041666666666666664 + z * -0.0013888888888887398;
  V b = 2.4801587298765662e-05 + z * -2.7557317271715595e-07;
  V c = 2.087614626544433e-09 + z * -1.1382632212345467e-11;
  V h = 0.5 * z, w = 1.0 - h;
  return w + (((1.0 - w) - h) + (z2 * (a + z2 * (b + z2 * c)) - r * low));
}

// s and c, the sine and the cosine of n pi/2 + r + low.
template <class V>
THETAHAT_INLINE void sincos_of(const quarter_turn<V>& q, V& s, V& c) {
  const V z = q.r * q.r;
  const auto sine = to_bits(sin_polynomial(q.r, q.low, z)), cosine = to_bits(cos_polynomial(q.r, q.low, z));
  const auto swap = (sine ^ cosine) & (0ULL - (q.quarter & 1));
  s = from_bits(sine ^ swap ^ ((q.quarter & 2) << 62));
  c = from_bits(cosine ^ swap ^ (((q.quarter + 1) & 2) << 62));
}

// s = sin x and c = cos x, |x| <= near_limit; max error 0.9 ULP. -0 is taken for 0.
template <class V>
THETAHAT_INLINE void sincos_near(V x, V& s, V& c) {
  sincos_of(reduce_near(x), s, c);
}

// The same for every x; NaN for infinity and NaN.
template <class V>
inline void sincos(V x, V& s, V& c) {
  quarter_turn<V> q = reduce_near(x);
  if (any(abs(x) > near_limit)) reduce_far_lanes(x, q);
  sincos_of(q, s, c);
  s = select(abs(x) > 0.0, s, x);  // -0, and NaN
  c = select(x == x, c, x);
}

// x itself up to near_limit, else the angle between -pi/2 and 3 pi/2 that lies whole turns from it.
template <class V>
inline V less_far_turns(V x) {
  if (!any(abs(x) > near_limit)) return x;
  quarter_turn<V> q = reduce_near(x);
  reduce_far_lanes(x, q);
  V k = from_bits((q.quarter & 3) | to_bits(splat<V>(0x1p52))) - 0x1p52;
  k = select(k > 2.0, k - 4.0, k);
  return select(abs(x) > near_limit, k * half_pi + (q.r + (q.low + k * half_pi_low)), x);
}

// The angle in (-pi, pi] that lies whole turns from x, |x.hi| <= 2^18.
inline double less_turns(double_double x) {
  const quarter_turn<double> q = reduce_near(x.hi);
  const double r = q.r + (q.low + x.lo);
  double k = double(q.quarter & 3);
  if (k == 3 || (k == 2 && r > 0)) k -= 4;
  return k * half_pi + (r + k * half_pi_low);
}

// atan t, |t| <= tan(pi/8); max error 0.8 ULP.
inline double atan_polynomial(double t) {
  constexpr double c[] = {-0.3333333333333333,  0.19999999999999804,  -0.14285714285659779,
                          0.11111111105150588,  -0.09090908753259112, 0.07692296368042296,
                          -0.0666642476020052,  0.05878927554473807,  -0.05230443640686948,
                          0.045515447340221615, -0.03456931506332609, 0.016284375050043393};
  const double z = t * t;
  double p = c[11];
  for (int i = 10; i >= 0; --i) p = p * z + c[i];
  return t + t * z * p;
}

// The angle in [-pi, pi] of the point (x, y), 0 for the origin, |x| and |y| up to 2^1022; max error 2 ULP.
// From a multiple of pi/4 it is the arc tangent of a quotient of at most tan(pi/8).
inline double atan2(double y, double x) {
  constexpr double tan_eighth = 0.41421356237309503;
  const double a = abs(y), b = abs(x), least = a > b ? b : a, most = a > b ? a : b;
  double multiple = 0.0, rest = 0.0;  // of pi/4
  if (least > tan_eighth * most)
    multiple = 1, rest = atan_polynomial((a - b) / (a + b));
  else if (a > b)
    multiple = 2, rest = -atan_polynomial(b / a);
  else if (!(most == 0))
    rest = atan_polynomial(a / b);
  if (x < 0) multiple = 4 - multiple, rest = -rest;
  const double angle = multiple * (half_pi / 2) + (multiple * (half_pi_low / 2) + rest);
  return y < 0 ? -angle : angle;
}

}  // namespace thetahat::THETAHAT_ISA
