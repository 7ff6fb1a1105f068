// Rayleigh(sigma): log f = log x - 2 log sigma - z^2/2,  z = x / sigma, x > 0. Sufficient: n and sum x^2,
// from the moments Q + n m^2, where nothing cancels; the likelihood takes sum log x besides.
#pragma once
#include "thetahat/sums/row_product.hpp"
#include "thetahat/families/register.hpp"

namespace thetahat::THETAHAT_ISA {

struct rayleigh {
  static constexpr int n_params = 1;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(1)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved | starts | hazard | power_hazard;
  static constexpr int line = thetahat_half_line;
  using sums = positive_moments;

  double sigma, log_norm;

  explicit rayleigh(const double* theta) : sigma(theta[0]), log_norm(2 * log(theta[0])) {}
  static double scale_of(const double* theta) { return theta[0]; }
  double scale() const { return sigma; }

  static bool valid(const double* theta) { return positive(theta[0]); }
  static bool in_support(double x) { return x > 0; }

  // Rough values by the mean, sigma sqrt(pi / 2).
  static bool start(const pilot& p, double* theta) {
    theta[0] = p.moments().mean * 0.7978845608028654;
    return true;
  }

  static sums sum(const block& b) { return block_positive_moments(b); }

  // sigma^2 = mean(x^2) / 2: there is always a maximum.
  static bool maximum(const sums& s, const int*, double* theta) {
    theta[0] = ldexp(sqrt(0.5 * (s.gap.hi / s.n + s.mean.hi * s.mean.hi)), int(s.exponent));
    return true;
  }

  double log_likelihood(const sums& s) const { return s.product.value() - s.n * log_norm - 0.5 * squares(s); }
  // In units of sigma: z^2 - 2.
  void score(const sums& s, double* g) const { g[0] = squares(s) - 2 * s.n; }
  void information(const sums& s, double* J) const { J[0] = 3 * squares(s) - 2 * s.n; }

  template <class V>
  V log_density(V x) const {
    V z = x / sigma;
    return log(x) - log_norm - 0.5 * (z * z);
  }
  template <class V>
  void row_score(V x, V* g) const {
    V z = x / sigma;
    g[0] = z * z - 2.0;
  }
  template <class T>
  static T log_hazards(const T* theta, double n, double sum_log) {
    return sum_log - 2 * n * log(theta[0]);
  }
  // (b^2 - a^2) / (2 sigma^2).
  template <class T>
  static T cumulative_hazard(const T* theta, double a, double b) {
    a = at_least(a, 0.0), b = at_least(b, 0.0);
    return (0.5 * (b - a)) / theta[0] * ((b + a) / theta[0]);
  }

 private:
  double squares(const sums& s) const { return standardize(s, 0.0, sigma).squares; }
};

THETAHAT_FAMILY(rayleigh)

}  // namespace thetahat::THETAHAT_ISA
