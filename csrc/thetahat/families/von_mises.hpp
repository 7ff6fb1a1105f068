// Von Mises(mu, kappa): log f = -kappa (1 - cos(x - mu)) - log(2 pi I0(kappa) exp(-kappa)), of period 2 pi.
// Sufficient: n, the mean direction m, and n - R, R the length of the unit vectors' sum:
// sum (1 - cos(x - mu)) = (n - R) + R (1 - cos(m - mu)).
#pragma once
#include "thetahat/sums/directions.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/bessel.hpp"

namespace thetahat::THETAHAT_ISA {

struct von_mises {
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {real_parameter(0), positive_parameter(0)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved;
  static constexpr int line = thetahat_circle;
  using sums = directions;

  double mu, kappa, log_norm, deficit;  // deficit = 1 - A(kappa), A = I1 / I0

  THETAHAT_INLINE explicit von_mises(const double* theta)
      : mu(less_far_turns(theta[0])),
        kappa(theta[1]),
        log_norm(log_bessel_i0e(kappa) + 2 * half_log_2pi),
        deficit(one_minus_bessel_ratio(kappa)) {}
  static double scale_of(const double*) { return 1.0; }
  double scale() const { return 1.0; }

  static bool valid(const double* theta) { return real(theta[0]) && positive(theta[1]); }
  static bool in_support(double) { return true; }

  static sums sum(const block& b) { return block_directions(b); }

  // mu = m, A(kappa) = R / n: Newton's method on 1 - A, which is convex, from Fisher's approximation. A
  // length below rounding is none.
  static bool maximum(const sums& s, const int*, double* theta) {
    const double gap = s.gap.hi / s.n, R = s.length() / s.n;
    theta[1] = gap > 0 ? 0.0 : HUGE_VAL;
    if (!(gap > 0 && R > 0x1p-50)) return false;
    double kappa = R * (1 + gap * (2 - gap)) / (gap * (2 - gap));
    for (int i = 0; i < 20; ++i) {
      const double step = (one_minus_bessel_ratio(kappa) - gap) / bessel_slope(kappa);
      kappa = step > -0.5 * kappa ? kappa + step : 0.5 * kappa;
      if (fabs(step) <= 0x1p-50 * kappa) break;
    }
    theta[0] = less_turns(s.mean);
    theta[1] = kappa;
    return true;
  }

  double log_likelihood(const sums& s) const { return -kappa * spread(s) - s.n * log_norm; }
  void score(const sums& s, double* g) const {
    g[0] = kappa * across(s);
    g[1] = s.n * deficit - spread(s);
  }
  void information(const sums& s, double* J) const {
    J[0] = kappa * s.length() * (1 - half_angle_from(s.mean, mu).one_less_cos());
    J[1] = J[2] = -across(s);
    J[3] = s.n * bessel_slope(kappa);
  }
  template <class V>
  V log_density(V x) const {
    return -kappa * half_angle_from(x, mu).one_less_cos() - log_norm;
  }
  template <class V>
  void row_score(V x, V* g) const {
    const half_angle<V> half = half_angle_from(x, mu);
    g[0] = kappa * half.sin();
    g[1] = deficit - half.one_less_cos();
  }

 private:
  // sum (1 - cos(x - mu)), and sum sin(x - mu) = R sin(m - mu).
  double spread(const sums& s) const {
    return s.gap.hi + s.length() * half_angle_from(s.mean, mu).one_less_cos();
  }
  double across(const sums& s) const { return s.length() * half_angle_from(s.mean, mu).sin(); }
};

THETAHAT_FAMILY(von_mises)

}  // namespace thetahat::THETAHAT_ISA
