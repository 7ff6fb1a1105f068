// Logistic(mu, s): log f = -log s - |z| - 2 log(1 + exp(-|z|)),  z = (x - mu) / s.
// Sums at theta, with h = tanh(z/2) and p = dh/dz: of |z|, h, z h, p, z p, z^2 p, and the product of
// 1 + exp(-|z|).
#pragma once
#include "thetahat/sums/logistic_parts.hpp"
#include "thetahat/sums/terms.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/standardize.hpp"

namespace thetahat::THETAHAT_ISA {

struct logistic {
  enum { ABS_Z, H, ZH, P, ZP, Z2P, n_terms };
  enum { PRODUCT_OF_U, n_factors };
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {real_parameter(1), positive_parameter(1)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional = own_sum | lane_scores | starts | closed_tails;
  static constexpr int line = thetahat_real_line;
  using sums = term_sums<n_terms, n_factors>;

  double mu, s, r, log_s;

  explicit logistic(const double* theta)
      : mu(theta[0]), s(theta[1]), r(1.0 / theta[1]), log_s(log(theta[1])) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return s; }

  static bool valid(const double* theta) { return real(theta[0]) && positive(theta[1]); }
  static bool in_support(double) { return true; }

  // Rough values by mean and variance.
  static bool start(const pilot& p, double* theta) {
    const auto [mean, sd] = p.moments();
    theta[0] = mean, theta[1] = sd * 0.5513288954217921;  // sqrt(3) / pi
    return sd > 0;
  }

  sums sum(const block& b) const {
    const sums s = sum_terms<n_terms, n_factors>(*this, b);
    return small_slopes(s.sum[P].hi, s.n) ? sum_terms<n_terms, n_factors>(near_terms{*this}, b) : s;
  }
  template <class V>
  THETAHAT_INLINE void terms(V x, V* t, V* u) const {
    V z = (x - mu) * r;
    const logistic_parts<V> at(z);
    t[ABS_Z] = at.a;
    t[H] = at.slope(z);
    t[ZH] = z * t[H];
    t[P] = at.curvature();
    t[ZP] = z * t[P];
    t[Z2P] = z * t[ZP];
    u[PRODUCT_OF_U] = at.u;
  }
  double log_likelihood(const sums& at) const {
    return -at.n * log_s - at.sum[ABS_Z].hi - 2 * at.product[PRODUCT_OF_U].value();
  }
  void score(const sums& at, double* g) const {
    g[0] = at.sum[H].hi;
    g[1] = at.sum[ZH].hi - at.n;
  }
  void information(const sums& at, double* J) const {
    J[0] = at.sum[P].hi;
    J[1] = J[2] = (at.sum[H] + at.sum[ZP]).hi;
    J[3] = 2 * at.sum[ZH].hi + at.sum[Z2P].hi - at.n;
  }
  template <class V>
  V log_density(V x) const {
    const logistic_parts<V> at(finite_quotient((x - mu) * r, x, mu, s));
    return -log_s - at.a - 2.0 * log1p(at.e);
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
  template <class T>
  static T log_tail(const T* theta, double x, bool upper) {
    const T z = (T(x) - theta[0]) / theta[1];
    return log_logistic_survival(upper ? z : -z);
  }

 private:
  struct near_terms {
    const logistic& at;
    THETAHAT_INLINE void terms(vec x, vec* t, vec* u) const {
      const vec z = (x - at.mu) * at.r;
      at.terms(x, t, u);
      t[H] = logistic_parts<vec>(z).near_slope(z);
      t[ZH] = z * t[H];
    }
  };
  template <class V>
  THETAHAT_INLINE static void score_of(V z, V* g) {
    g[0] = logistic_parts<V>(z).slope(z);
    g[1] = z * g[0] - 1.0;
  }
};

THETAHAT_FAMILY(logistic)

}  // namespace thetahat::THETAHAT_ISA
