// Generalized extreme value(mu, sigma, xi), of maxima: log f = -log sigma - (1 + xi) y - exp(-y),
// y = log(v) / xi,  v = 1 + xi z > 0,  z = (x - mu) / sigma; Gumbel at xi = 0, where y = z.
// With i = 1/v, q = z/v, b = (y - q)/xi, c = (2 b - q^2)/xi:
//   dy/dz = i,  di/dz = -xi i^2,  dq/dz = i^2,  db/dz = q i,
//   dy/dxi = -b,  di/dxi = -q i,  dq/dxi = -q^2,  db/dxi = -c.
// Sums at theta, with e = exp(-y): of y, b, c, i^2, i q, q^2, e, e i^2, e i q, e q^2, e b i, e b q, e b^2,
// e c, and the rows outside the support, where v is taken for 1. Since i + xi q = 1, they give those of i, q,
// e i, e q and e b too: nothing cancels there where v > 1, and not more than in v itself where v < 1.
#pragma once
#include "thetahat/sums/terms.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/standardize.hpp"

namespace thetahat::THETAHAT_ISA {

struct gev {
  enum { Y, B, C, II, IQ, QQ, E, EII, EIQ, EQQ, EBI, EBQ, EBB, EC, OUTSIDE, n_terms };
  static constexpr int n_params = 3, n_factors = 0;
  static constexpr thetahat_parameter parameters[] = {real_parameter(1), positive_parameter(1),
                                                      shape_above_minus_one()};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional =
      bounded_at | starts | more_starts | conditional | errors_hold | reversed_hazard;
  static constexpr int line = thetahat_real_line;
  using sums = term_sums<n_terms, n_factors>;

  double mu, sigma, xi, r, log_sigma, inverse, k;  // inverse: of xi; k = 1 + xi

  explicit gev(const double* theta)
      : mu(theta[0]),
        sigma(theta[1]),
        xi(theta[2]),
        r(1.0 / theta[1]),
        log_sigma(log(theta[1])),
        inverse(1.0 / theta[2]),
        k(1.0 + theta[2]) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return sigma; }

  static bool valid(const double* theta) {
    return real(theta[0]) && positive(theta[1]) && above_minus_one(theta[2]);
  }
  static bool in_support(double) { return true; }
  bool in_support_at(double x) const { return 1.0 + xi * ((x - mu) * r) > 0; }
  static bool has_standard_errors(const double* theta) { return regular_shape(theta[2]); }

  // Rough values by three quantiles, where -log p is 4 a, a and a / 4, a = log 2: they lie apart in the ratio
  // 4^xi. Gumbel's with the moments of these rows, where two are equal. Sigma is large enough for the support
  // to hold them.
  static bool start(const pilot& p, double* theta) {
    double q[4];
    p.quantiles(4, start_shares, q);
    const double low = q[1], median = q[2], high = q[3];
    if (!(low < median && median < high)) {
      const auto [mean, sd] = p.moments();
      theta[1] = sd * 0.7796968012336761;  // sqrt(6) / pi
      theta[0] = mean - 0.5772156649015329 * theta[1], theta[2] = 0.0;
      return theta[1] > 0;
    }
    const double xi = log((high - median) / (median - low)) / (2 * log_2);
    start_at(p, q, xi < -0.45 ? -0.45 : xi > 2 ? 2.0 : xi, theta);
    return true;
  }
  // Of rows of two values the likelihood has no maximum in three parameters.
  static bool may_exist(const pilot& p, double* figures) {
    const double least = p.least(), greatest = p.greatest();
    for (int64_t i = 0; i < p.n; ++i)
      if (least < p.x[i] && p.x[i] < greatest) return true;
    figures[0] = least, figures[1] = greatest;
    return false;
  }
  // And by the same quantiles, for other shapes.
  static int other_starts(const pilot& p, double (*starts)[thetahat_max_params]) {
    double q[4];
    p.quantiles(4, start_shares, q);
    if (!(q[1] < q[2] && q[2] < q[3])) return 0;
    constexpr double shapes[] = {-0.3, 0.7, 2.0};
    int n = 0;
    for (double xi : shapes) start_at(p, q, xi, starts[n++]);
    return n;
  }

