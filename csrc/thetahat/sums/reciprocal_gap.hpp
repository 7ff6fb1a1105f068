// The accumulator of positive rows: their moments and product, and the gap mean(1/x) - 1/mean as the sum of
// psi(d) = 1/(1 + d) - 1 + d = d^2 / (1 + d) >= 0, d = (x - mean) / mean. Nothing cancels, at mean/sd = 1e10
// as at 1.
#pragma once
#include "thetahat/sums/row_product.hpp"

namespace thetahat::THETAHAT_ISA {

struct reciprocal_gap : positive_moments {
  double_double psi_sum;  // sum w psi(d)

  bool finite() const { return moments::finite() && psi_sum.hi - psi_sum.hi == 0; }
};

// About the mean of both, 1 + d times its own, the sum of one is (1 + d) sum w psi + n d^2 / (1 + d).
inline double_double psi_about(const reciprocal_gap& a, const moments& both) {
  const double_double mean = in_units(a, both.exponent).mean;
  const double shift = (both.mean - mean).hi, d = shift / mean.hi, change = a.n * d * (shift / both.mean.hi);
  if (fabs(d) < 0.5) return a.psi_sum + (a.psi_sum.hi * d + change);
  return a.psi_sum * (both.mean.hi / mean.hi) + change;
}

inline reciprocal_gap merge(const reciprocal_gap& a, const reciprocal_gap& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  const positive_moments both =
      merge(static_cast<const positive_moments&>(a), static_cast<const positive_moments&>(b));
  return {both, psi_about(a, both) + psi_about(b, both)};
}

// For sum_terms: psi of each row.
struct psi_terms {
  double mean, inverse;
  THETAHAT_INLINE void terms(vec x, vec* t, vec*) const {
    vec shift = x - mean;
    t[0] = shift * inverse * (shift / x);
  }
};

// The sum is taken about c = mean.hi, and shifted from there to the mean, c (1 + e).
inline reciprocal_gap block_reciprocal_gap(const block& b) {
  const positive_moments m = block_positive_moments(b);
  if (!m.finite()) return {m, {}};
  double room[block_rows];
  const double mean = m.mean.hi, e = m.mean.lo / mean;
  const double sum = sum_terms<1, 0>(psi_terms{mean, 1.0 / mean}, in_units(b, m.exponent, room)).sum[0].hi;
  return {m, {sum + (e * sum - m.n * e * e), 0.0}};
}

}  // namespace thetahat::THETAHAT_ISA
