// Normal(mu, sigma): log f = -log sigma - z^2/2 - log(2 pi)/2,  z = (x - mu) / sigma.
// Sufficient: n, the mean m and the squared gap Q = sum (x - m)^2; sum (x - mu)^2 = Q + n (m - mu)^2.
#pragma once
#include "thetahat/sums/moments.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/standardize.hpp"
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

struct normal {
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {real_parameter(1), positive_parameter(1)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = float_sums | solved | own_steps | closed_tails;
  static constexpr int line = thetahat_real_line;
  using sums = moments;

  double mu, sigma, log_norm;

  explicit normal(const double* theta)
      : mu(theta[0]), sigma(theta[1]), log_norm(log(theta[1]) + half_log_2pi) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return sigma; }

  static bool valid(const double* theta) { return real(theta[0]) && positive(theta[1]); }
  static bool in_support(double) { return true; }

  static sums sum(const block& b) { return block_moments(b); }
  static sums sum(const float_block& b) { return block_moments(b); }

  // mu = m, sigma = sqrt(Q / n); no maximum where all values are equal.
  static bool maximum(const sums& s, const int*, double* theta) {
    theta[0] = ldexp(s.mean.hi, int(s.exponent));
    theta[1] = ldexp(sqrt(s.gap.hi / s.n), int(s.exponent));
    return s.gap.hi > 0;
  }

  double log_likelihood(const sums& s) const {
    return -s.n * log_norm - 0.5 * standardize(s, mu, sigma).squares;
  }
  // In units of the scale: of theta / sigma.
  void score(const sums& s, double* g) const {
    standardized z = standardize(s, mu, sigma);
    g[0] = z.n * z.offset;
    g[1] = z.squares - z.n;
  }
  // Minus the second derivatives, in the same units.
  void information(const sums& s, double* J) const {
    standardized z = standardize(s, mu, sigma);
    J[0] = z.n;
    J[1] = J[2] = 2 * z.n * z.offset;
    J[3] = 3 * z.squares - z.n;
  }

  template <class V>
  V log_density(V x) const {
    V z = finite_quotient((x - mu) / sigma, x, mu, sigma);
    return -0.5 * (z * z) - log_norm;
  }
  template <class V>
  void row_score(V x, V* g) const {
    V z = (x - mu) / sigma;
    g[0] = z;
    g[1] = z * z - 1.0;
  }

  // theta + rate * score of one row. The chain from one sigma to the next is a division, two products and a
  // sum: one operation less than in the textbook's form, with which it agrees to rounding.
  template <class V>
  THETAHAT_INLINE static void row_step(V* theta, V x, V rate) {
    V s = theta[1], d = x - theta[0], a = rate * d, q = 1.0 / s, q2 = q * q;
    theta[0] += a * q2;
    theta[1] = (s - rate * q) + ((a * d) * q) * q2;
  }
  THETAHAT_INLINE static shifted_sums batch(const block& b, double unit) { return few_shifted(b, unit); }
  static shifted_sums batch(const sums& s, int exponent) { return around_mean(s, exponent); }
  // The same of a batch: with e = pivot - mu, sum (x - mu) = d + n e, sum (x - mu)^2 = d2 + e (2 d + n e).
  THETAHAT_INLINE static void batch_step(double* theta, const shifted_sums& b, double rate) {
    double s = theta[1], e = b.pivot - theta[0], q = 1.0 / s, q2 = q * q;
    double rn = rate * b.n, rd = rate * b.d, rd2 = rate * b.d2;
    theta[0] += (rd + rn * e) * q2;
    theta[1] = (s - rn * q) + ((rd2 + e * (2 * rd + rn * e)) * q) * q2;
  }
  template <class T>
  static T log_tail(const T* theta, double x, bool upper) {
    const T z = (T(x) - theta[0]) / theta[1];
    return log_normal_survival(upper ? z : -z);
  }
};

THETAHAT_FAMILY(normal)

}  // namespace thetahat::THETAHAT_ISA