  template <class V>
  THETAHAT_INLINE void terms(V x, V* t, V*) const {
    const row<V> at(*this, x);
    const V e = exp_for_sums(-at.y), eb = e * at.b;
    t[Y] = at.y;
    t[B] = at.b;
    t[C] = at.c;
    t[II] = at.i * at.i;
    t[IQ] = at.i * at.q;
    t[QQ] = at.q * at.q;
    t[E] = e;
    t[EII] = e * t[II];
    t[EIQ] = e * t[IQ];
    t[EQQ] = e * t[QQ];
    t[EBI] = eb * at.i;
    t[EBQ] = eb * at.q;
    t[EBB] = eb * at.b;
    t[EC] = e * at.c;
    t[OUTSIDE] = at.outside;
  }
  double log_likelihood(const sums& s) const {
    if (!none_outside(s)) return -HUGE_VAL;
    return -s.n * log_sigma - (s.sum[Y] * k + s.sum[E]).hi;
  }
  // With a = k - e: d/dmu in units of 1/sigma: a i;  d/dsigma in the same: a q - 1;  d/dxi: a b - y. There is
  // no score where rows lie outside.
  void score(const sums& s, double* g) const {
    const bool good = none_outside(s);
    g[0] = good ? (whole(s, II, IQ) * k - whole(s, EII, EIQ)).hi : NAN;
    g[1] = good ? (whole(s, IQ, QQ) * k - whole(s, EIQ, EQQ)).hi - s.n : NAN;
    g[2] = good ? (s.sum[B] * k - whole(s, EBI, EBQ) - s.sum[Y]).hi : NAN;
  }
  // By row: k i^2 (e - xi);  a i^2 + e i q;  a q (1 + i) + e q^2 - 1;
  //         i (e b + a q - 1);  q (e b + a q - 1);  e b^2 + a c - 2 b.
  void information(const sums& s, double* J) const {
    const double_double* of = s.sum;
    J[0] = k * (of[EII] - of[II] * xi).hi;
    J[1] = J[3] = (of[II] * k - of[EII] + of[EIQ]).hi;
    J[2] = J[6] = (of[EBI] + of[IQ] * k - of[EIQ] - whole(s, II, IQ)).hi;
    J[4] = ((whole(s, IQ, QQ) + of[IQ]) * k - whole(s, EIQ, EQQ) - of[EIQ] + of[EQQ]).hi - s.n;
    J[5] = J[7] = (of[EBQ] + of[QQ] * k - of[EQQ] - whole(s, IQ, QQ)).hi;
    J[8] = (of[EBB] + of[C] * k - of[EC] - of[B] * 2).hi;
  }
  template <class V>
  V log_density(V x) const {
    const row<V> at(*this, x);
    const V w = xi * finite_quotient((x - mu) * r, x, mu, sigma);
    const V far = (log(fabs(xi)) + log_quotient(x, mu, log_sigma)) * inverse;
    const V y = select(w < 0x1p1000, at.y, far), e = exp(-y);
    const auto good = (at.outside == 0.0) | (w >= 0x1p1000);
    return select(good & (e < HUGE_VAL), -k * y - e - log_sigma, splat<V>(-HUGE_VAL));
  }
  template <class V>
  void row_score(V x, V* g) const {
    const row<V> at(*this, x);
    const V a = k - exp_for_sums(-at.y), none = splat<V>(NAN);
    g[0] = select(at.outside == 0.0, a * at.i, none);
    g[1] = select(at.outside == 0.0, a * at.q - 1.0, none);
    g[2] = select(at.outside == 0.0, a * at.b - at.y, none);
  }
  // exp(-y) at a less that at b: e(b) expm1(y(b) - y(a)); infinite up to the lower end of the support.
  template <class T>
  static T reversed_hazard_between(const T* theta, double a, double b) {
    const T at_a = 1.0 + theta[2] * ((T(a) - theta[0]) / theta[1]);
    if (!(at_a.v > 0)) return T(theta[2].v > 0 ? HUGE_VAL : 0.0);
    if (b == HUGE_VAL) return exp(-log1p_scaled(theta[2], (T(a) - theta[0]) / theta[1]));
    const T z = (T(b) - theta[0]) / theta[1], step = (b - a) / theta[1] / at_a;
    if (!(1.0 + theta[2].v * z.v > 0)) return reversed_hazard_between(theta, a, HUGE_VAL);
    return exp(-log1p_scaled(theta[2], z)) * expm1(log1p_scaled(theta[2], step));
  }

