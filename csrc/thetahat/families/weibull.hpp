// Weibull(shape k, scale s): log f = log k - log s + (k - 1) q - w,  q = log(x / s), w = exp(k q), x > 0.
// Sums at theta: of q, w, q w, q^2 w.
#pragma once
#include "thetahat/engine/terms.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/log_ratio.hpp"

namespace thetahat::THETAHAT_ISA {

struct weibull {
  static constexpr int n_params = 2, n_terms = 4, n_factors = 0;
  static constexpr int domain[] = {thetahat_positive, thetahat_positive};
  static constexpr int dimension[] = {0, 1};
  static constexpr bool sufficient = false;
  using sums = term_sums<n_terms, n_factors>;

  double k, s, r, log_k, log_s;

  explicit weibull(const double* theta)
      : k(theta[0]), s(theta[1]), r(1.0 / theta[1]), log_k(log(theta[0])), log_s(log(theta[1])) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return s; }

  static bool valid(const double* theta) { return positive(theta[0]) && positive(theta[1]); }
  static bool inside(double x) { return x > 0; }

  template <class V>
  THETAHAT_INLINE void terms(V x, V* t, V*) const {
    V q = log_ratio(x, s, r), w = exp_for_sums(k * q);
    t[0] = q;
    t[1] = w;
    t[2] = q * w;
    t[3] = q * t[2];
  }
  double log_likelihood(const sums& at) const {
    return at.n * log_k - at.n * log_s + ((k - 1) * at.sum[0].hi - at.sum[1].hi);
  }
  // d/dk: 1/k + q - q w;  d/ds in units of s: k (w - 1).
  void score(const sums& at, double* g) const {
    g[0] = at.n / k + (at.sum[0] - at.sum[2]).hi;
    g[1] = k * (at.sum[1].hi - at.n);
  }
  void information(const sums& at, double* J) const {
    J[0] = at.n / k / k + at.sum[3].hi;
    J[1] = J[2] = at.n - at.sum[1].hi - k * at.sum[2].hi;
    J[3] = k * (at.sum[1].hi - at.n) + k * k * at.sum[1].hi;
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
};

THETAHAT_FAMILY(weibull)

}  // namespace thetahat::THETAHAT_ISA
