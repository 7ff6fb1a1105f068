// The accumulator of angles: weight, mean direction m, and gap = sum w (1 - cos(x - m)), which is n less the
// length of the sum of their unit vectors. Every term of a merge is positive, so nothing cancels, and angles
// that lie close together keep their digits.
#pragma once
#include "thetahat/sums/terms.hpp"
#include "thetahat/math/trig.hpp"

namespace thetahat::THETAHAT_ISA {

struct directions {
  double n;            // the sum of the weights
  double_double mean;  // in radians, near the rows, whole turns included
  double_double gap;

  bool finite() const { return n - n == 0 && mean.hi - mean.hi == 0 && gap.hi - gap.hi == 0; }
  double length() const { return n > gap.hi ? n - gap.hi - gap.lo : 0.0; }
};

// sin and cos of half an angle hi + lo, lo a rounding error: with them, sin = 2 s c and 1 - cos = 2 s^2 keep
// their digits where the angle is small.
template <class V>
struct half_angle {
  V s, c;

  half_angle(V sine, V cosine, V low) : s(sine + cosine * low), c(cosine - sine * low) {}
  V sin() const { return 2.0 * s * c; }
  V one_less_cos() const { return 2.0 * s * s; }
};

// near: |hi| is at most 2 near_limit.
template <bool near = false, class V>
THETAHAT_INLINE half_angle<V> half_angle_of(V hi, V lo) {
  V s, c;
  if constexpr (near)
    sincos_near(0.5 * hi, s, c);
  else
    sincos(0.5 * hi, s, c);
  return {s, c, 0.5 * lo};
}

// Of x - centre. near: |x| and |centre| are at most near_limit.
template <bool near = false, class V>
THETAHAT_INLINE half_angle<V> half_angle_from(V x, double centre) {
  const V turned = near ? x : less_far_turns(x), d = turned - centre, back = d - turned;
  return half_angle_of<near>(d, (turned - (d - back)) - (centre + back));
}
inline half_angle<double> half_angle_from(double_double x, double centre) {
  const double_double d = x + -centre;
  return half_angle_of(d.hi, d.lo);
}

// Terms for sum_terms: sin(x - pivot) and 1 - cos(x - pivot).
template <bool near>
struct direction_terms {
  double pivot;
  THETAHAT_INLINE void terms(vec x, vec* t, vec*) const {
    const half_angle<vec> half = half_angle_from<near>(x, pivot);
    t[0] = half.sin();
    t[1] = half.one_less_cos();
  }
};

inline term_sums<2, 0> sum_directions(double pivot, const block& b, bool near) {
  if (near) return sum_terms<2, 0>(direction_terms<true>{pivot}, b);
  return sum_terms<2, 0>(direction_terms<false>{pivot}, b);
}

inline bool none_far(const block& b) {
  return !any_sign(b.x, b.n, [](auto bits) { return to_bits(near_limit) - (bits << 1 >> 1); });
}

// With means S of sin and V of 1 - cos, the unit vectors' mean is (1 - V, S) in the coordinates of the pivot,
// and its length lacks 1 - R = (V (2 - V) - S^2) / (1 + R) of 1. Where this cancels, the pivot lies far from
// the mean beside the angles' spread: then the sums are taken once more, from the mean just found.
inline directions block_directions(const block& b) {
  const bool near = none_far(b);
  double pivot = less_far_turns(b.x[0]);
  for (int again = 0;; ++again) {
    const term_sums<2, 0> sums = sum_directions(pivot, b, near);
    const double n = sums.n, S = sums.sum[0].hi / n, V = sums.sum[1].hi / n, C = 1 - V;
    const double far = atan2(S, C), gap = V * (2 - V) - S * S, length = sqrt(C * C + S * S);
    if (again == 1 || !(gap < 0.25 * V))
      return {n, two_sum(pivot, far), {gap > 0 ? n * gap / (1 + length) : n * (V - V), 0.0}};
    pivot += far;
  }
}

// Lengths a and b at an angle d add up to R, which lacks a + b - R = 4 a b sin(d/2)^2 / (a + b + R) of both.
inline directions merge(const directions& a, const directions& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  const double n = a.n + b.n, of_a = a.length() / n, of_b = b.length() / n;
  const double_double d = b.mean - a.mean;
  const half_angle<double> half = half_angle_of(d.hi, d.lo);
  const double S = of_b * half.sin(), C = of_a + of_b * (1 - half.one_less_cos()), R = sqrt(C * C + S * S);
  const double shortened = R > 0 ? 2 * of_a / (of_a + of_b + R) * (of_b * half.one_less_cos()) : of_a + of_b;
  return {n, a.mean + atan2(S, C), a.gap + b.gap + n * shortened};
}

}  // namespace thetahat::THETAHAT_ISA
