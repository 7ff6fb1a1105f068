// Gumbel(mu, beta), of maxima: log f = -log beta - z - exp(-z),  z = (x - mu) / beta.
// Sums at theta, with e = exp(-z): of z, e, z e, z^2 e, and on to z^8 e.
#pragma once
#include "thetahat/sums/exponential_powers.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/standardize.hpp"

namespace thetahat::THETAHAT_ISA {

struct gumbel {
  enum { Z, E, ZE, Z2E, Z3E, Z8E = E + taylor_order, n_terms };
  static constexpr int n_params = 2, n_factors = 0;
  static constexpr thetahat_parameter parameters[] = {real_parameter(1), positive_parameter(1)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional =
      own_sum | shifts | profiled | leaps | lane_scores | starts | reversed_hazard;
  static constexpr int line = thetahat_real_line;
  using sums = taylor_sums<n_terms, n_factors, Z3E, Z8E>;

  double mu, beta, r, log_beta;

  explicit gumbel(const double* theta)
      : mu(theta[0]), beta(theta[1]), r(1.0 / theta[1]), log_beta(log(theta[1])) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return beta; }

  static bool valid(const double* theta) { return real(theta[0]) && positive(theta[1]); }
  static bool in_support(double) { return true; }

  // Rough values by mean and variance.
  static bool start(const pilot& p, double* theta) {
    const auto [mean, sd] = p.moments();
    theta[1] = sd * gumbel_scale;
    theta[0] = mean - euler * theta[1];
    return theta[1] > 0;
  }

  sums sum(const block& b) const {
    sums s = {sum_terms<n_terms, n_factors>(first_terms<n_terms>{*this}, b)};
    keep_digits(b, s);
    return s;
  }
  sums sum_without_moments(const block& b) const {
    sums s = {};
    fill_in(sum_terms<Z3E, n_factors>(first_terms<Z3E>{*this}, b), s);
    keep_digits(b, s);
    return s;
  }
  // The sums at a theta near by: z there is c z + d.
  double shift_sums(sums& s, const gumbel& to) const {
    const double c = beta / to.beta, d = (mu - to.mu) * to.r;
    s.sum[Z] = s.sum[Z] * c + s.n * d;
    const double error = shift_powers(s.n, {-1.0, c, d, exp(-d), 1 - c}, s.sum + E);
    s.forget_moments();
    return error;
  }
  // The mean of e is 1 at the best mu.
  bool profile(const sums& s, const int* fixed, double* to) const {
    const double e = s.sum[E].hi / s.n;
    to[0] = mu - beta * log(e);
    return !fixed[0] && middling(e) && to[0] != mu;
  }
  // At too small a beta, e of few rows outweighs that of all others.
  bool leap(const sums& s, double* to) const {
    const double n = s.n, e = s.sum[E].hi, weight = -s.sum[ZE].hi / e;
    const double growth = far_growth(s.sum[Z].hi / n + weight, weight, s.sum[Z2E].hi / e - weight * weight);
    to[0] = mu + weight * beta * (growth - 1), to[1] = beta * growth;
    return growth > 1 && valid(to);
  }
  double log_likelihood(const sums& s) const { return -s.n * log_beta - (s.sum[Z] + s.sum[E]).hi; }
  void score(const sums& s, double* g) const {
    g[0] = near(s) ? -(s.sum[E] + -s.n).hi : s.n - s.sum[E].hi;
    g[1] = (s.sum[Z] - s.sum[ZE]).hi - s.n;
  }
  void information(const sums& s, double* J) const {
    J[0] = s.sum[E].hi;
    J[1] = J[2] = s.n + (s.sum[ZE] - s.sum[E]).hi;
    J[3] = s.sum[Z2E].hi + 2 * (s.sum[Z] - s.sum[ZE]).hi - s.n;
  }
  template <class V>
  V log_density(V x) const {
    V z = finite_quotient((x - mu) * r, x, mu, beta), e = exp(-z);
    return select(e < HUGE_VAL, -log_beta - z - e, splat<V>(-HUGE_VAL));
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
  // exp(-z) at a less that at b: e(b) expm1((b - a) / beta).
  template <class T>
  static T reversed_hazard_between(const T* theta, double a, double b) {
    if (b == HUGE_VAL) return exp((theta[0] - T(a)) / theta[1]);
    return exp((theta[0] - T(b)) / theta[1]) * expm1((b - a) / theta[1]);
  }

 private:
  template <int count>
  struct first_terms {
    const gumbel& family;
    THETAHAT_INLINE void terms(vec x, vec* t, vec*) const {
      vec z = (x - family.mu) * family.r;
      t[Z] = z;
      exponential_powers<count - E>(z, exp_for_sums(-z), t + E);
    }
  };
  void keep_digits(const block& b, sums& s) const {
    if (near(s)) s.sum[E] = sum_near_one(s.n, {mu, -r}, b);
  }
  static bool near(const sums& s) { return small_exponents(s.n, s.sum[E].hi, s.sum[Z2E].hi); }
  template <class V>
  THETAHAT_INLINE static void score_of(V z, V* g) {
    V e = exp_for_sums(-z);
    g[0] = 1.0 - e;
    g[1] = z - z * e - 1.0;
  }
};

THETAHAT_FAMILY(gumbel)

}  // namespace thetahat::THETAHAT_ISA