 private:
  static constexpr double log_2 = 0.6931471805599453;
  static constexpr double start_shares[] = {0.0, 0.0625, 0.5, 0.8408964152537145};

  // Of a shape, by the quantiles of these shares.
  static void start_at(const pilot& p, const double* q, double xi, double* theta) {
    const double least = q[0], low = q[1], median = q[2], high = q[3];
    const double sigma = (high - low) / (quantile(0.25 * log_2, xi) - quantile(4 * log_2, xi));
    const double mu = median - sigma * quantile(log_2, xi);
    const double enough = 1.02 * xi * (mu - (xi < 0 ? p.greatest() : least));
    theta[0] = mu, theta[1] = enough > sigma ? enough : sigma, theta[2] = xi;
  }
  // Of the share exp(-e), at mu = 0 and sigma = 1.
  static double quantile(double e, double xi) {
    const double y = -log(e);
    return fabs(xi) > 1e-3 ? (exp(xi * y) - 1) / xi : y;
  }

  // y, i, q, b and c of a row: where |w| < 1/4, w = xi z, from psi = (2 log v - 2 w + w^2) / w^3, in which
  // nothing cancels by the series that log itself is made of; elsewhere from log v.
  template <class V>
  struct row {
    V y, i, q, b, c;
    V outside;  // 1 where v <= 0, 0 elsewhere; NaN for x that is not finite, or where v is infinite

    THETAHAT_INLINE row(const gev& f, V x) {
      V z = (x - f.mu) * f.r, w = f.xi * z, v = 1.0 + w;
      const auto inside = v > 0.0, near = abs(w) < 0.25;
      outside = select(v <= 0.0, splat<V>(1.0), v - v) + (x - x);
      z = select(inside, z, V{});
      v = select(inside, v, splat<V>(1.0));
      i = 1.0 / v;
      q = z * i;
      const log_reduced<V> at = log_reduce(v);  // v = 1 + w where it is near 1
      V u = select(near, w, at.f), d = 1.0 / (u + 2.0), t = u * d, t2 = t * t, p = log_rest_over_z(t2);
      V psi = (1.0 + 2.0 * p * d * d) * d, h = 0.5 * u * u, rest = 0.5 - 0.5 * w * psi;
      V log_v = at.k * ln2_hi - ((h - (t * (h + t2 * p) + at.k * ln2_lo)) - u);
      y = select(near, z * (1.0 - w * rest), log_v * f.inverse);
      b = select(near, z * z * (i - rest), (y - q) * f.inverse);
      c = select(near, z * z * z * (psi - w * i * i), (2.0 * b - q * q) * f.inverse);
    }
  };

  // The sum of t (i + xi q) = t, by those of t i and t q.
  double_double whole(const sums& s, int of_i, int of_q) const { return s.sum[of_i] + s.sum[of_q] * xi; }
  static bool none_outside(const sums& s) { return s.sum[OUTSIDE].hi == 0; }
};

THETAHAT_FAMILY(gev)

}  // namespace thetahat::THETAHAT_ISA
