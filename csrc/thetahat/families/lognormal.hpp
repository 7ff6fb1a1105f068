// Lognormal(mu, sigma): log x is normal: log f = -log x - log sigma - z^2/2 - log(2 pi)/2,
// z = (log x - mu) / sigma, x > 0. Sufficient: the moments of log x. Units are those of log x.
#pragma once
#include "thetahat/sums/log_moments.hpp"
#include "thetahat/families/register.hpp"

namespace thetahat::THETAHAT_ISA {

struct lognormal {
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {real_parameter(1), positive_parameter(1)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved | starts | closed_tails;
  static constexpr int line = thetahat_half_line;
  using sums = log_moments;

  double mu, sigma, log_norm;

  explicit lognormal(const double* theta)
      : mu(theta[0]), sigma(theta[1]), log_norm(log(theta[1]) + half_log_2pi) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return sigma; }

  static bool valid(const double* theta) { return real(theta[0]) && positive(theta[1]); }
  static bool in_support(double x) { return x > 0; }

  // Rough values: those of log x.
  static bool start(const pilot& p, double* theta) {
    const auto [mean, sd] = p.log_moments();
    theta[0] = mean, theta[1] = sd;
    return sd > 0;
  }

  static sums sum(const block& b) { return block_log_moments(b); }

  // Mean and standard deviation of log x; no maximum where all values are equal.
  static bool maximum(const sums& s, const int*, double* theta) {
    theta[0] = s.of_log().mean.hi;
    theta[1] = sqrt(s.gap.hi / s.n);
    return s.gap.hi > 0;
  }

  double log_likelihood(const sums& s) const {
    const moments logs = s.of_log();
    return -s.n * (log_norm + logs.mean.hi) - 0.5 * standardize(logs, mu, sigma).squares;
  }
  void score(const sums& s, double* g) const {
    standardized z = standardize(s.of_log(), mu, sigma);
    g[0] = z.n * z.offset;
    g[1] = z.squares - z.n;
  }
  void information(const sums& s, double* J) const {
    standardized z = standardize(s.of_log(), mu, sigma);
    J[0] = z.n;
    J[1] = J[2] = 2 * z.n * z.offset;
    J[3] = 3 * z.squares - z.n;
  }

  template <class V>
  V log_density(V x) const {
    V y = log(x), z = (y - mu) / sigma;
    return -0.5 * (z * z) - y - log_norm;
  }
  template <class V>
  void row_score(V x, V* g) const {
    V z = (log(x) - mu) / sigma;
    g[0] = z;
    g[1] = z * z - 1.0;
  }
  template <class T>
  static T log_tail(const T* theta, double x, bool upper) {
    const T z = (T(log(at_least(x, 0.0))) - theta[0]) / theta[1];
    return log_normal_survival(upper ? z : -z);
  }
};

THETAHAT_FAMILY(lognormal)

}  // namespace thetahat::THETAHAT_ISA
