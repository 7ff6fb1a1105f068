// A number held as the unevaluated sum hi + lo, |lo| <= ulp(hi) / 2: about 32 digits where 16 are too few.
// Error-free transformations of Knuth (sum) and Dekker (product), without fused multiply-add so that every
// instruction set gives the same bits. Arguments of a product stay below 2^990.
#pragma once
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

struct double_double {
  double hi, lo;
};

constexpr double_double two_sum(double a, double b) {
  double s = a + b, t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}

constexpr double_double two_product(double a, double b) {
  constexpr double split = 134217729.0;  // 2^27 + 1
  double p = a * b, ca = split * a, cb = split * b;
  double ah = ca - (ca - a), al = a - ah, bh = cb - (cb - b), bl = b - bh;
  return {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

// Sums, and what their rounding has lost: of doubles, or lane by lane.
template <class V>
struct compensated {
  V sum, lost;
};
template <class V>
THETAHAT_INLINE compensated<V> operator+(compensated<V> a, compensated<V> b) {
  const V sum = a.sum + b.sum, t = sum - a.sum;
  return {sum, a.lost + (b.lost + ((a.sum - (sum - t)) + (b.sum - t)))};
}
template <class V>
THETAHAT_INLINE auto split(compensated<V> a) {
  const auto sum = split(a.sum), lost = split(a.lost);
  using half = compensated<decltype(sum.low)>;
  return halves<half>{{sum.low, lost.low}, {sum.high, lost.high}};
}
template <>
constexpr bool is_single<compensated<double>> = true;

constexpr double_double operator+(double_double a, double b) {
  double_double s = two_sum(a.hi, b);
  return two_sum(s.hi, s.lo + a.lo);
}

constexpr double_double operator+(double_double a, double_double b) {
  double_double s = two_sum(a.hi, b.hi);
  return two_sum(s.hi, s.lo + (a.lo + b.lo));
}

constexpr double_double operator-(double_double a, double_double b) {
  return a + double_double{-b.hi, -b.lo};
}

constexpr double_double operator*(double_double a, double b) {
  double_double p = two_product(a.hi, b);
  return two_sum(p.hi, p.lo + a.lo * b);
}

constexpr double_double operator*(double_double a, double_double b) { return a * b.hi + a.hi * b.lo; }

}  // namespace thetahat::THETAHAT_ISA
