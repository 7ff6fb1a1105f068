// Generalized Pareto(shape xi, scale s): log f = -log s - (1 + xi) q,  q = log(v) / xi,  v = 1 + xi z > 0,
// z = x / s >= 0; the exponential at xi = 0, where q = z. With y = z/v, b = (q - y)/xi, c = (2 b - y^2)/xi:
// dq/dxi = -b, dy/dxi = -y^2, db/dxi = -c.
// Sums at theta: of the rows outside the support, where v is taken for 1, of y, y^2, and on to y^13. Besides,
// the product of v, which gives q, b and c; or near xi = 0, where they would cancel, the sums of these.
#pragma once
#include "thetahat/sums/taylor_sums.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/standardize.hpp"

namespace thetahat::THETAHAT_ISA {

struct generalized_pareto {
  static constexpr int order = 12;  // of the series in xi: moments of y grow faster than those of a logarithm
  // The first n_far at all thetas.
  enum { OUTSIDE, Y, Y2, Y3, Y13 = Y + order, n_far, Q = n_far, B, C, n_terms };
  enum { PRODUCT_OF_V, n_factors };
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {shape_above_minus_one(), positive_parameter(1)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional =
      own_sum | shifts | bounded_at | starts | more_starts | errors_hold | hazard;
  static constexpr int line = thetahat_half_line;
  using sums = taylor_sums<n_terms, n_factors, Y3, Y13>;

  double xi, s, r, log_s, inverse;  // inverse: of xi
  bool near_exponential;

  explicit generalized_pareto(const double* theta)
      : xi(theta[0]),
        s(theta[1]),
        r(1.0 / theta[1]),
        log_s(log(theta[1])),
        inverse(1.0 / theta[0]),
        near_exponential(fabs(theta[0]) < 0.125) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return s; }

  static bool valid(const double* theta) { return above_minus_one(theta[0]) && positive(theta[1]); }
  static bool in_support(double x) { return x >= 0; }
  bool in_support_at(double x) const { return 1.0 + xi * (x * r) > 0; }
  static bool has_standard_errors(const double* theta) { return regular_shape(theta[0]); }

  // Rough values by two quartiles (Pickands 1975): Q(3/4) - Q(1/2) = 2^xi Q(1/2), Q(1/2) = s (2^xi - 1) / xi;
  // the exponential's where they are equal. The scale is large enough for the support to hold these rows.
  static bool start(const pilot& p, double* theta) {
    constexpr double log_2 = 0.6931471805599453, shares[] = {0.5, 0.75};
    double q[2];
    p.quantiles(2, shares, q);
    const double median = q[0], high = q[1];
    if (!(0 < median && median < high)) {
      theta[0] = 0.0, theta[1] = p.moments().mean;
      return theta[1] > 0;
    }
    double xi = log((high - median) / median) / log_2;
    xi = xi < -0.75 ? -0.75 : xi > 4 ? 4.0 : xi;
    const double growth = exp(xi * log_2) - 1, s = growth != 0 ? median * xi / growth : median / log_2;
    const double least = -1.02 * xi * p.greatest();
    theta[0] = xi, theta[1] = least > s ? least : s;
    return true;
  }

  // And by the median, for other shapes.
  static int other_starts(const pilot& p, double (*starts)[thetahat_max_params]) {
    const double median = p.median(), middle = median > 0 ? median : p.moments().mean;
    int n = 0;
    constexpr double shapes[] = {-0.4, 1.5};
    for (double xi : shapes) {
      const double s = middle * xi / (exp(xi * 0.6931471805599453) - 1), least = -1.02 * xi * p.greatest();
      starts[n][0] = xi, starts[n++][1] = least > s ? least : s;
    }
    return n;
  }

