// Beta(a, b), 0 < x < 1: log f = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b). With N = a + b, the mean
// p = a/N, q = b/N, d = x/p - 1, e = (1 - x)/q - 1 and phi(d) = d - log(1 + d), log f is
// -log x - log(1 - x) - a phi(d) - b phi(e) + log(a q / (2 pi))/2 - stirling_remainder(a) -
// stirling_remainder(b) + stirling_remainder(N). Sufficient: n, the mean m, sum phi of x about it, and of 1 -
// x.
#pragma once
#include "thetahat/sums/unit_gap.hpp"
#include "thetahat/families/register.hpp"
#include "thetahat/math/gamma.hpp"

namespace thetahat::THETAHAT_ISA {

// The maximum of the likelihood of a sample with mean m <= 1/2, seen from there: a = N m (1 + delta),
// b = N rest (1 + epsilon), rest = 1 - m, epsilon = -delta m / rest. With excess(y) = log y - digamma(y) the
// score's two equations are
//   A = gap + log(1 + delta) - excess(a) + excess(N) = 0,
//   B = rest_gap + log(1 + epsilon) - excess(b) + excess(N) = 0.
// B / m and (m A + rest B) / m are taken for zero: in the latter the terms of first order in delta cancel,
// and what is left of either is as small as 1/N.
struct beta_equations {
  double m, rest, gap, rest_gap;
  double N = 0.5 / (m * gap + rest * rest_gap), delta = 0.0;

  double epsilon() const { return -delta * m / rest; }
  double a() const { return N * m * (1 + delta); }
  double b() const { return N * rest * (1 + epsilon()); }

  // Newton's step in log N and delta, of which no shape changes by more than a factor e^2; false once it is
  // rounding.
  bool step() {
    const double a = this->a(), b = this->b(), e = epsilon(), excess_b = log_minus_digamma(b);
    const double apart = excess_b - log_minus_digamma(N);
    const double ua = trigamma_minus_inverse(a), ub = trigamma_minus_inverse(b);
    const double N_apart = (b * ub - N * trigamma_minus_inverse(N)) / m;
    const double whole = gap - phi(delta, log1p(delta)) - log_minus_digamma(a) + excess_b +
                         (rest * (rest_gap - phi(e, log1p(e))) - apart) / m;
    const double of_b = (rest_gap + log1p(e) - apart) / m;
    const double whole_N = a * ua - b * ub + N_apart;
    const double whole_delta = e / (1 + e) - delta / (1 + delta) + N * (m * ua - rest * ub);
    const double b_delta = -1 / (rest * (1 + e)) - N * ub;
    const double determinant = whole_N * b_delta - whole_delta * N_apart;
    const double by_N = (whole_delta * of_b - b_delta * whole) / determinant;
    const double by_delta = (N_apart * whole - whole_N * of_b) / determinant;
    const double by_a = by_delta / (1 + delta), by_b = -by_delta * m / rest / (1 + e);
    const double most = fabs(by_N) / 2 + (fabs(by_a) > fabs(by_b) ? fabs(by_a) : fabs(by_b)) / 0.75;
    const double share = most > 1 ? 1 / most : 1.0;
    N *= exp(share * by_N);
    delta += share * by_delta;
    return most > 0x1p-50;
  }
};

struct beta {
  static constexpr int n_params = 2;
  static constexpr thetahat_parameter parameters[] = {
      positive_parameter(0), positive_parameter(1)};  // b in units of itself: of tiny rows it is huge
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved | own_covariance;
  static constexpr int line = thetahat_unit_line;
  using sums = unit_gap;

  double a, b, N, p, q, log_p, log_q, log_norm, excess_a,
      excess_b;  // excess_a = log p - digamma(a) + digamma(N)

  THETAHAT_INLINE explicit beta(const double* theta)
      : a(theta[0]),
        b(theta[1]),
        N(a + b),
        p(N < HUGE_VAL ? a / N : 0.5 * a / (0.5 * a + 0.5 * b)),
        q(N < HUGE_VAL ? b / N : 0.5 * b / (0.5 * a + 0.5 * b)),
        log_p(p > tiny_ratio ? log(p) : log(a) - log(N)),
        log_q(q > tiny_ratio ? log(q) : log(b) - log(N)),
        log_norm(half_log_2pi - 0.5 * (log(a) + log_q) +
                 (stirling_remainder(a) + stirling_remainder(b) - stirling_remainder(N))),
        excess_a(excess(a, b, log_p)),
        excess_b(excess(b, a, log_q)) {}
  static double scale_of(const double* theta) { return theta[1]; }
  double scale() const { return b; }

  static bool valid(const double* theta) { return positive(theta[0]) && positive(theta[1]); }
  static bool in_support(double x) { return x > 0 && x < 1; }

  static sums sum(const block& b) { return block_unit_gap(b); }

  static bool maximum(const sums& s, const int*, double* theta) {
    const double mean = plain_mean(s).hi, rest = rest_of(plain_mean(s)).hi;
    const double gap = s.phi_sum.hi / s.n, rest_gap = s.rest_sum.hi / s.n;
    if (!(gap > 0)) return false;
    const bool mirrored = mean > 0.5;
    beta_equations at =
        mirrored ? beta_equations{rest, mean, rest_gap, gap} : beta_equations{mean, rest, gap, rest_gap};
    for (int i = 0; i < 100 && at.step(); ++i) {
    }
    theta[mirrored] = at.a();
    theta[!mirrored] = at.b();
    return true;
  }

