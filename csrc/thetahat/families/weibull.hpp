// Weibull(shape k, scale s): log f = log k - log s + (k - 1) q - w,  q = log(x / s), w = exp(k q), x > 0.
// Sums at theta: of q, w, q w, q^2 w, and on to q^8 w.
#pragma once
#include "thetahat/sums/exponential_powers.hpp"
#include "thetahat/sums/log_ratios.hpp"
#include "thetahat/families/register.hpp"

namespace thetahat::THETAHAT_ISA {

struct weibull {
  enum { Q, W, QW, Q2W, Q3W, Q8W = W + taylor_order, n_terms };
  static constexpr int n_params = 2, n_factors = 0;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(0), positive_parameter(1)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional = own_sum | shifts | profiled | leaps | starts | hazard | power_hazard;
  static constexpr int line = thetahat_half_line;
  using sums = taylor_sums<n_terms, n_factors, Q3W, Q8W>;

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
    sums at = {sum_terms<n_terms, n_factors>(first_terms<n_terms>{k}, rows)};
    keep_digits(rows, at);
    return at;
  }
  sums sum_without_moments(const block& b) const {
    double q[block_rows];
    log_ratios(b, s, r, q);
    const block rows = {q, b.w, b.n};
    sums at = {};
    fill_in(sum_terms<Q3W, n_factors>(first_terms<Q3W>{k}, rows), at);
    keep_digits(rows, at);
    return at;
  }
  // The sums at a theta near by: q there is q + d.
  double shift_sums(sums& at, const weibull& to) const {
    const double d = log_ratio(s, to.s, to.r);
    at.sum[Q] = at.sum[Q] + at.n * d;
    const double error = shift_powers(at.n, {k, 1.0, d, exp(to.k * d), to.k - k}, at.sum + W);
    at.forget_moments();
    return error;
  }
  // The mean of w is 1 at the best s.
  bool profile(const sums& at, const int* fixed, double* to) const {
    const double w = at.sum[W].hi / at.n;
    to[1] = s * exp(log(w) / k);
    return !fixed[1] && middling(w) && positive(to[1]) && to[1] != s;
  }
  // At too large a k, w of few rows outweighs that of all others.
  bool leap(const sums& at, double* to) const {
    const double w = at.sum[W].hi, q = at.sum[QW].hi / w, weight = k * q;
    const double growth =
        far_growth(weight - k * at.sum[Q].hi / at.n, weight, k * k * (at.sum[Q2W].hi / w - q * q));
    to[0] = k / growth, to[1] = s * exp(q * (1 - growth));
    return growth > 1 && valid(to);
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
  // log k - log s + (k - 1) q.
  template <class T>
  static T log_hazards(const T* theta, double n, double sum_log) {
    const T log_s = log(theta[1]);
    return n * (log(theta[0]) - log_s) + (theta[0] - T(1.0)) * (T(sum_log) - n * log_s);
  }
  // w at b less w at a: w(a) expm1(k log(b / a)).
  template <class T>
  static T cumulative_hazard(const T* theta, double a, double b) {
    if (!(b > 0)) return T(0.0);
    if (!(a > 0)) return exp(theta[0] * log_ratio(b, theta[1]));
    return exp(theta[0] * log_ratio(a, theta[1])) * expm1(log_ratio(b, a, 1.0 / a) * theta[0]);
  }

 private:
  template <int count>
  struct first_terms {
    const double k;
    THETAHAT_INLINE void terms(vec q, vec* t, vec*) const {
      t[Q] = q;
      exponential_powers<count - W>(q, exp_for_sums(k * q), t + W);
    }
  };
  void keep_digits(const block& rows, sums& at) const {
    if (near(at)) at.sum[W] = sum_near_one(at.n, {0.0, k}, rows);
  }
  bool near(const sums& at) const { return small_exponents(at.n, at.sum[W].hi, k * k * at.sum[Q2W].hi); }
};

THETAHAT_FAMILY(weibull)

}  // namespace thetahat::THETAHAT_ISA
