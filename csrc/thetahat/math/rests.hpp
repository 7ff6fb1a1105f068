// What log(1 + x) and exp(x) leave of their first terms, over x^2, and its two derivatives: smooth at 0,
// where differences would cancel.
#pragma once
#include "thetahat/math/exp_log.hpp"
#include "thetahat/math/gamma.hpp"

namespace thetahat::THETAHAT_ISA {

// The coefficients of t(w) / w, of t' and of t'' / w, in w^2: t(w) = w / 3 + w^3 / 5 + w^5 / 7 + ...
struct log1p_rest_series {
  static constexpr int terms = 19;  // for |w| <= 1/3
  double t[terms] = {}, t1[terms] = {}, t2[terms] = {};

  constexpr log1p_rest_series() {
    for (int i = 0; i < terms; ++i) {
      t[i] = 1.0 / (2 * i + 3);
      t1[i] = (2 * i + 1.0) / (2 * i + 3);
      t2[i] = (2 * i + 3.0) * (2 * i + 2) / (2 * i + 5);
    }
  }
};

// f = (x - log(1 + x)) / x^2 for x > -1. With w = x / (2 + x), log(1 + x) = 2 (w + w^2 t), and
// f = (1 - w) / 2 - (1 - w)^2 t / 2; far from 0, by what f x^2 is and its derivatives. Max error of f 4 ULP,
// of f1 and f2 1e-14 of the value.
template <class V>
struct log1p_rest {
  V f, f1, f2;

  explicit log1p_rest(V x) {
    static constexpr log1p_rest_series c;
    const V w = x / (2.0 + x), u = w * w, s = 1.0 - w;
    const V t = w * polynomial(c.t, u), t1 = polynomial(c.t1, u), t2 = w * polynomial(c.t2, u);
    const V slope = s * t - 0.5 - 0.5 * (s * s) * t1;  // d f / d w
    const V bend = 2.0 * s * t1 - t - 0.5 * (s * s) * t2;
    const V j = 0.5 * (s * s);  // d w / d x, whose derivative with respect to w is -s
    const V y = 1.0 / (1.0 + x), far = (1.0 - log1p(x) / x) / x, far1 = (y - 2.0 * far) / x;
    const auto near = abs(w) <= 1.0 / 3;
    f = select(near, 0.5 * s - 0.5 * (s * s) * t, far);
    f1 = select(near, slope * j, far1);
    f2 = select(near, (bend * j - slope * s) * j, -(y * y + 3.0 * far1) / x);
  }
};

// The coefficients of f and its derivatives in powers of x: f = 1 / 2! + x / 3! + x^2 / 4! + ...
struct expm1_rest_series {
  static constexpr int terms = 24;  // for |x| <= 2
  double f[terms] = {}, f1[terms] = {}, f2[terms] = {};

  constexpr expm1_rest_series() {
    double factorial = 2.0;  // of i + 2
    for (int i = 0; i < terms; ++i, factorial *= i + 2) {
      f[i] = 1.0 / factorial;
      f1[i] = (i + 1.0) / (factorial * (i + 3));
      f2[i] = (i + 1.0) * (i + 2) / (factorial * (i + 3) * (i + 4));
    }
  }
};

// f = (exp(x) - 1 - x) / x^2. Max error of f 4 ULP, of f1 and f2 4e-15 of the value.
template <class V>
struct expm1_rest {
  V f, f1, f2;

  explicit expm1_rest(V x) {
    static constexpr expm1_rest_series c;
    const V y = 1.0 / x, e = exp(x);
    const auto near = abs(x) <= 2.0;
    f = select(near, polynomial(c.f, x), (e - 1.0 - x) * y * y);
    f1 = select(near, polynomial(c.f1, x), ((x - 2.0) * e + (2.0 + x)) * y * y * y);
    f2 = select(near, polynomial(c.f2, x), ((x * (x - 4.0) + 6.0) * e - (2.0 * x + 6.0)) * y * y * y * y);
  }
};

}  // namespace thetahat::THETAHAT_ISA
