// Inverse Gaussian(mu, shape lambda), x > 0:
// log f = log(lambda / (2 pi x^3))/2 - lambda (x - mu)^2 / (2 mu^2 x).
// Sufficient: n, the mean m, and P = sum psi about it; the likelihood takes sum log x besides. With the
// offset e = m/mu - 1, sum (x - mu)^2 / (mu x) = (P + n e^2) mu/m.
#pragma once
#include "thetahat/sums/reciprocal_gap.hpp"
#include "thetahat/families/register.hpp"

namespace thetahat::THETAHAT_ISA {

struct inverse_gaussian {
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(1), positive_parameter(1)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved | starts;
  static constexpr int line = thetahat_half_line;
  using sums = reciprocal_gap;

  double mu, lambda, k, log_norm;  // k = lambda / mu

  explicit inverse_gaussian(const double* theta)
      : mu(theta[0]), lambda(theta[1]), k(lambda / mu), log_norm(half_log_2pi - 0.5 * log(lambda)) {}
  static double scale_of(const double* theta) { return theta[0]; }
  double scale() const { return mu; }

  static bool valid(const double* theta) { return positive(theta[0]) && positive(theta[1]); }
  static bool in_support(double x) { return x > 0; }

  // Rough values by mean and variance.
  static bool start(const pilot& p, double* theta) {
    const auto [mean, sd] = p.moments();
    theta[0] = mean, theta[1] = mean / sd * (mean / sd) * mean;
    return sd > 0;
  }

  static sums sum(const block& b) { return block_reciprocal_gap(b); }

  // mu = m, 1/lambda = mean(1/x) - 1/m = P / (n m); no maximum where all values are equal.
  static bool maximum(const sums& s, const int*, double* theta) {
    theta[0] = ldexp(s.mean.hi, int(s.exponent));
    theta[1] = ldexp(s.mean.hi * (s.n / s.psi_sum.hi), int(s.exponent));
    return s.psi_sum.hi > 0;
  }

  double log_likelihood(const sums& s) const {
    const double e = offset(s), ratio = standardize(s, 0.0, lambda).offset;  // m / lambda
    const double squares = s.psi_sum.hi / ratio + s.n * e * (e / ratio);
    return -s.n * log_norm - 1.5 * s.product.value() - 0.5 * squares;
  }
  // In units of mu. d/dmu: k (x/mu - 1);  d/dlambda: (1/k - (x - mu)^2 / (mu x)) / 2.
  void score(const sums& s, double* g) const {
    const double e = offset(s), ratio = standardize(s, 0.0, mu).offset;
    g[0] = s.n * k * e;
    g[1] = 0.5 * (s.n / k - (s.psi_sum.hi / ratio + s.n * e * (e / ratio)));
  }
  void information(const sums& s, double* J) const {
    const double e = offset(s);
    J[0] = s.n * k * (1 + 3 * e);
    J[1] = J[2] = -s.n * e;
    J[3] = 0.5 * s.n / k / k;
  }

  template <class V>
  V log_density(V x) const {
    V d = (x - mu) / mu, ratio = lambda / x, square = d * (d * ratio);
    square = select(ratio < HUGE_VAL, square, d * (d * lambda) / x);
    square = select(d < HUGE_VAL, square, x * k / mu);
    return -log_norm - 1.5 * log(x) - 0.5 * square;
  }
  template <class V>
  void row_score(V x, V* g) const {
    V d = (x - mu) / mu;
    g[0] = k * d;
    g[1] = 0.5 * (1.0 / k - d * ((x - mu) / x));
  }

 private:
  double offset(const sums& s) const { return standardize(s, mu, mu).offset; }
};

THETAHAT_FAMILY(inverse_gaussian)

}  // namespace thetahat::THETAHAT_ISA
