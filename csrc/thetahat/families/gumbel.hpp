// Gumbel(mu, beta), of maxima: log f = -log beta - z - exp(-z),  z = (x - mu) / beta.
// Sums at theta, with e = exp(-z): of z, e, z e, z^2 e, and on to z^4 e.
#pragma once
#include "thetahat/sums/exponential_powers.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/standardize.hpp"

namespace thetahat::THETAHAT_ISA {

struct gumbel {
  enum { Z, E, ZE, Z2E, Z3E, Z4E, n_terms };
  static_assert(n_terms == E + n_powers);
  static constexpr int n_params = 2, n_factors = 0;
  static constexpr thetahat_parameter parameters[] = {real_parameter(1), positive_parameter(1)};
  static constexpr bool sufficient = false;
  static constexpr unsigned optional = own_sum | shifts | lane_scores | starts;
  using sums = term_sums<n_terms, n_factors>;

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
    sums s = sum_terms<n_terms, n_factors>(*this, b);
    if (near(s)) s.sum[E] = sum_near_one(s.n, {mu, -r}, b);
    return s;
  }
  template <class V>
  void terms(V x, V* t, V*) const {
    V z = (x - mu) * r;
    t[Z] = z;
    exponential_powers(z, exp_for_sums(-z), t + E);
  }
  // The sums at a theta near by: z there is c z + d.
  bool shift_sums(sums& s, const gumbel& to) const {
    const double c = beta / to.beta, d = (mu - to.mu) * to.r;
    s.sum[Z] = s.sum[Z] * c + s.n * d;
    return shift_powers(s.sum + E, c, d, exp(-d), 1 - c, s.sum + E);
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

 private:
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
