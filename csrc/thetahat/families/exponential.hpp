// Exponential(scale s): log f = -log s - x/s, x >= 0. Sufficient: n and the mean m.
#pragma once
#include "thetahat/sums/moments.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

struct exponential {
  static constexpr int n_params = 1;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(1)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved | lane_scores | hazard | power_hazard;
  static constexpr int line = thetahat_half_line;
  using sums = moments;

  double s, log_s;

  explicit exponential(const double* theta) : s(theta[0]), log_s(log(theta[0])) {}
  static double scale_of(const double* theta) { return theta[0]; }
  double scale() const { return s; }

  static bool valid(const double* theta) { return positive(theta[0]); }
  static bool in_support(double x) { return x >= 0; }

  // No row may have a sign but -0.
  static sums sum(const block& b) {
    const bool negative = any_sign(b.x, b.n, [](auto bits) { return bits & (bits - 1); });
    return negative ? sums{NAN, {}, {}, 0.0} : block_moments(b);
  }

  // s = m; no maximum where all rows are 0.
  static bool maximum(const sums& sample, const int*, double* theta) {
    theta[0] = ldexp(sample.mean.hi, int(sample.exponent));
    return sample.mean.hi > 0;
  }

  double log_likelihood(const sums& sample) const {
    return -sample.n * (log_s + standardize(sample, 0.0, s).offset);
  }
  // In units of the scale: m/s - 1.
  void score(const sums& sample, double* g) const { g[0] = sample.n * standardize(sample, s, s).offset; }
  // 2 m/s - 1.
  void information(const sums& sample, double* J) const {
    J[0] = sample.n * (1 + 2 * standardize(sample, s, s).offset);
  }

  template <class V>
  V log_density(V x) const {
    return -log_s - x / s;
  }
  template <class V>
  void row_score(V x, V* g) const {
    g[0] = (x - s) / s;
  }
  // The scores of a row for each theta of some, side by side; returns their scales.
  template <class V>
  static V lane_score(const V* theta, V x, V* g) {
    g[0] = (x - theta[0]) / theta[0];
    return theta[0];
  }
  template <class T>
  static T log_hazards(const T* theta, double n, double) {
    return -n * log(theta[0]);
  }
  // (b - a) / s.
  template <class T>
  static T cumulative_hazard(const T* theta, double a, double b) {
    return (at_least(b, 0.0) - at_least(a, 0.0)) / theta[0];
  }
};

THETAHAT_FAMILY(exponential)

}  // namespace thetahat::THETAHAT_ISA
