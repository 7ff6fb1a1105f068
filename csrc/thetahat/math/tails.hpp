// Logarithms of probabilities as functions of one number, with their derivatives: what closed forms of
// distribution functions are made of.
#pragma once
#include "thetahat/math/gamma.hpp"
#include "thetahat/math/jets.hpp"
#include "thetahat/math/log_ratio.hpp"

namespace thetahat::THETAHAT_ISA {

// log(1 - exp(-h)) for h > 0.
inline double log_one_less_exp(double h) {
  return h > 0.6931471805599453 ? log1p(-exp(-h)) : log(-expm1(-h));
}

// log(1 - exp(-h)). By the logarithm of h, in which its slope h / expm1(h) is between 0 and 1.
template <int p>
inline jet<p> log_one_less_exp(const jet<p>& h) {
  if (!(h.v < HUGE_VAL)) return jet<p>(0.0);
  const jet<p> eta = log(h);
  const double less = exp(-h.v), slope = h.v == 0 ? 1.0 : h.v * less / -expm1(-h.v);
  return jet<p>::of(log_one_less_exp(h.v), slope, slope * (1.0 - h.v - slope), eta);
}

// log(1 + x) / x, and its two derivatives.
struct log1p_quotient {
  double f, f1, f2;

  explicit log1p_quotient(double x) {
    if (fabs(x) < 0.25) {  // sum (-x)^k / (k + 1)
      constexpr int terms = 28;
      f = f1 = f2 = 0.0;
      for (int k = terms; k >= 0; --k) {
        const double c = (k % 2 ? -1.0 : 1.0);
        f = f * x + c / (k + 1.0);
        f1 = f1 * x - c * (k + 1.0) / (k + 2.0);
        f2 = f2 * x + c * (k + 1.0) * (k + 2.0) / (k + 3.0);
      }
    } else {
      f = log1p(x) / x;
      f1 = (1.0 / (1.0 + x) - f) / x;
      f2 = (-1.0 / ((1.0 + x) * (1.0 + x)) - 2.0 * f1) / x;
    }
  }
};

// log(1 + xi z) / xi, which is z at xi = 0; for 1 + xi z > 0.
template <int p>
inline jet<p> log1p_scaled(const jet<p>& xi, const jet<p>& z) {
  const jet<p> y = xi * z;
  const log1p_quotient at(y.v);
  return z * jet<p>::of(at.f, at.f1, at.f2, y);
}

// log(x / c), c > 0.
template <int p>
inline jet<p> log_ratio(double x, const jet<p>& c) {
  return (-log(c)).with_value(log_ratio(x, c.v, 1.0 / c.v));
}

// exp(z^2) erfc(z) for z >= 0: (1 + 2 z) times that is a polynomial in (z - 3.75) / (z + 3.75); max error
// 3e-16 of the value.
inline double erfcx(double z) {
  constexpr double c[] = {
      1.2375126308378275,     -0.14024059858554525,    0.0035854154854790257,   0.08227673848999506,
      -0.10880393014244462,   0.09230432116428125,     -0.05869339857664934,    0.02836227737211114,
      -0.009746579683265262,  0.0017556261651970652,   0.000293714378044958,    -0.00029015535246077655,
      5.164652974177416e-05,  2.2387565714911816e-05,  -1.1438048033346894e-05, -9.792625707303523e-07,
      1.7419821586224816e-06, -5.084465378687302e-08,  -2.4857126248016745e-07, 1.879082322370048e-08,
      3.197926671666804e-08,  -1.9551358868985616e-09, -2.623107347133476e-09};
  return z < HUGE_VAL ? polynomial(c, (z - 3.75) / (z + 3.75)) / (1.0 + 2.0 * z) : 0.0;
}

// log S(z) of the standard normal distribution. With the hazard h = f / S its derivatives are -h and
// -h (h - z); far out h - z is taken from its series in 1/z.
template <int p>
inline jet<p> log_normal_survival(const jet<p>& z) {
  constexpr double root_half = 0.7071067811865476, root_two_by_pi = 0.7978845608028654;
  const double x = z.v, e = erfcx(fabs(x) * root_half), half_square = 0.5 * x * x;
  if (!(x > 0)) {
    const double f = exp(-half_square), other = 0.5 * f * e, h = 0.5 * root_two_by_pi * f / (1.0 - other);
    return jet<p>::of(log1p(-other), -h, x > -HUGE_VAL ? -h * (h - x) : 0.0, z);
  }
  const double h = root_two_by_pi / e, y = 1.0 / (x * x);
  const double over = x < 30 ? h - x : (1.0 + y * (-2.0 + y * (10.0 + y * (-74.0 + y * 706.0)))) / x;
  return jet<p>::of(log(0.5 * e) - half_square, -h, -h * over, z);
}

// -log(1 + exp(z)).
template <int p>
inline jet<p> log_logistic_survival(const jet<p>& z) {
  const double e = exp(-fabs(z.v)), by = 1.0 / (1.0 + e), slope = z.v > 0 ? by : e * by;
  return jet<p>::of(-(z.v > 0 ? z.v : 0.0) - log1p(e), -slope, -e * by * by, z);
}

}  // namespace thetahat::THETAHAT_ISA
