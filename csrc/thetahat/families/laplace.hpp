// Laplace(mu, b): log f = -log(2 b) - |z|,  z = (x - mu) / b.
// Sums at theta: of |z|, of the sign of z, and of the rows at mu. The likelihood has a kink at every row: it
// is greatest at a median, where the slope in mu jumps over zero.
#pragma once
#include "thetahat/sums/terms.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/standardize.hpp"

namespace thetahat::THETAHAT_ISA {

struct laplace {
  enum { ABS_Z, SIGN_Z, AT_MU, n_terms };
  static constexpr int n_params = 2, n_factors = 0;
  static constexpr thetahat_parameter parameters[] = {real_parameter(1, thetahat_nonsmooth),
                                                      positive_parameter(1)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional =
      solved | own_covariance | own_residual | lane_scores | starts | closed_tails;
  static constexpr int line = thetahat_real_line;
  using sums = term_sums<n_terms, n_factors>;

  double mu, b, r, log_2b;

  explicit laplace(const double* theta)
      : mu(theta[0]), b(theta[1]), r(1.0 / theta[1]), log_2b(log(theta[1]) + ln2_hi + ln2_lo) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return b; }

  static bool valid(const double* theta) { return real(theta[0]) && positive(theta[1]); }
  static bool in_support(double) { return true; }

  // Rough values by the quartiles, which lie 2 b log 2 apart.
  static bool start(const pilot& p, double* theta) {
    constexpr double shares[] = {0.25, 0.5, 0.75};
    double q[3];
    p.quantiles(3, shares, q);
    theta[0] = q[1], theta[1] = (q[2] - q[0]) / 1.3862943611198906;
    return q[2] > q[0];
  }

  template <class V>
  THETAHAT_INLINE void terms(V x, V* t, V*) const {
    V z = (x - mu) * r;
    t[ABS_Z] = abs(z);
    t[SIGN_Z] = sign(z);
    t[AT_MU] = 1.0 - abs(t[SIGN_Z]);
  }
  // b = mean |x - mu|, mu as it is.
  static bool maximum(const sums& s, const int* fixed, double* theta) {
    if (!fixed[1]) theta[1] *= s.sum[ABS_Z].hi / s.n;
    return fixed[1] || s.sum[ABS_Z].hi > 0;
  }
  double log_likelihood(const sums& s) const { return -s.n * log_2b - s.sum[ABS_Z].hi; }
  void score(const sums& s, double* g) const {
    g[0] = s.sum[SIGN_Z].hi;
    g[1] = s.sum[ABS_Z].hi - s.n;
  }
  // The slopes on both sides of mu differ by twice its rows.
  void score_residual(const sums& s, double* g) const {
    score(s, g);
    const double over = fabs(g[0]) - s.sum[AT_MU].hi;
    g[0] = over > 0 ? over : 0.0;
  }
  void information(const sums& s, double* J) const {
    J[0] = 0.0;
    J[1] = J[2] = s.sum[SIGN_Z].hi;
    J[3] = 2 * s.sum[ABS_Z].hi - s.n;
  }
  // By Fisher's information: the second derivative of the likelihood is zero in mu wherever it exists.
  bool covariance(const sums& s, double* C) const {
    C[0] = C[3] = 1 / s.n;
    C[1] = C[2] = 0.0;
    return true;
  }
  template <class V>
  V log_density(V x) const {
    return -log_2b - abs(finite_quotient((x - mu) * r, x, mu, b));
  }
  template <class V>
  void row_score(V x, V* g) const {
    score_of((x - mu) * r, g);
  }
  // The scores of a row for each theta of some, side by side; returns their scales.
  template <class V>
  static V lane_score(const V* theta, V x, V* g) {
    score_of((x - theta[0]) * (1.0 / theta[1]), g);
    return theta[1];
  }
  // -z - log 2 beyond mu, log(1 - exp(z) / 2) before.
  template <class T>
  static T log_tail(const T* theta, double x, bool upper) {
    const T z = (T(x) - theta[0]) / theta[1], beyond = upper ? z : -z;
    constexpr double log_2 = ln2_hi + ln2_lo;
    return beyond.v >= 0 ? -beyond - T(log_2) : log_one_less_exp(T(log_2) - beyond);
  }

 private:
  template <class V>
  THETAHAT_INLINE static void score_of(V z, V* g) {
    g[0] = sign(z);
    g[1] = abs(z) - 1.0;
  }
  template <class V>
  static V sign(V z) {
    return select(z > 0.0, splat<V>(1.0), select(z < 0.0, splat<V>(-1.0), V{}));
  }
};

THETAHAT_FAMILY(laplace)

}  // namespace thetahat::THETAHAT_ISA