  double log_likelihood(const sums& s) const {
    const offset o = offset_of(s);
    const double divergence = o.mean * o.p.divergence() + o.rest * o.q.divergence();
    return s.phi_sum.hi * (1 - a) + s.rest_sum.hi * (1 - b) -
           s.n * (log_mean(s) + log(o.rest) + N * divergence + log_norm);
  }
  // In units of b. d/da: log x - digamma(a) + digamma(N);  d/db: b (log(1 - x) - digamma(b) + digamma(N)).
  void score(const sums& s, double* g) const {
    const offset o = offset_of(s);
    g[0] = s.n * (excess_a - o.p.log_ratio) - s.phi_sum.hi;
    g[1] = b * (s.n * (excess_b - o.q.log_ratio) - s.rest_sum.hi);
  }
  // trigamma(a) - trigamma(N) and the like, u(y) = trigamma(y) - 1/y, times b for each derivative by b.
  void information(const sums& s, double* J) const {
    const double ua = trigamma_minus_inverse(a), ub = trigamma_minus_inverse(b);
    const double uN = trigamma_minus_inverse(N);
    J[0] = s.n * (q / a + (ua - uN));
    J[1] = J[2] = -s.n * (q + b * uN);
    J[3] = s.n * b * (p + b * (ub - uN));
  }
  // The determinant of the information times a b N, w(y) = y^2 u(y), without its cancellation:
  // w(a) + w(b) - w(N) + w(a)/a b N (u(b) - u(N)) - a b N u(b) u(N).
  bool covariance(const sums& s, double* C) const {
    const double va = a * trigamma_minus_inverse(a), vb = b * trigamma_minus_inverse(b);
    const double vN = N * trigamma_minus_inverse(N);
    const double of_a = a + (N * vb - b * vN), of_b = b + (N * va - a * vN);
    const double determinant = (a * va + b * vb - N * vN + va * (N * vb - b * vN) - a * (vb * vN)) * s.n;
    C[0] = a * of_a / determinant;
    C[1] = C[2] = a * (1 + vN) / determinant;
    C[3] = of_b / b / determinant;
    return determinant > 0 && determinant < HUGE_VAL;
  }
  template <class V>
  V log_density(V x) const {
    V rest = 1.0 - x, shift = shift_of(x), log_x = log(x), log_rest = log(rest);
    V of_x = times_phi(a, p, shift, x, log_x - log_p);
    V of_rest = times_phi(b, q, -shift, rest, log_rest - log_q);
    return -log_x - log_rest - of_x - of_rest - log_norm;
  }
  template <class V>
  void row_score(V x, V* g) const {
    V shift = shift_of(x);
    g[0] = log_near(shift / p, x / p) + excess_a;
    g[1] = b * (log_near(-shift / q, (1.0 - x) / q) + excess_b);
  }

 private:
  // log p - digamma(a) + digamma(N), N = a + b; 1/a - 1/N cancels where both are small.
  double excess(double a, double b, double log_p) const {
    if (N < 0x1p-20) return b / a / N + log_p - (digamma(1 + a) - digamma(1 + N));
    return log_minus_digamma(a) - log_minus_digamma(N);
  }
  // A share beside that of the sample: their ratio 1 + d, and its logarithm.
  struct ratio {
    double d, log_ratio, quotient;

    double divergence() const {  // (1 + d) log(1 + d) - d
      return fabs(d) < 0.25 ? near_divergence(d) : (d < -0.999 ? quotient : 1 + d) * log_ratio - d;
    }
  };
  struct offset {
    double mean, rest;
    ratio p, q;
  };

  // p / mean and q / rest; what rounding makes of theta itself is taken for none, since N may be 1e20.
  offset offset_of(const sums& s) const {
    const double_double mean = plain_mean(s), rest = rest_of(mean);
    int i, j;
    const double f = frexp(a, &i), g = frexp(b, &j);
    const int k = i > j ? i : j;
    const double_double apart = rest * ldexp(f, i - k) - mean * ldexp(g, j - k);
    double d = apart.hi / ldexp(N, -k) / mean.hi;
    if (fabs(d) <= 0x1p-50 * rest.hi) d = 0.0;
    const double e = -d * mean.hi / rest.hi;
    const double of_p = fabs(d) < 0.5 ? log1p(d) : log_p - log_mean(s);
    const double of_q = fabs(e) < 0.5 ? log1p(e) : log_q - log(rest.hi);
    return {mean.hi, rest.hi, {d, of_p, p / mean.hi}, {e, of_q, q / rest.hi}};
  }
  // x - p, from the end that both are nearer to.
  template <class V>
  V shift_of(V x) const {
    return p < q ? x - p : q - (1.0 - x);
  }
  // a phi(d), d = x / p - 1 = shift / p; by a d = x N - a where p is too small for the quotient.
  template <class V>
  V times_phi(double a, double p, V shift, V x, V log_ratio) const {
    V ratio = x / p, near = a * phi(shift / p, log(ratio)), far = (x * N - a) - a * log_ratio;
    return select(ratio < 1 / tiny_ratio, near, far);
  }
  // log(1 + d), of d where it is small.
  template <class V>
  static V log_near(V d, V ratio) {
    return select(abs(d) < 0.5, log1p(d), log(ratio));
  }
};

THETAHAT_FAMILY(beta)

}  // namespace thetahat::THETAHAT_ISA
