// A function of p parameters with its first and second derivatives, carried through arithmetic: value,
// gradient, and the lower triangle of the Hessian by rows. Quotients and logarithms divide before they
// multiply, so that parameters as small as 1e-300 do not overflow where their derivatives are in units of
// themselves.
#pragma once
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

template <int p>
struct jet {
  static constexpr int n_second = p * (p + 1) / 2;
  double v = 0.0, g[p] = {}, h[n_second] = {};

  jet() = default;
  jet(double constant) : v(constant) {}  // implicit: constants join formulas as they are

  // f(x) by f and its two derivatives at the value of x.
  static jet of(double f, double f1, double f2, const jet& x) {
    jet y(f);
    for (int i = 0, k = 0; i < p; ++i) {
      y.g[i] = f1 * x.g[i];
      for (int j = 0; j <= i; ++j, ++k) y.h[k] = f1 * x.h[k] + f2 * x.g[i] * x.g[j];
    }
    return y;
  }
  // The same with another value, where one better than that of the formula is known.
  jet with_value(double better) const {
    jet y = *this;
    y.v = better;
    return y;
  }
};

// A parameter whose derivative is taken in so many units of its own.
template <int p>
inline jet<p> variable(double value, int place, double unit) {
  jet<p> x(value);
  x.g[place] = unit;
  return x;
}

template <int p>
inline jet<p> operator-(const jet<p>& x) {
  return jet<p>::of(-x.v, -1.0, 0.0, x);
}
template <int p>
inline jet<p> operator+(const jet<p>& a, const jet<p>& b) {
  jet<p> y(a.v + b.v);
  for (int i = 0; i < p; ++i) y.g[i] = a.g[i] + b.g[i];
  for (int k = 0; k < jet<p>::n_second; ++k) y.h[k] = a.h[k] + b.h[k];
  return y;
}
template <int p>
inline jet<p> operator-(const jet<p>& a, const jet<p>& b) {
  return a + -b;
}
template <int p>
inline jet<p> operator+(double c, const jet<p>& x) {
  return x.with_value(c + x.v);
}
template <int p>
inline jet<p> operator-(double c, const jet<p>& x) {
  return jet<p>::of(c - x.v, -1.0, 0.0, x);
}
template <int p>
inline jet<p> operator*(double c, const jet<p>& x) {
  return jet<p>::of(c * x.v, c, 0.0, x);
}
template <int p>
inline jet<p> operator*(const jet<p>& a, const jet<p>& b) {
  jet<p> y(a.v * b.v);
  for (int i = 0, k = 0; i < p; ++i) {
    y.g[i] = a.v * b.g[i] + b.v * a.g[i];
    for (int j = 0; j <= i; ++j, ++k)
      y.h[k] = a.v * b.h[k] + b.v * a.h[k] + (a.g[i] * b.g[j] + a.g[j] * b.g[i]);
  }
  return y;
}
// q = a / b: q' = (a' - q b') / b, q'' = (a'' - q b'' - q' b' - b' q') / b.
template <int p>
inline jet<p> operator/(const jet<p>& a, const jet<p>& b) {
  jet<p> q(a.v / b.v);
  for (int i = 0; i < p; ++i) q.g[i] = (a.g[i] - q.v * b.g[i]) / b.v;
  for (int i = 0, k = 0; i < p; ++i)
    for (int j = 0; j <= i; ++j, ++k)
      q.h[k] = (a.h[k] - q.v * b.h[k] - (q.g[i] * b.g[j] + q.g[j] * b.g[i])) / b.v;
  return q;
}
template <int p>
inline jet<p> operator/(double a, const jet<p>& b) {
  return jet<p>(a) / b;
}
template <int p>
inline jet<p> log(const jet<p>& x) {
  jet<p> y(log(x.v));
  for (int i = 0; i < p; ++i) y.g[i] = x.g[i] / x.v;
  for (int i = 0, k = 0; i < p; ++i)
    for (int j = 0; j <= i; ++j, ++k) y.h[k] = x.h[k] / x.v - y.g[i] * y.g[j];
  return y;
}
template <int p>
inline jet<p> exp(const jet<p>& x) {
  const double e = exp(x.v);
  return jet<p>::of(e, e, e, x);
}
template <int p>
inline jet<p> expm1(const jet<p>& x) {
  const double e = expm1(x.v);
  return jet<p>::of(e, e + 1.0, e + 1.0, x);
}
template <int p>
inline jet<p> log1p(const jet<p>& x) {
  const double slope = 1.0 / (1.0 + x.v);
  return jet<p>::of(log1p(x.v), slope, -slope * slope, x);
}

}  // namespace thetahat::THETAHAT_ISA
