// Pareto(shape a, minimum m): log f = log a - log m - (a + 1) q, q = log(x / m), x >= m.
// Sufficient: n, the mean of log x and the least row. The likelihood rises with m up to the least row.
#pragma once
#include "thetahat/sums/extrema.hpp"
#include "thetahat/sums/log_moments.hpp"
#include "thetahat/families/register.hpp"

namespace thetahat::THETAHAT_ISA {

struct logs_and_least : log_moments {
  double low;
};

inline logs_and_least merge(const logs_and_least& a, const logs_and_least& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  return {merge(static_cast<const log_moments&>(a), static_cast<const log_moments&>(b)),
          a.low < b.low ? a.low : b.low};
}

struct pareto {
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(0),
                                                      positive_parameter(1, thetahat_boundary)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved | own_covariance | own_residual | bounded_at | hazard;
  static constexpr int line = thetahat_half_line;
  using sums = logs_and_least;

  double a, m, log_norm, inverse;

  explicit pareto(const double* theta)
      : a(theta[0]), m(theta[1]), log_norm(log(theta[1]) - log(theta[0])), inverse(1.0 / theta[1]) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return m; }

  static bool valid(const double* theta) { return positive(theta[0]) && positive(theta[1]); }
  static bool in_support(double x) { return x > 0; }
  bool in_support_at(double x) const { return x >= m; }

  static sums sum(const block& b) {
    const log_moments logs = block_log_moments(b);
    return {logs, logs.finite() ? ends_of(b).low : NAN};
  }

  // m the least row, a = 1 / mean(q).
  static bool maximum(const sums& s, const int* fixed, double* theta) {
    if (!fixed[1]) theta[1] = s.low;
    const double q = mean_log(s, theta[1]);
    if (!fixed[0]) theta[0] = 1 / q;
    return theta[1] <= s.low && (fixed[0] || q > 0);
  }

  double log_likelihood(const sums& s) const {
    return m <= s.low ? -s.n * log_norm - (a + 1) * (s.n * mean_log(s, m)) : -HUGE_VAL;
  }
  // d/da: 1/a - q;  d/dm in units of m: a.
  void score(const sums& s, double* g) const {
    g[0] = s.n * (1 / a - mean_log(s, m));
    g[1] = s.n * a;
  }
  void score_residual(const sums& s, double* g) const {
    score(s, g);
    g[1] = 0.0;
  }
  void information(const sums& s, double* J) const {
    J[0] = s.n / a / a;
    J[1] = J[2] = -s.n;
    J[3] = s.n * a;
  }
  // The minimum lies below the least row by an exponential variable of mean and standard deviation m / (n a),
  // and is independent of the shape.
  bool covariance(const sums& s, double* C) const {
    C[0] = a * a / s.n;
    C[1] = C[2] = 0.0;
    C[3] = 1 / (s.n * a) / (s.n * a);
    return true;
  }
  template <class V>
  V log_density(V x) const {
    return -log_norm - (a + 1.0) * log_ratio(x, m, inverse);
  }
  template <class V>
  void row_score(V x, V* g) const {
    g[0] = 1 / a - log_ratio(x, m, inverse);
    g[1] = splat<V>(a);
  }
  // a log(b / a'), a' no less than m.
  template <class T>
  static T cumulative_hazard(const T* theta, double a, double b) {
    if (!(b > theta[1].v)) return T(0.0);
    return theta[0] * (a > theta[1].v ? T(log_ratio(b, a, 1.0 / a)) : log_ratio(b, theta[1]));
  }

 private:
  static double mean_log(const sums& s, double m) { return (s.mean + log_ratio(s.pivot, m)).hi; }
};

THETAHAT_FAMILY(pareto)

}  // namespace thetahat::THETAHAT_ISA
