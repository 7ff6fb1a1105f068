// Weibull(shape k, scale s): log f = log k - log s + (k - 1) q - w,  q = log(x / s), w = exp(k q), x > 0.
// Sums at theta: of q, w, q w, q^2 w, and on to q^4 w.
#pragma once
#include "thetahat/sums/exponential_powers.hpp"
#include "thetahat/sums/log_ratios.hpp"
#include "thetahat/families/register.hpp"

namespace thetahat::THETAHAT_ISA {

struct weibull {
  enum { Q, W, QW, Q2W, Q3W, Q4W, n_terms };
  static_assert(n_terms == W + n_powers);
  static constexpr int n_params = 2, n_factors = 0;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(0), positive_parameter(1)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional = own_sum | shifts | starts;
  using sums = term_sums<n_terms, n_factors>;

  double k, s, r, log_k, log_s;

  explicit weibull(const double* theta)
      : k(theta[0]), s(theta[1]), r(1.0 / theta[1]), log_k(log(theta[0])), log_s(log(theta[1])) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return s; }

  static bool valid(const double* theta) { return positive(theta[0]) && positive(theta[1]); }
  static bool in_support(double x) { return x > 0; }

  // Rough values by mean and variance of log x, which is a Gumbel variable of minima, of scale 1/k.
  static bool start(const pilot& p, double* theta) {
    const double centre = p.median();
    const auto [mean, sd] = p.log_moments(centre);
    const double width = sd * gumbel_scale;
    theta[0] = 1 / width, theta[1] = centre * exp(mean + euler * width);
    return sd > 0;
  }

  // q of a block first: with one long chain of instructions after the other in each turn of a loop, a
  // processor sees too few rows to work on at once.
  sums sum(const block& b) const {
    double q[block_rows];
    log_ratios(b, s, r, q);
    const block rows = {q, b.w, b.n};
    sums at = sum_terms<n_terms, n_factors>(*this, rows);
    if (near(at)) at.sum[W] = sum_near_one(at.n, {0.0, k}, rows);
    return at;
  }
  template <class V>
  THETAHAT_INLINE void terms(V q, V* t, V*) const {
    t[Q] = q;
    exponential_powers(q, exp_for_sums(k * q), t + W);
  }
  // The sums at a theta near by: q there is q + d.
  bool shift_sums(sums& at, const weibull& to) const {
    const double d = log_ratio(s, to.s, to.r);
    at.sum[Q] = at.sum[Q] + at.n * d;
    return shift_powers(at.sum + W, 1.0, d, exp(to.k * d), to.k - k, at.sum + W);
  }
  double log_likelihood(const sums& at) const {
    return at.n * log_k - at.n * log_s + ((k - 1) * at.sum[Q].hi - at.sum[W].hi);
  }
  // d/dk: 1/k + q - q w;  d/ds in units of s: k (w - 1).
  void score(const sums& at, double* g) const {
    g[0] = at.n / k + (at.sum[Q] - at.sum[QW]).hi;
    g[1] = k * (near(at) ? (at.sum[W] + -at.n).hi : at.sum[W].hi - at.n);
  }
  void information(const sums& at, double* J) const {
    J[0] = at.n / k / k + at.sum[Q2W].hi;
    J[1] = J[2] = at.n - at.sum[W].hi - k * at.sum[QW].hi;
    J[3] = k * (at.sum[W].hi - at.n) + k * k * at.sum[W].hi;
  }
  template <class V>
  V log_density(V x) const {
    V q = log_ratio(x, s, r);
    return log_k - log_s + ((k - 1) * q - exp(k * q));
  }
  template <class V>
  void row_score(V x, V* g) const {
    V q = log_ratio(x, s, r), w = exp_for_sums(k * q);
    g[0] = 1 / k + (q - q * w);
    g[1] = k * (w - 1.0);
  }

 private:
  bool near(const sums& at) const { return small_exponents(at.n, at.sum[W].hi, k * k * at.sum[Q2W].hi); }
};

THETAHAT_FAMILY(weibull)

}  // namespace thetahat::THETAHAT_ISA
