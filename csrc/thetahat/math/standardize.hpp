// The quotient (x - mu) / s of a density, where the usual way to it is beyond doubles.
#pragma once
#include <math.h>
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

// z, or by halves where it is not finite: the difference overflows, or so does 1 / s of a subnormal s.
template <class V>
inline V finite_quotient(V z, V x, double mu, double s) {
  return select(abs(z) < HUGE_VAL, z, (0.5 * x - 0.5 * mu) / s * 2.0);
}

// log|(x - mu) / s|, where the quotient itself is beyond doubles.
template <class V>
inline V log_quotient(V x, double mu, double log_s) {
  return log(abs(0.5 * x - 0.5 * mu)) + (ln2_hi + ln2_lo - log_s);
}

}  // namespace thetahat::THETAHAT_ISA
