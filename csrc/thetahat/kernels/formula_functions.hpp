// Functions of one argument that formulas are made of: templates over a double or a register, and loops over
// rows.
#pragma once
#include "thetahat/formula_api.h"
#include "thetahat/data/block.hpp"
#include "thetahat/math/erfc.hpp"
#include "thetahat/math/trig.hpp"

namespace thetahat::THETAHAT_ISA {

// Whether a row is not finite, or not in the support.
inline bool outside_support(const thetahat_formula& f, double x) {
  const bool below = f.open_low ? x <= f.low : x < f.low, above = f.open_high ? x >= f.high : x > f.high;
  return below || above || x - x != 0 || (f.counts && x != floor(x));
}

// The bits of a comparison, whose sign is set where it holds.
inline vec_bits from_mask(decltype(vec{} > vec{}) m) {
#if THETAHAT_WIDTH > 1
  return (vec_bits)m;
#else
  return m ? ~uint64_t{0} : 0;
#endif
}

// exp(x), but 0 below e^-700, so that no product of it is subnormal: those would take a hundred times as
// long.
template <class V>
THETAHAT_INLINE V exp_to_zero(V x) {
  if (!any(!((x > -700.0) & (x < 709.0)))) return exp_in_range(x);
  return select(x < -700.0, V{}, exp(x));
}

// log(x), by the shorter way where all are normal numbers.
template <class V>
THETAHAT_INLINE V log_of_rows(V x) {
  if (!any(!((x >= 0x1p-1022) & (x < HUGE_VAL)))) return log_normal_range(x);
  return log(x);
}

template <class V>
inline V signum(V x) {
  return select(x > 0.0, splat<V>(1.0), select(x < 0.0, splat<V>(-1.0), x * 0.0));
}

template <class V>
inline V cosh_of(V x) {
  const V e = exp(0.5 * abs(x)), f = 1.0 / e;
  return 0.5 * (e * e) + 0.5 * (f * f);
}

template <class V>
inline V sinh_of(V x) {
  const V a = abs(x), m = expm1(a), small = 0.5 * (m + m / (m + 1.0)), half = exp(0.5 * a);
  const V y = select(a < 20.0, small, 0.5 * half * half);
  return select(x < 0.0, -y, y);
}

template <class V>
inline V tanh_of(V x) {
  const V m = expm1(-2.0 * abs(x)), y = -m / (2.0 + m);
  return select(x < 0.0, -y, y);
}

template <class V>
inline V expit(V x) {
  const V e = exp_to_zero(-abs(x)), d = 1.0 / (1.0 + e);
  return select(x < 0.0, e * d, d);
}

template <class V>
inline V softplus(V x) {
  return select(x > 0.0, x, V{}) + log1p(exp_to_zero(-abs(x)));
}

// The derivative of trigamma; max error 1e-14 of the value. f(x) - f(x + 1) = -2 / x^3.
inline double tetragamma(double x) {
  double sum = 0.0;
  for (x = from_zero(x); x < 15; x += 1) sum -= 2 / x / x / x;
  const double y = 1 / (x * x);
  const double tail = 0.5 + y * (-1.0 / 6 + y * (1.0 / 6 + y * (-0.3 + y * (5.0 / 6 - y * (691.0 / 210)))));
  return sum - y * (1 + 1 / x + y * tail);
}

// What an operation makes of one number.
inline double scalar_function(int op, double x) {
  double s, c;
  switch (op) {
    case thetahat_op_sqrt:
      return sqrt(x);
    case thetahat_op_sin:
      return sincos(x, s, c), s;
    case thetahat_op_cos:
      return sincos(x, s, c), c;
    case thetahat_op_arctan:
      return atan2(x, 1.0);
    case thetahat_op_lgamma:
      return lgamma(x);
    case thetahat_op_digamma:
      return digamma(x);
    case thetahat_op_trigamma:
      return trigamma(x);
    default:
      return tetragamma(x);
  }
}

template <int op>
double each_lane(double x) {
  return scalar_function(op, x);
}
#if THETAHAT_WIDTH > 1
template <int op>
vec each_lane(vec x) {
  double lane[width];
  store(lane, x);
  for (double& v : lane) v = scalar_function(op, v);
  return load(lane);
}
#endif

template <int op, class V>
THETAHAT_INLINE V formula_function(V x) {
  if constexpr (op == thetahat_op_recip) return 1.0 / x;
  if constexpr (op == thetahat_op_exp) return exp_to_zero(x);
  if constexpr (op == thetahat_op_log) return log_of_rows(x);
  if constexpr (op == thetahat_op_log1p) return log1p(x);
  if constexpr (op == thetahat_op_expm1) return expm1(x);
  if constexpr (op == thetahat_op_abs) return abs(x);
  if constexpr (op == thetahat_op_sign) return signum(x);
  if constexpr (op == thetahat_op_sinh) return sinh_of(x);
  if constexpr (op == thetahat_op_cosh) return cosh_of(x);
  if constexpr (op == thetahat_op_tanh) return tanh_of(x);
  if constexpr (op == thetahat_op_erf) return erf(x);
  if constexpr (op == thetahat_op_erfc) return erfc(x);
  if constexpr (op == thetahat_op_log_ndtr) return log_ndtr(x);
  if constexpr (op == thetahat_op_hazard) return normal_hazard(x);
  if constexpr (op == thetahat_op_softplus) return softplus(x);
  if constexpr (op == thetahat_op_expit) return expit(x);
  return each_lane<op>(x);
}

constexpr int first_function = thetahat_op_recip, n_formula_functions = thetahat_op_sum - first_function;

}  // namespace thetahat::THETAHAT_ISA
