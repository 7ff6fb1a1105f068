// Log-logistic(shape k, scale s): log x is Logistic(log s, 1/k). log f = log k - log s - q - |z| - 2 log u,
// q = log(x / s), z = k q, u = 1 + exp(-|z|), x > 0.
// Sums at theta, with h = tanh(z/2) and p = dh/dz: of q + |z|, h, q h, p, q p, q^2 p, and the product of u.
#pragma once
#include "thetahat/sums/logistic_parts.hpp"
#include "thetahat/sums/log_ratios.hpp"
#include "thetahat/sums/terms.hpp"
#include "thetahat/families/register.hpp"

namespace thetahat::THETAHAT_ISA {

struct loglogistic {
  enum { Q_ABS_Z, H, QH, P, QP, Q2P, n_terms };
  enum { PRODUCT_OF_U, n_factors };
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(0), positive_parameter(1)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional = own_sum | starts | closed_tails;
  static constexpr int line = thetahat_half_line;
  using sums = term_sums<n_terms, n_factors>;

  double k, s, r, log_k, log_s;

  explicit loglogistic(const double* theta)
      : k(theta[0]), s(theta[1]), r(1.0 / theta[1]), log_k(log(theta[0])), log_s(log(theta[1])) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return s; }

  static bool valid(const double* theta) { return positive(theta[0]) && positive(theta[1]); }
  static bool in_support(double x) { return x > 0; }

  // Rough values by mean and variance of log x.
  static bool start(const pilot& p, double* theta) {
    const double centre = p.median();
    const auto [mean, sd] = p.log_moments(centre);
    theta[0] = 1.8137993642342178 / sd, theta[1] = centre * exp(mean);  // pi / sqrt(3)
    return sd > 0;
  }

  // q of a block first: with one long chain of instructions after the other in each turn of a loop, a
  // processor sees too few rows to work on at once.
  sums sum(const block& b) const {
    double q[block_rows];
    log_ratios(b, s, r, q);
    const block rows = {q, b.w, b.n};
    const sums at = sum_terms<n_terms, n_factors>(*this, rows);
    return small_slopes(at.sum[P].hi, at.n) ? sum_terms<n_terms, n_factors>(near_terms{*this}, rows) : at;
  }
  template <class V>
  THETAHAT_INLINE void terms(V q, V* t, V* u) const {
    V z = k * q;
    const logistic_parts<V> at(z);
    t[Q_ABS_Z] = q + at.a;
    t[H] = at.slope(z);
    t[QH] = q * t[H];
    t[P] = at.curvature();
    t[QP] = q * t[P];
    t[Q2P] = q * t[QP];
    u[PRODUCT_OF_U] = at.u;
  }
  double log_likelihood(const sums& at) const {
    return at.n * log_k - at.n * log_s - at.sum[Q_ABS_Z].hi - 2 * at.product[PRODUCT_OF_U].value();
  }
  // d/dk: 1/k - q h;  d/ds in units of s: k h.
  void score(const sums& at, double* g) const {
    g[0] = at.n / k - at.sum[QH].hi;
    g[1] = k * at.sum[H].hi;
  }
  void information(const sums& at, double* J) const {
    J[0] = at.n / k / k + at.sum[Q2P].hi;
    J[1] = J[2] = -(at.sum[H].hi + k * at.sum[QP].hi);
    J[3] = k * (at.sum[H].hi + k * at.sum[P].hi);
  }
  template <class V>
  V log_density(V x) const {
    V q = log_ratio(x, s, r);
    const logistic_parts<V> at(k * q);
    return log_k - log_s - (q + at.a) - 2.0 * log1p(at.e);
  }
  template <class V>
  void row_score(V x, V* g) const {
    V q = log_ratio(x, s, r), z = k * q, h = logistic_parts<V>(z).slope(z);
    g[0] = 1 / k - q * h;
    g[1] = k * h;
  }
  template <class T>
  static T log_tail(const T* theta, double x, bool upper) {
    const T z = theta[0] * log_ratio(at_least(x, 0.0), theta[1]);
    return log_logistic_survival(upper ? z : -z);
  }

 private:
  struct near_terms {
    const loglogistic& at;
    THETAHAT_INLINE void terms(vec q, vec* t, vec* u) const {
      const vec z = at.k * q;
      at.terms(q, t, u);
      t[H] = logistic_parts<vec>(z).near_slope(z);
      t[QH] = q * t[H];
    }
  };
};

THETAHAT_FAMILY(loglogistic)

}  // namespace thetahat::THETAHAT_ISA
