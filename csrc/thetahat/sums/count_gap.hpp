// The accumulator of counts for the Poisson likelihood: their mean m, and the gap sum w (log x! - x log m +
// m), minus the log-likelihood at the rate m. About the mean M of several samples it is larger by n times the
// divergence m log(m/M) - m + M >= 0; so nothing cancels, whether counts are 3 or 10^15.
#pragma once
#include "thetahat/sums/counts.hpp"
#include "thetahat/sums/log_gap.hpp"
#include "thetahat/sums/log_moments.hpp"
#include "thetahat/math/log_factorial.hpp"

namespace thetahat::THETAHAT_ISA {

struct count_gap {
  double n;
  double_double mean, gap;

  bool finite() const {
    const double sum = n * mean.hi;
    return sum - sum == 0 && gap.hi - gap.hi == 0;
  }
};

// m log(m/r) - m + r, given m - r.
inline double divergence(double m, double m_minus_r, double r) {
  if (m_minus_r == 0) return 0.0;
  const double d = m_minus_r / r;
  if (fabs(d) < 0.25) return r * near_divergence(d);
  return m > 0 ? m * log_ratio(m, r) - m_minus_r : r;
}

inline count_gap merge(const count_gap& a, const count_gap& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  const double n = a.n + b.n;
  const double_double mean = a.mean + (b.mean - a.mean) * (b.n / n);
  const double of_a = a.n * divergence(a.mean.hi, (a.mean - mean).hi, mean.hi);
  const double of_b = b.n * divergence(b.mean.hi, (b.mean - mean).hi, mean.hi);
  return {n, mean, a.gap + b.gap + (of_a + of_b)};
}

// log x! of small counts, one by one.
inline double look_up_factorial(double x) { return log_factorial.of[place_of(x, n_factorials)]; }
#if THETAHAT_WIDTH > 1
inline vec look_up_factorial(vec x) {
  for (int i = 0; i < width; ++i) x[i] = look_up_factorial(x[i]);
  return x;
}
#endif

// log x! - x log r + r, minus a count's log-probability, as t + log(u)/2. From 16 on log x! is taken by
// Stirling's series, which leaves x log(x/r) - x + r, and half the logarithm of 2 pi x.
struct poisson_cost {
  double r, inverse, log_r;

  explicit poisson_cost(double rate) : r(rate), inverse(1.0 / rate), log_r(log(rate)) {}

  template <class V>
  THETAHAT_INLINE void terms(V x, V* t, V* u) const {
    const auto small = x < 16.0;
    const V large = select(small, splat<V>(16), x), k = select(x > 0.0, select(small, x, V{}), V{});
    const V far = large * (log_normal_range(large) - log_r) - (large - r);
    const V apart = select(abs((large - r) * inverse) < 0.25, near(large), far);
    t[0] = select(small, look_up_factorial(k) - k * log_r + r, apart + series(large));
    u[0] = select(small, splat<V>(1), large);
  }
  template <class V>
  V near(V x) const {
    return r * near_divergence((x - r) * inverse);
  }
  template <class V>
  static V series(V x) {
    const V y = 1.0 / x, z = y * y;
    const V p = 1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188)));
    return half_log_2pi + y * (1.0 / 12 - z * p);
  }
  template <class V>
  V operator()(V x) const {
    V t, u;
    terms(x, &t, &u);
    return t + 0.5 * log_normal_range(u);
  }
};

// The same where all rows are large and near to the rate.
struct near_cost : poisson_cost {
  using poisson_cost::poisson_cost;

  bool holds(const block& b) const {
    const double low = 0.76 * r > 16 ? 0.76 * r : 16.0, high = 1.24 * r;
    return !any_sign(b.x, b.n, [=](auto bits) {
      auto x = from_bits(bits);
      return to_bits(x - low) | to_bits(high - x);
    });
  }
  THETAHAT_INLINE void terms(vec x, vec* t, vec* u) const {
    t[0] = near(x) + series(x);
    u[0] = x;
  }
};

// Of counts below 128, where the terms of the gap are at most 300 times as large as their sum.
inline double gap_of_small(const block& b, double mean) {
  double logs[block_rows];
  for (int64_t i = 0; i < b.n; ++i) logs[i] = look_up_factorial(b.x[i]);
  const term_sums<1, 0> s = sum_terms<1, 0>(row_terms{}, {logs, b.w, b.n});
  return s.sum[0].hi + s.n * mean * (mean > 0 ? 1 - log(mean) : 0.0);
}

inline double gap_of_large(const block& b, double mean) {
  const near_cost cost(mean);
  const term_sums<1, 1> s = cost.holds(b) ? sum_terms<1, 1>(cost, b) : sum_terms<1, 1, poisson_cost>(cost, b);
  return s.sum[0].hi + 0.5 * s.product[0].value();
}

THETAHAT_NOINLINE inline count_gap block_count_gap(const block& b) {
  if (!all_counts(b)) return {NAN, {}, {}};
  moments m = moments_around(b, 0.0);
  if (!m.finite()) m = block_moments(b);  // counts whose squares overflow
  const int exponent = int(m.exponent);
  const double_double mean = {ldexp(m.mean.hi, exponent), ldexp(m.mean.lo, exponent)};
  const bool small = none_larger(b, n_factorials - 1);
  return {m.n, mean, {small ? gap_of_small(b, mean.hi) : gap_of_large(b, mean.hi), 0.0}};
}

}  // namespace thetahat::THETAHAT_ISA