  sums sum(const block& b) const {
    sums s = {};
    if (near_exponential)
      copy(sum_terms<n_terms, 0>(near_terms<Y13>{*this}, b), s);
    else
      copy(sum_terms<n_far, n_factors>(far_terms<Y13>{*this}, b), s);
    return s;
  }
  sums sum_without_moments(const block& b) const {
    constexpr int far = Y3, near = Y3 + n_terms - n_far;
    sums s = {};
    if (near_exponential)
      fill_in(sum_terms<near, 0>(near_terms<Y2>{*this}, b), s);
    else
      fill_in(sum_terms<far, n_factors>(far_terms<Y2>{*this}, b), s);
    return s;
  }
  // The sums at a theta near by, where v is v + h z with z in units of s here. Their error is that of b, of
  // which rounding leaves little where it is (q - y) / xi of rows that are small beside the scale here.
  double shift_sums(sums& at, const generalized_pareto& to) const {
    const double ratio = s / to.s, h = to.xi * ratio - xi;
    if (!none_outside(at)) return HUGE_VAL;
    double g[order + 1], y = 0.0, y2 = 0.0, q = 0.0, b = 0.0, c = 0.0, term = 1.0;  // (-h)^k
    expand(at, h, g);
    for (int k = 0; k <= order; ++k, term *= -h) {
      y += term * at.sum[Y + k].hi;
      q += term * g[k];
      if (k < order) y2 += term * (k + 1) * at.sum[Y2 + k].hi, b += term * (k + 1) * g[k + 1];
      if (k + 1 < order) c += term * (k + 1) * (k + 2) * g[k + 2];
    }
    const double next_g = next_moment(g[order], g[order - 1]);
    const double next_y = fabs(h) * next_moment(at.sum[Y13].hi, at.sum[Y13 - 1].hi);
    // Where xi is not small there, b is (q - y) / xi of what is shifted; else it is a series, one term
    // shorter.
    const double of_b = to.near_exponential ? (order + 1) * next_g : fabs((h * next_g + next_y) / to.xi);
    const double missing = h != 0 ? fabs(term / h) * (of_b + next_y) : 0.0;
    const double rounding = near_exponential ? 0.0 : 0x1p-52 * ratio * ratio * fabs(g[0] * inverse);
    at.sum[Y] = {ratio * y, 0.0}, at.sum[Y2] = {ratio * ratio * y2, 0.0};
    at.sum[Q] = {ratio * q, 0.0}, at.sum[B] = {ratio * ratio * b, 0.0};
    at.sum[C] = {ratio * ratio * ratio * c, 0.0};
    at.product[PRODUCT_OF_V] = {1.0, 0.0, {to.xi * at.sum[Q].hi, 0.0}};
    at.forget_moments();
    return ((1 + to.xi) * missing + rounding) / at.n;
  }
  double log_likelihood(const sums& at) const {
    return none_outside(at) ? -at.n * log_s - (1 + xi) * q(at) : -HUGE_VAL;
  }
  // d/dxi: b - y;  d/ds in units of s: (1 + xi) y - 1. There is none where rows lie outside.
  void score(const sums& at, double* g) const {
    const bool good = none_outside(at);
    g[0] = good ? b(at) - at.sum[Y].hi : NAN;
    g[1] = good ? (1 + xi) * at.sum[Y].hi - at.n : NAN;
  }
  void information(const sums& at, double* J) const {
    const double y = at.sum[Y].hi, y2 = at.sum[Y2].hi;
    J[0] = c(at) - y2;
    J[1] = J[2] = (1 + xi) * y2 - y;
    J[3] = (1 + xi) * (2 * y - xi * y2) - at.n;
  }
  template <class V>
  V log_density(V x) const {
    const row<V> at(*this, x);
    const V far = (log(fabs(xi)) + log_quotient(x, 0.0, log_s)) * inverse;
    const V q = select(at.w < 0x1p1000, gaps<V>(*this, at).q, far);
    return -log_s - (1 + xi) * q;
  }
  template <class V>
  void row_score(V x, V* g) const {
    const row<V> at(*this, x);
    g[0] = select(at.inside, gaps<V>(*this, at).b - at.y, splat<V>(NAN));
    g[1] = (1 + xi) * at.y - 1.0;
  }
  // log(v(b) / v(a)) / xi; infinite from the end of the support on.
  template <class T>
  static T cumulative_hazard(const T* theta, double a, double b) {
    a = at_least(a, 0.0), b = at_least(b, 0.0);
    const T v = 1.0 + theta[0] * (a / theta[1]), step = (b - a) / theta[1] / v;
    if (!(v.v > 0) || !(1.0 + theta[0].v * step.v > 0)) return T(HUGE_VAL);
    return log1p_scaled(theta[0], step);
  }

 private:
  template <class V>
  struct row {
    V z, w, v, i, y;  // w = xi z, i = 1/v
    V outside;        // 1 where v <= 0, 0 elsewhere; NaN for x < 0, or where v is infinite
    decltype(V{} > V{}) inside;

