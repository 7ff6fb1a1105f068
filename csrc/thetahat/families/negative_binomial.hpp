// Negative binomial(size r, mu): log f = log[Gamma(y) / (Gamma(r) x!)] + r log(r / m) + x log(mu / m),
// x = 0, 1, 2, ..., y = x + r, m = mu + r. With v = (x - mu) / m, w = -r v / x, phi(d) = d - log(1 + d),
// S = stirling_remainder and D = log - digamma this is, for x > 0,
//   log f = -r phi(v) - x phi(w) - log(2 pi x y / r)/2 + S(y) - S(r) - S(x),
//   d/dr  = D(r) - D(y) - phi(v),    -d2/dr2 = D'(y) - D'(r) - v^2 / y,    mu d/dmu = r v:
// differences of numbers >= 0 that are as small as the result where r is large, and the distribution nearly
// Poisson's. Sums at theta: of these four. Units of mu are those of mu; the size has none.
#pragma once
#include "thetahat/sums/counts.hpp"
#include "thetahat/sums/log_gap.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/gamma.hpp"

namespace thetahat::THETAHAT_ISA {

struct negative_binomial {
  enum { LOG_F, D_R, MINUS_D2_R, DEVIATION, n_terms };  // by r; the deviation is v
  static constexpr int n_params = 2, n_factors = 0;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(0), positive_parameter(1)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional = count_terms | starts | conditional;
  static constexpr int line = thetahat_counts;
  using sums = term_sums<n_terms, n_factors>;

  double r, mu, inverse, inverse_r, p, q;  // inverse = 1 / m, p = r / m, q = mu / m
  gamma_rest<double> at_r;
  double log_norm;  // log(2 pi mu m / r)/2 + S(r)

  THETAHAT_INLINE explicit negative_binomial(const double* theta)
      : r(theta[0]),
        mu(theta[1]),
        inverse(1.0 / (r + mu)),
        inverse_r(1.0 / r),
        p(r * inverse),
        q(mu * inverse),
        at_r(gamma_rest_at(r)),
        log_norm(half_log_2pi + 0.5 * (log(mu) - (p > tiny_ratio ? log(p) : log(r) - log(r + mu))) +
                 at_r.stirling_remainder) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return mu; }

  static bool valid(const double* theta) { return positive(theta[0]) && positive(theta[1]); }
  static bool in_support(double x) { return is_count(x); }

  // Rough values by mean and variance, or by twice the mean for the latter. Squares may overflow.
  static bool start(const pilot& p, double* theta) {
    const auto [mean, sd] = p.moments();
    const double over = sd * (sd / mean) - 1;
    theta[0] = over > 0 ? mean / over : mean, theta[1] = mean;
    return mean != 0;
  }
  // Only of rows whose variance is above their mean.
  static bool may_exist(const pilot& p, double* figures) {
    const auto [mean, sd] = p.moments();
    figures[0] = sd * sd, figures[1] = mean;
    return sd * sd > mean || mean == 0;
  }

  THETAHAT_INLINE void terms(double x, double* t, double*) const {
    if (x >= from_large) return large_terms(x, t);
    fill(x, gamma_rest_at(x + r), stirling_remainder(x), t);
    const double odds = mu * inverse_r;
    if (x == 0) t[LOG_F] = -r * (odds < HUGE_VAL ? log1p(odds) : log(mu) - log(r));
  }
#if THETAHAT_WIDTH > 1
  THETAHAT_INLINE void terms(vec x, vec* t, vec*) const {
    large_terms(select(x < from_large, splat<vec>(from_large), x), t);
    double small[n_terms];
    for (int i = 0; i < width; ++i)
      if (x[i] < from_large) {
        terms(x[i], small, nullptr);
        for (int k = 0; k < n_terms; ++k) t[k][i] = small[k];
      }
  }
#endif
  // Of counts from 16 on.
  template <class V>
  THETAHAT_INLINE void large_terms(V x, V* t) const {
    fill(x, gamma_rest_far(1.0 / (x + r)), stirling_remainder_tail(1.0 / x), t);
  }
  double log_likelihood(const sums& s) const { return s.sum[LOG_F].hi; }
  void score(const sums& s, double* g) const {
    g[0] = s.sum[D_R].hi;
    g[1] = r * s.sum[DEVIATION].hi;
  }
  // In units of mu; x - mu = m v.
  void information(const sums& s, double* J) const {
    J[0] = s.sum[MINUS_D2_R].hi;
    J[1] = J[2] = -q * s.sum[DEVIATION].hi;
    J[3] = s.n * mu * p + r * (1 + q) * s.sum[DEVIATION].hi;
  }
  template <class V>
  V log_density(V x) const {
    V t[n_terms];
    terms(x, t, nullptr);
    return t[LOG_F];
  }
  template <class V>
  void row_score(V x, V* g) const {
    V t[n_terms];
    terms(x, t, nullptr);
    score_of(t, g);
  }
  void large_row_score(vec x, vec* g) const {
    vec t[n_terms];
    large_terms(x, t);
    score_of(t, g);
  }

 private:
  static constexpr double from_large = 16;

  template <class V>
  void score_of(const V* t, V* g) const {
    g[0] = t[D_R];
    g[1] = r * t[DEVIATION];
  }

  // t, given the rest of Gamma at y, and S(x).
  template <class V>
  THETAHAT_INLINE void fill(V x, const gamma_rest<V>& at_y, V stirling_x, V* t) const {
    V y = x + r, inverse_y = 1.0 / y, v = (x - mu) * inverse, w = -r * v / x, grown = y * inverse;
    V log_v = log_normal_range(grown), log_w = log_normal_range(grown * (mu / x)), phi_v = phi(v, log_v);
    V half = 0.5 * (x * inverse_r * inverse_y);  // 1/(2r) - 1/(2y)
    t[LOG_F] = (at_y.stirling_remainder - stirling_x) - (r * phi_v + x * phi(w, log_w)) -
               (log_v - 0.5 * log_w) - log_norm;
    t[D_R] = half + (at_r.digamma - at_y.digamma) - phi_v;
    t[MINUS_D2_R] = half * (inverse_r + inverse_y) + (at_r.trigamma - at_y.trigamma) - v * v * inverse_y;
    t[DEVIATION] = v;
  }
};

THETAHAT_FAMILY(negative_binomial)

}  // namespace thetahat::THETAHAT_ISA
