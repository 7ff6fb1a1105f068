// The accumulator of rows between 0 and 1: the log_gap of x, and the same of the rest 1 - x. The gap
// log(1 - mean) - mean(log(1 - x)) is the sum of phi(e), e = (mean - x) / (1 - mean), which is taken from the
// difference of x and the mean: a rounded 1 - x no longer distinguishes small rows.
#pragma once
#include "thetahat/sums/log_gap.hpp"

namespace thetahat::THETAHAT_ISA {

struct unit_gap : log_gap {
  double_double rest_sum;  // sum w phi(e)

  bool finite() const { return log_gap::finite() && rest_sum.hi - rest_sum.hi == 0; }
};

inline double_double plain_mean(const moments& m) {
  return {ldexp(m.mean.hi, int(m.exponent)), ldexp(m.mean.lo, int(m.exponent))};
}
inline double_double rest_of(double_double mean) { return double_double{-mean.hi, -mean.lo} + 1.0; }

// About the mean m of both, sum w phi(e) of one is larger by n phi((m - its mean) / (1 - m)).
inline double_double rest_about(const unit_gap& a, const moments& both) {
  const double_double its = plain_mean(a), mean = plain_mean(both);
  const double rest = rest_of(mean).hi;
  return a.rest_sum + a.n * phi((mean - its).hi / rest, log(rest_of(its).hi / rest));
}

inline unit_gap merge(const unit_gap& a, const unit_gap& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  const log_gap both = merge(static_cast<const log_gap&>(a), static_cast<const log_gap&>(b));
  return {both, rest_about(a, both) + rest_about(b, both)};
}

// Whether rows, positive ones, are below 1.
inline bool below_one(const block& b) {
  return !any_sign(b.x, b.n, [](auto bits) { return ~(bits - one_bits); });
}

// Terms for sum_terms: phi of each row's rest.
struct rest_terms {
  double mean, inverse;
  THETAHAT_INLINE void terms(vec x, vec* t, vec*) const {
    t[0] = phi((mean - x) * inverse, log_normal_range((1.0 - x) * inverse));
  }
};

// The sum is taken about mean.hi, and shifted from there to the mean.
inline double sum_rests(double_double mean, const block& b, double n) {
  const double c = mean.hi, rest = 1.0 - c, miss = mean.lo / rest;
  const term_sums<1, 0> s = all_near(b, c, rest) ? sum_terms<1, 0>(near_phi_terms{c, -1.0 / rest}, b)
                                                 : sum_terms<1, 0>(rest_terms{c, 1.0 / rest}, b);
  return s.sum[0].hi - n * phi(-miss, log1p(-miss));
}

inline double rest_about_mean(const moments& m, const block& b) {
  const double_double mean = plain_mean(m), rest = rest_of(mean);
  const bool wide = m.exponent == 0 && m.gap.hi > m.n * rest.hi * rest.hi / 16;
  if (!wide || b.w) return sum_rests(mean, b, m.n);
  const pair_product product = product_of_pairs(b, [](auto x) { return 1.0 - x; });  // 2^-53 at least
  return phi_from_product(m.n, rest, product.value);
}

inline unit_gap block_unit_gap(const block& b) {
  const log_gap g = block_log_gap(b);
  if (!g.finite() || !below_one(b)) return {{{NAN, {}, {}, 0.0}, {}}, {}};
  return {g, {rest_about_mean(g, b), 0.0}};
}

}  // namespace thetahat::THETAHAT_ISA
