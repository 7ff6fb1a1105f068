// Uniform(low, high): log f = -log w for low <= x <= high, w = high - low.
// Sufficient: n and the ends of the sample. The likelihood is greatest where the support just holds all rows:
// the score has no root.
#pragma once
#include "thetahat/sums/extrema.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

struct uniform {
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {real_parameter(1, thetahat_boundary),
                                                      real_parameter(1, thetahat_boundary)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved | own_covariance | own_residual | bounded_at | closed_tails;
  static constexpr int line = thetahat_real_line;
  using sums = extrema;

  double low, high, w, log_w;

  explicit uniform(const double* theta)
      : low(theta[0]), high(theta[1]), w(theta[1] - theta[0]), log_w(log(theta[1] - theta[0])) {}
  static double scale_of(const double* theta) { return theta[1] - theta[0]; }
  double scale() const { return w; }

  static bool valid(const double* theta) {
    return real(theta[0]) && real(theta[1]) && positive(theta[1] - theta[0]);
  }
  static bool in_support(double) { return true; }
  bool in_support_at(double x) const { return low <= x && x <= high; }

  static sums sum(const block& b) { return block_extrema(b); }

  static bool maximum(const sums& s, const int* fixed, double* theta) {
    if (!fixed[0]) theta[0] = s.low;
    if (!fixed[1]) theta[1] = s.high;
    return theta[0] <= s.low && s.high <= theta[1] && theta[0] < theta[1];
  }

  double log_likelihood(const sums& s) const {
    return low <= s.low && s.high <= high ? -s.n * log_w : -HUGE_VAL;
  }
  void score(const sums& s, double* g) const {
    g[0] = s.n;
    g[1] = -s.n;
  }
  void score_residual(const sums&, double* g) const { g[0] = g[1] = 0.0; }
  void information(const sums& s, double* J) const {
    J[0] = J[3] = -s.n;
    J[1] = J[2] = s.n;
  }
  // An end lies beyond the last row by an exponential variable of mean and standard deviation w / n.
  bool covariance(const sums& s, double* C) const {
    C[0] = C[3] = 1 / s.n / s.n;
    C[1] = C[2] = 0.0;
    return true;
  }
  template <class V>
  V log_density(V) const {
    return splat<V>(-log_w);
  }
  template <class V>
  void row_score(V, V* g) const {
    g[0] = splat<V>(1.0);
    g[1] = splat<V>(-1.0);
  }
  template <class T>
  static T log_tail(const T* theta, double x, bool upper) {
    x = x < theta[0].v ? theta[0].v : x > theta[1].v ? theta[1].v : x;
    const T part = upper ? theta[1] - T(x) : T(x) - theta[0];
    return log(part / (theta[1] - theta[0]));
  }
};

THETAHAT_FAMILY(uniform)

}  // namespace thetahat::THETAHAT_ISA