    THETAHAT_INLINE row(const generalized_pareto& f, V x)
        : z(select(x >= 0.0, x * f.r, splat<V>(NAN))), w(f.xi * z), v(1.0 + w), inside(v > 0.0) {
      outside = select(v <= 0.0, splat<V>(1.0), v - v);
      z = select(inside, z, V{});
      v = select(inside, v, splat<V>(1.0));
      i = 1.0 / v;
      y = z * i;
    }
    template <int highest>  // power of y
    THETAHAT_INLINE void terms(V* t) const {
      t[OUTSIDE] = outside;
      t[Y] = y;
      THETAHAT_UNROLLED
      for (int j = Y2; j <= highest; ++j) t[j] = y * t[j - 1];
    }
  };

  // q, b and c of a row: where |w| < 1/4, from psi = (2 log v - 2 w + w^2) / w^3, in which nothing cancels by
  // the series that log itself is made of; elsewhere from log v.
  template <class V>
  struct gaps {
    V q, b, c;

    THETAHAT_INLINE gaps(const generalized_pareto& family, const row<V>& at) {
      const auto near = abs(at.w) < 0.25;
      const log_reduced<V> e = log_reduce(at.v);  // v = 1 + w where it is near 1
      V f = select(near, at.w, e.f), d = 1.0 / (f + 2.0), t = f * d, t2 = t * t, p = log_rest_over_z(t2);
      V psi = (1.0 + 2.0 * p * d * d) * d;
      V log_v = e.k * ln2_hi - ((t * (f - t2 * p) - e.k * ln2_lo) - f);
      q = select(near, at.z * (1.0 - at.w * (0.5 - 0.5 * at.w * psi)), log_v * family.inverse);
      V near_b = at.z * at.z * (at.i - (0.5 - 0.5 * at.w * psi));
      V near_c = at.z * at.z * at.z * (psi - at.w * at.i * at.i);
      b = select(near, near_b, (q - at.y) * family.inverse);
      c = select(near, near_c, (2.0 * b - at.y * at.y) * family.inverse);
    }
  };

  template <int highest>
  struct far_terms {
    const generalized_pareto& family;
    THETAHAT_INLINE void terms(vec x, vec* t, vec* u) const {
      const row<vec> at(family, x);
      at.template terms<highest>(t);
      u[PRODUCT_OF_V] = at.v;
    }
  };
  template <int highest>
  struct near_terms {
    const generalized_pareto& family;
    THETAHAT_INLINE void terms(vec x, vec* t, vec*) const {
      const row<vec> at(family, x);
      const gaps<vec> of(family, at);
      at.template terms<highest>(t);
      t[highest + 1] = of.q;
      t[highest + 2] = of.b;
      t[highest + 3] = of.c;
    }
  };
  template <int K, int L>
  static void copy(const term_sums<K, L>& from, sums& to) {
    to.n = from.n;
    for (int k = 0; k < K; ++k) to.sum[k] = from.sum[k];
    to.product[PRODUCT_OF_V] = L > 0 ? from.product[PRODUCT_OF_V] : log_product{1.0, 0.0, {}};
  }

  // g_k = (-1)^k / k! times the k-th derivative of q in xi: b, c / 2, and on by xi g_k = g_(k-1) - y^k / k,
  // which divides by xi; from the highest one down where a step h would make more of what that rounds.
  void expand(const sums& at, double h, double* g) const {
    g[0] = q(at), g[1] = b(at), g[2] = 0.5 * c(at);
    if (fabs(h) <= fabs(xi)) {
      for (int k = 3; k <= order; ++k) g[k] = (g[k - 1] - at.sum[Y - 1 + k].hi / k) * inverse;
      return;
    }
    g[order] = at.sum[Y13].hi / (order + 1);
    for (int k = order; k > 3; --k) g[k - 1] = xi * g[k] + at.sum[Y - 1 + k].hi / k;
  }
  static bool none_outside(const sums& at) { return at.sum[OUTSIDE].hi == 0; }
  double q(const sums& at) const {
    return near_exponential ? at.sum[Q].hi : at.product[PRODUCT_OF_V].value() / xi;
  }
  double b(const sums& at) const { return near_exponential ? at.sum[B].hi : (q(at) - at.sum[Y].hi) / xi; }
  double c(const sums& at) const {
    return near_exponential ? at.sum[C].hi : (2 * b(at) - at.sum[Y2].hi) / xi;
  }
};

THETAHAT_FAMILY(generalized_pareto)

}  // namespace thetahat::THETAHAT_ISA
