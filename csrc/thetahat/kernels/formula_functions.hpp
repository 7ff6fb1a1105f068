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

inline double root(double x) { return sqrt(x); }
#if THETAHAT_WIDTH > 1
inline vec root(vec x) {
#if THETAHAT_WIDTH == 8
  return (vec)_mm512_maskz_sqrt_pd(255, (__m512d)x);  // gcc 12 warns of the plain one
#elif THETAHAT_WIDTH == 4
  return (vec)_mm256_sqrt_pd((__m256d)x);
#elif defined(__SSE2__)
  return (vec)_mm_sqrt_pd((__m128d)x);
#else
  for (int i = 0; i < width; ++i) x[i] = sqrt(x[i]);
  return x;
#endif
}
#endif

// arcsinh(x) = log(a + sqrt(1 + a^2)) for a = |x|; max error 4 ULP.
template <class V>
inline V arcsinh_of(V x) {
  const V a = abs(x), small = log1p(a + a * (a / (1.0 + root(1.0 + a * a))));
  const V y = select(a < 0x1p500, small, log(a) + 0.6931471805599453);
  return select(x < 0.0, -y, y);
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
