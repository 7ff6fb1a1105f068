// Terms of the logistic distribution at a standardized row z, by one exponential: log f = -|z| - 2 log u, u =
// 1 + e, e = exp(-|z|), and its derivatives. Nothing overflows, and z and -z give the same e.
#pragma once
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

template <class V>
struct logistic_parts {
  V a, e, u, inverse;  // |z|; exp(-a), 0 from 708 on, so that z^2 e is never infinite; 1 + e; 1 / u

  THETAHAT_INLINE explicit logistic_parts(V z) : a(abs(z)) {
    e = select(a < 708.0, exp_in_range(at_least(-a, -708.0)), V{});
    u = 1.0 + e;
    inverse = 1.0 / u;
  }
  // Minus the first derivative of log f, tanh(z/2), and minus the second, 2 e / u^2.
  THETAHAT_INLINE V slope(V z) const {
    V h = (1.0 - e) * inverse;
    return select(z < 0.0, -h, h);
  }
  // The same to its last digits, where z is small.
  THETAHAT_INLINE V near_slope(V z) const {
    V t = expm1(-a), h = -t / (2.0 + t);
    return select(z < 0.0, -h, h);
  }
  THETAHAT_INLINE V curvature() const { return 2.0 * e * inverse * inverse; }
};

// Whether a block's z are so small, as where the scale is far above that of the rows, that slopes of rows
// have lost digits: by its sum of curvatures, 1/2 at z = 0.
inline bool small_slopes(double curvatures, double n) { return curvatures > (0.5 - 0x1p-23) * n; }

}  // namespace thetahat::THETAHAT_ISA
