// The accumulator of positive rows: their moments, and the gap log(mean) - mean(log) as the sum of
// phi(d) = d - log(1 + d) >= 0, d = (x - mean) / mean. Nothing cancels, at mean/sd = 1e10 as at 1.
#pragma once
#include "thetahat/engine/moments.hpp"
#include "thetahat/engine/terms.hpp"

namespace thetahat::THETAHAT_ISA {

// phi(d) = d - log(1 + d), given log(1 + d) as well, which knows more where d is near -1. Where d is small,
// by the series that log itself is made of, d^2/2 - ..., its leading term d gone.
template <class V>
inline V phi(V d, V log_1d) {
  V h = 0.5 * d * d, s = d / (d + 2.0), near = h - s * (h + log_rest(s * s));
  return select(abs(d) < 0.25, near, d - log_1d);
}

struct log_gap : moments {
  double_double phi_sum;  // sum w phi(d)

  bool finite() const { return moments::finite() && phi_sum.hi - phi_sum.hi == 0; }
};

// About the mean m of both, sum w phi(d) of one is larger by n phi((its mean - m) / m).
inline double_double phi_about(const log_gap& a, const moments& both) {
  if (a.n == 0) return {0.0, 0.0};
  const double_double mean = in_units(a, both.exponent).mean;
  return a.phi_sum + a.n * phi((mean - both.mean).hi / both.mean.hi, log(mean.hi / both.mean.hi));
}

inline log_gap merge(const log_gap& a, const log_gap& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  const moments both = merge(static_cast<const moments&>(a), static_cast<const moments&>(b));
  return {both, phi_about(a, both) + phi_about(b, both)};
}

constexpr double small_row = 0x1p-500;  // rows from here on, over a mean below 2^500, are normal numbers

inline bool none_small(const block& b) {
  return !any_sign(b.x, b.n, [](auto bits) { return bits | (bits - to_bits(small_row)); });
}

inline bool positive(const block& b) {
  bool good = true;
  for (int64_t i = 0; i < b.n; ++i) good &= b.x[i] > 0;
  return good;
}

// Terms for sum_terms: phi of each row; or the product of rows.
template <bool small>
struct phi_terms {
  double mean, inverse;
  void terms(vec x, vec* t, vec*) const {
    vec y = x * inverse;
    t[0] = phi((x - mean) * inverse, small ? log(y) : log_normal_range(y));
  }
};
struct product_terms {
  void terms(vec x, vec* t, vec* u) const {
    t[0] = x - x;
    u[0] = x;
  }
};

// sum phi(d) = sum d - log(prod x / mean^n), which costs no logarithm of a row. Where rows lie close to their
// mean this would cancel.
inline double phi_from_product(const moments& m, const block& b) {
  const log_product p = sum_terms<1, 1>(product_terms{}, b).product[0];
  int k;
  double fraction = frexp(m.mean.hi, &k);
  double far = p.exponent - m.n * k;  // exact
  return m.n * (m.mean.lo / m.mean.hi) + (m.n * log(fraction) - log_normal_range(p.mantissa)) - far * ln2_hi -
         far * ln2_lo;
}

template <bool small>
inline double phi_from_rows(double mean, const block& b) {
  return sum_terms<1, 0>(phi_terms<small>{mean, 1.0 / mean}, b).sum[0].hi;
}

inline log_gap block_log_gap(const block& b) {
  const bool usual = none_small(b);
  if (!usual && !positive(b)) return {{NAN, {}, {}, 0.0}, {}};
  const moments m = block_moments(b);
  const double mean = m.mean.hi;
  double room[block_rows], sum;
  if (!usual || m.exponent != 0)
    sum = phi_from_rows<true>(mean, in_units(b, m.exponent, room));
  else if (m.gap.hi > m.n * mean * mean / 16 && !b.w)
    sum = phi_from_product(m, b);
  else
    sum = phi_from_rows<false>(mean, b);
  return {m, {sum, 0.0}};
}

}  // namespace thetahat::THETAHAT_ISA
