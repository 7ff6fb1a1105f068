// Geometric(p): log f = log p + x log(1 - p), x = 0, 1, 2, ... failures before the first success. Sufficient:
// n and S = sum x. Units are those of p.
#pragma once
#include "thetahat/sums/counts.hpp"
#include "thetahat/sums/terms.hpp"
#include "thetahat/families/register.hpp"

namespace thetahat::THETAHAT_ISA {

struct geometric {
  enum { X, n_terms };
  static constexpr int n_params = 1;
  static constexpr thetahat_parameter parameters[] = {unit_parameter(1)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved | starts | hazard | power_hazard;
  static constexpr int line = thetahat_counts;
  using sums = term_sums<n_terms, 0>;

  double p, odds, log_p, log_q;  // odds = p / q, q = 1 - p

  explicit geometric(const double* theta)
      : p(theta[0]), odds(p / (1.0 - p)), log_p(log(p)), log_q(log1p(-p)) {}
  static double scale_of(const double* theta) { return theta[0]; }
  double scale() const { return p; }

  static bool valid(const double* theta) { return theta[0] > 0 && theta[0] < 1; }
  static bool in_support(double x) { return is_count(x); }

  // Rough values by the mean, (1 - p) / p.
  static bool start(const pilot& p, double* theta) {
    const double mean = p.moments().mean;
    theta[0] = 1 / (1 + mean);
    return mean > 0;
  }

  static sums sum(const block& b) {
    sums s = sum_terms<n_terms, 0>(row_terms{}, b);
    if (!all_counts(b)) s.n = NAN;
    return s;
  }

  // p = n / (n + S); where all rows are 0 the likelihood rises all the way to p = 1.
  static bool maximum(const sums& s, const int*, double* theta) {
    theta[0] = s.n / (s.sum[X] + s.n).hi;
    return s.sum[X].hi > 0;
  }

  double log_likelihood(const sums& s) const { return s.n * log_p + s.sum[X].hi * log_q; }
  // In units of p: 1 - x p / q.
  void score(const sums& s, double* g) const { g[0] = s.n - s.sum[X].hi * odds; }
  // 1 + x (p / q)^2.
  void information(const sums& s, double* J) const { J[0] = s.n + s.sum[X].hi * odds * odds; }

  template <class V>
  V log_density(V x) const {
    return log_p + x * log_q;
  }
  template <class V>
  void row_score(V x, V* g) const {
    g[0] = 1.0 - x * odds;
  }
  // S(x) = f(x) (1 - p) / p.
  template <class T>
  static T log_hazards(const T* theta, double n, double) {
    return n * (log(theta[0]) - log1p(-theta[0]));
  }
  // -log(1 - p) for each count in (a, b].
  template <class T>
  static T cumulative_hazard(const T* theta, double a, double b) {
    return (at_least(floor(b), -1.0) - at_least(floor(a), -1.0)) * -log1p(-theta[0]);
  }
};

THETAHAT_FAMILY(geometric)

}  // namespace thetahat::THETAHAT_ISA
