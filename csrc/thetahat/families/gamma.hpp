// Gamma(shape a, scale s): log f = (a - 1) log x - x/s - a log s - lgamma(a), x > 0. With the mean m = a s
// and phi(d) = d - log(1 + d): log f = -log x - a phi(x/m - 1) + log(a / (2 pi))/2 - stirling_remainder(a).
// Sufficient: n, the mean, and sum phi about it.
#pragma once
#include "thetahat/sums/log_gap.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/gamma.hpp"

namespace thetahat::THETAHAT_ISA {

struct gamma {
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(0), positive_parameter(1)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved | own_covariance | starts;
  static constexpr int line = thetahat_half_line;
  using sums = log_gap;

  double a, s, unit, mean, log_norm, excess;  // mean = a s unit; excess = log a - digamma(a)

  explicit gamma(const double* theta)
      : a(theta[0]),
        s(theta[1]),
        unit(a * s < 0x1p-1000  ? 0x1p1000
             : a * s < HUGE_VAL ? 1.0
                                : 0x1p-1000),
        mean(a * (s * unit)),
        log_norm(stirling_remainder(a) + half_log_2pi - 0.5 * log(a)),
        excess(log_minus_digamma(a)) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return s; }

  static bool valid(const double* theta) { return positive(theta[0]) && positive(theta[1]); }
  static bool in_support(double x) { return x > 0; }

  // Rough values by mean and variance.
  static bool start(const pilot& p, double* theta) {
    const auto [mean, sd] = p.moments();
    const double r = mean / sd;
    theta[0] = r * r, theta[1] = sd / mean * sd;
    return sd > 0;
  }

  static sums sum(const block& b) { return block_log_gap(b); }

  // log a - digamma(a) = log(mean) - mean(log): Newton's method in 1/a after Minka (2002), where this is
  // nearly straight; s = mean / a.
  static bool maximum(const sums& sample, const int*, double* theta) {
    const double gap = sample.phi_sum.hi / sample.n;
    if (!(gap > 0)) return false;
    double a = (3 - gap + sqrt((gap - 3) * (gap - 3) + 24 * gap)) / (12 * gap);
    for (int i = 0; i < 20; ++i) {
      double inverse = 1 / a, miss = log_minus_digamma(a) - gap;
      double next = 1 / (inverse - miss / (a * a * trigamma_minus_inverse(a)));
      bool done = fabs(next - a) <= 0x1p-50 * a;
      a = next;
      if (done) break;
    }
    theta[0] = a;
    theta[1] = ldexp(sample.mean.hi / a, int(sample.exponent));
    return true;
  }

  double log_likelihood(const sums& sample) const {
    const offset o(*this, sample);
    const double log_mean = log(sample.mean.hi) + sample.exponent * 0x1.62e42fefa39efp-1;
    const double a_phi = o.far ? a * sample.phi_sum.hi + sample.n * (o.a_e - a * o.log_ratio)
                               : a * (sample.phi_sum.hi + sample.n * phi(o.e, o.log_ratio));
    return sample.phi_sum.hi - sample.n * log_mean - a_phi - sample.n * log_norm;
  }
  // d/da: log(x/s) - digamma(a);  d/ds in units of s: x/s - a.
  void score(const sums& sample, double* g) const {
    const offset o(*this, sample);
    g[0] = sample.n * (o.log_ratio + excess) - sample.phi_sum.hi;
    g[1] = o.far ? sample.n * o.a_e : sample.n * a * o.e;
  }
  void information(const sums& sample, double* J) const {
    const offset o(*this, sample);
    J[0] = sample.n * trigamma(a);
    J[1] = J[2] = sample.n;
    J[3] = o.far ? sample.n * (a + 2 * o.a_e) : sample.n * a * (1 + 2 * o.e);
  }
  // The determinant of the information, trigamma(a) k - 1 with k = a (1 + 2 e), without its cancellation.
  bool covariance(const sums& sample, double* C) const {
    const double e = offset(*this, sample).e, k = a * (1 + 2 * e);
    const double determinant = (trigamma_minus_inverse(a) * k + 2 * e) * sample.n;
    C[0] = k / determinant;
    C[1] = C[2] = -1 / determinant;
    C[3] = trigamma(a) / determinant;
    return k > 0 && determinant > 0 && determinant < HUGE_VAL;
  }
  template <class V>
  V log_density(V x) const {
    V y = x * unit, ratio = y / mean, log_x = log(x), near = a * phi((y - mean) / mean, log(ratio));
    V far = (x / s - a) - a * (log_x - log(a) - log(s));
    return -log_x - select((ratio > tiny_ratio) & (ratio < 1 / tiny_ratio), near, far) - log_norm;
  }
  template <class V>
  void row_score(V x, V* g) const {
    V d = (x - mean) / mean;
    g[0] = log(x / mean) + excess;
    g[1] = a * d;
  }

 private:
  // e = (m - a s) / (a s), m the sample's mean; what rounding makes of theta itself is taken for none, since
  // a shape of 1e20 multiplies it. log_ratio = log(1 + e), and a e = m/s - a. Far from the mean 1 + e has
  // lost the digits of m, or overflows: the ratio m / (a s) and m/s are taken from mantissas and exponents
  // then.
  struct offset {
    double e, log_ratio, a_e;
    bool far;

    offset(const gamma& at, const sums& sample) {
      int i, j, l;
      const double f = frexp(at.a, &i), g = frexp(at.s, &j);
      const double_double ours = two_product(f, g);
      const int k = int(sample.exponent) - i - j;
      const double_double theirs = {ldexp(sample.mean.hi, k), ldexp(sample.mean.lo, k)};
      const double d = (theirs - ours).hi / ours.hi, m = frexp(sample.mean.hi, &l);
      e = fabs(d) <= 0x1p-51 ? 0.0 : d;  // NaN where it overflows
      a_e = ldexp(m / g, int(sample.exponent) + l - j) - at.a;
      far = !(e > -0.984375 && e < 0x1p53);
      log_ratio = far ? log(m / ours.hi) + (k + l) * (ln2_hi + ln2_lo) : log1p(e);
    }
  };
};

THETAHAT_FAMILY(gamma)

}  // namespace thetahat::THETAHAT_ISA
