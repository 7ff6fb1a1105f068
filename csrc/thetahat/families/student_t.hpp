// Student t(mu, sigma, nu): log f = c(nu) - log sigma - (nu + 1)/2 log v,  v = 1 + z^2,
// z = (x - mu) / (sigma sqrt(nu)),  c = lgamma((nu + 1)/2) - lgamma(nu/2) - log(nu pi)/2.
// Sums at theta, with w = 1/v and q = z^2 w: of z w, q, z w^2, q w, and the product of v. (Where nu is large,
// v is so near 1 that a product would lose it: the sum of log1p(z^2) then, as for rows much nearer to mu than
// sigma.)
#pragma once
#include "thetahat/sums/terms.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/standardize.hpp"
#include "thetahat/math/gamma.hpp"

namespace thetahat::THETAHAT_ISA {

// What sums rows at theta.
struct student_t_rows {
  enum { ZW, Q, ZW2, QW, LOG_V, n_terms };
  enum { PRODUCT_OF_V, n_factors };
  using sums = term_sums<n_terms, n_factors>;

  double mu, sigma, nu, r;
  bool near_normal;

  THETAHAT_INLINE explicit student_t_rows(const double* theta)
      : mu(theta[0]),
        sigma(theta[1]),
        nu(theta[2]),
        r(sigma * sqrt(nu) < 0x1p-1022 ? 1.0 / sigma / sqrt(nu) : 1.0 / (sigma * sqrt(nu))),
        near_normal(nu > 1e4) {}

  sums sum(const block& b) const {
    const sums s = sum_terms<n_terms, n_factors>(*this, b);
    if (near_normal || b.n < lanes || !(s.sum[Q].hi < 0x1p-15 * s.n)) return s;
    student_t_rows near = *this;
    near.near_normal = true;
    return sum_terms<n_terms, n_factors>(near, b);
  }
  template <class V>
  THETAHAT_INLINE void terms(V x, V* t, V* u) const {
    V z = (x - mu) * r, z2 = z * z, v = 1.0 + z2, w = 1.0 / v;
    t[ZW] = z * w;
    t[Q] = z2 * w;
    t[ZW2] = t[ZW] * w;
    t[QW] = t[Q] * w;
    t[LOG_V] = near_normal ? log1p(z2) : z - z;
    u[PRODUCT_OF_V] = near_normal ? v / v : v;
  }
};

struct student_t : student_t_rows {
  static constexpr int n_params = 3;
  static constexpr thetahat_parameter parameters[] = {real_parameter(1), positive_parameter(1),
                                                      positive_parameter(0)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional = own_sum | sums_apart | starts | more_starts;
  static constexpr int line = thetahat_wide_line;
  using of_rows = student_t_rows;

  double k, log_norm, slope;  // k = nu + 1; slope = c'(nu)

  THETAHAT_INLINE explicit student_t(const double* theta)
      : student_t_rows(theta),
        k(nu + 1.0),
        log_norm(log(sigma) + half_log_2pi - log_gamma_half_ratio(0.5 * nu)),
        slope(0.5 * log_gamma_half_ratio_slope(0.5 * nu)) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return sigma; }

  static bool valid(const double* theta) {
    return real(theta[0]) && positive(theta[1]) && positive(theta[2]);
  }
  static bool in_support(double) { return true; }

  // Rough values by the quartiles for nu = 4, which lie 1.48 sigma apart.
  static bool start(const pilot& p, double* theta) {
    constexpr double shares[] = {0.25, 0.5, 0.75};
    double q[3];
    p.quantiles(3, shares, q);
    theta[0] = q[1], theta[1] = (q[2] - q[0]) / 1.4814, theta[2] = 4.0;
    return q[2] > q[0];
  }

  // And by the shortest intervals of some shares, where rows lie far denser there than between the quartiles:
  // of several clusters, or a narrow one among rows far apart, the likelihood has a maximum at each.
  static int other_starts(const pilot& p, double (*starts)[thetahat_max_params]) {
    constexpr double shares[] = {0.5, 0.25, 0.1, 0.03}, quartiles[] = {0.25, 0.75};
    interval dense[4];
    double q[2];
    p.quantiles(2, quartiles, q);
    p.shortest(4, shares, dense);
    double width = 2 * 0.7 * (q[1] - q[0]);
    int n = 0;
    for (int k = 0; k < 4; ++k) {
      const double length = dense[k].high - dense[k].low;
      if (k > 0 && shares[k] * p.n < 4) break;  // so few rows lie close together by chance
      if (!(0 < length && length < width * shares[k])) continue;
      starts[n][0] = dense[k].low + 0.5 * length, starts[n][1] = 0.5 * length, starts[n][2] = 0.5;
      n += 1, width = 0.5 * length / shares[k];
    }
    return n;
  }

  double log_likelihood(const sums& s) const { return -s.n * log_norm - 0.5 * k * log_v(s); }

  // d/dmu: k z w / sqrt(nu);  d/dsigma: k q - 1;  d/dnu: c' - log(v)/2 + k q / (2 nu).
  void score(const sums& s, double* g) const {
    g[0] = k / sqrt(nu) * s.sum[ZW].hi;
    g[1] = k * s.sum[Q].hi - s.n;
    g[2] = s.n * slope - 0.5 * log_v(s) + 0.5 * k / nu * s.sum[Q].hi;
  }
  void information(const sums& s, double* J) const {
    const double root = sqrt(nu), zw = s.sum[ZW].hi, q = s.sum[Q].hi, zw2 = s.sum[ZW2].hi, qw = s.sum[QW].hi;
    J[0] = k / nu * (s.n - q - 2 * qw);
    J[1] = J[3] = 2 * k / root * zw2;
    J[2] = J[6] = (k / nu * zw2 - zw) / root;
    J[4] = k * (q + 2 * qw) - s.n;
    J[5] = J[7] = k / nu * qw - q;
    J[8] = -0.25 * s.n * log_gamma_half_ratio_curvature(0.5 * nu) + 0.5 * (k * qw - (nu - 1) * q) / nu / nu;
  }
  template <class V>
  V log_density(V x) const {
    V z = (x - mu) * r, z2 = z * z, far = 2.0 * log_quotient(x, mu, log(sigma)) - log(nu);
    V log_v = select(x == mu, V{}, select(z2 < HUGE_VAL, log1p(z2), far));
    return -0.5 * k * log_v - log_norm;
  }
  template <class V>
  void row_score(V x, V* g) const {
    V z = (x - mu) * r, z2 = z * z, w = 1.0 / (1.0 + z2), q = z2 * w;
    g[0] = k / sqrt(nu) * (z * w);
    g[1] = k * q - 1.0;
    g[2] = slope - 0.5 * log1p(z2) + 0.5 * k / nu * q;
  }

 private:
  double log_v(const sums& s) const { return s.sum[LOG_V].hi + s.product[PRODUCT_OF_V].value(); }
};

THETAHAT_FAMILY(student_t)

}  // namespace thetahat::THETAHAT_ISA
