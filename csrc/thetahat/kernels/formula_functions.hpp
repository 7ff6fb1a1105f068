// Functions of one argument that formulas are made of: templates over a double or a register.
#pragma once
#include "thetahat/formula_api.h"
#include "thetahat/data/block.hpp"
#include "thetahat/math/erfc.hpp"

namespace thetahat::THETAHAT_ISA {

// Of a model with intervals: that of its exact rows.
inline const thetahat_formula& formula_of(const thetahat_model* m) {
  return *reinterpret_cast<const thetahat_formula*>(m->exact ? m->exact : m);
}

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

// Where a register holds more than most do; apart, since this is seldom.
template <class V>
THETAHAT_NOINLINE V exp_far(V x) {
  return select(x < -700.0, V{}, exp(x));
}
template <class V>
THETAHAT_NOINLINE V log_any(V x) {
  return log(x);
}

// exp(x), but 0 below e^-700, so that no product of it is subnormal: those would take a hundred times as
// long.
template <class V>
THETAHAT_INLINE V exp_to_zero(V x) {
  if (!any(!((x > -700.0) & (x < 709.0)))) return exp_in_range(x);
  return exp_far(x);
}

// log(x), by the shorter way where all are normal numbers.
template <class V>
THETAHAT_INLINE V log_of_rows(V x) {
  if (!any(!((x >= 0x1p-1022) & (x < HUGE_VAL)))) return log_normal_range(x);
  return log_any(x);
}

template <class V>
inline V signum(V x) {
  return select(x > 0.0, splat<V>(1.0), select(x < 0.0, splat<V>(-1.0), x * 0.0));
}

template <class V>
inline V tanh_of(V x) {
  const V m = expm1(-2.0 * abs(x)), y = -m / (2.0 + m);
  return select(x < 0.0, -y, y);
}

}  // namespace thetahat::THETAHAT_ISA
