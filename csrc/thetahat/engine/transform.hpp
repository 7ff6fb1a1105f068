// Domains and free coordinates of parameters. The free coordinate u of a parameter runs from -inf to inf: the
// parameter itself in units of the scale, the logarithm of its distance to its bound, or log(p / (1 - p)), p
// its share of the way from one bound to the other.
#pragma once
#include <math.h>
#include "thetahat/api.h"
#include "thetahat/math/exp_log.hpp"
#include "thetahat/math/exponents.hpp"
#include "thetahat/math/small_matrix.hpp"

namespace thetahat::THETAHAT_ISA {

// Distance to the bound, along the domain, of a parameter with one bound.
THETAHAT_INLINE double distance_of(const thetahat_parameter& p, double theta) {
  return p.low > -HUGE_VAL ? theta - p.low : p.high - theta;
}
THETAHAT_INLINE double at_distance(const thetahat_parameter& p, double distance) {
  return p.low == 0 ? distance : p.low > -HUGE_VAL ? p.low + distance : p.high - distance;
}
THETAHAT_INLINE double share_of(const thetahat_parameter& p, double theta) {
  return (theta - p.low) / (p.high - p.low);
}
THETAHAT_INLINE double at_share(const thetahat_parameter& p, double share) {
  return p.low == 0 ? share * p.high : p.low + share * (p.high - p.low);
}

// Whether the inverse information is a covariance of the estimates.
inline bool errors_hold_at(const thetahat_model& m, const double* theta) {
  return !m.has_standard_errors || m.has_standard_errors(&m, theta);
}

// A bounded parameter whose free coordinate is the parameter itself.
constexpr bool bounded_identity(const thetahat_parameter& p) {
  return p.coordinate == thetahat_identity && (p.low > -HUGE_VAL || p.high < HUGE_VAL);
}
constexpr bool unbounded(const thetahat_parameter& p) {
  return p.coordinate == thetahat_identity && !bounded_identity(p);
}

// From that of another theta on: the same bits where both are multiplied by a power of two.
inline double free_coordinate(const thetahat_parameter& p, double theta, double from, double unit) {
  if (p.coordinate == thetahat_log) return log(distance_of(p, theta) / distance_of(p, from));
  if (p.coordinate == thetahat_logit) {
    const double to = share_of(p, theta), since = share_of(p, from);
    return log(to / (1.0 - to) * ((1.0 - since) / since));
  }
  return (theta - from) / unit;
}

// d theta / du, in units of scale^scale_power; of a parameter itself in units of `unit`.
THETAHAT_INLINE double jacobian(const thetahat_parameter& p, double theta, double scale, double unit) {
  if (p.coordinate == thetahat_log)
    return times_power(p.low > -HUGE_VAL ? distance_of(p, theta) : -distance_of(p, theta), scale,
                       -p.scale_power);
  if (p.coordinate == thetahat_logit)
    return times_power((theta - p.low) * (1.0 - share_of(p, theta)), scale, -p.scale_power);
  return times_power(1.0, unit / scale, p.scale_power);
}

// The second derivative over the first, d log(d theta / du) / du.
inline double log_jacobian_slope(const thetahat_parameter& p, double theta) {
  return p.coordinate == thetahat_logit ? 1 - 2 * share_of(p, theta)
         : p.coordinate == thetahat_log ? 1.0
                                        : 0.0;
}

THETAHAT_NOINLINE inline double exp_any(double d) { return exp(d); }

// exp(d): by its series where d is small, as it is in all but the first steps of an ascent.
inline double exp_small(double d) {
  if (!(fabs(d) < 0x1p-6)) return exp_any(d);
  const double d2 = d * d, d4 = d2 * d2;
  return (1.0 + d) + d2 * ((0.5 + d * (1.0 / 6)) + d2 * (1.0 / 24 + d * (1.0 / 120)) +
                           d4 * (1.0 / 720 + d * (1.0 / 5040)));
}

// Where a step of the free coordinate leads; of a parameter itself, in units of `unit`.
THETAHAT_INLINE double retract(const thetahat_parameter& p, double theta, double step, double unit) {
  if (p.coordinate == thetahat_log) return at_distance(p, distance_of(p, theta) * exp_small(step));
  if (p.coordinate == thetahat_logit) {
    const double share = share_of(p, theta);
    return at_share(p, share / (share + (1.0 - share) * exp_small(-step)));
  }
  return theta + step * unit;
}

// No row, however far, moves theta beyond a limit. One that theta makes impossible has no score: it moves the
// end of the support away, which a shape with a bound does, and nothing else.
THETAHAT_INLINE double clip_step(const thetahat_parameter& p, double step, double limit) {
  if (fabs(step) <= limit) return step;
  if (step != step) return bounded_identity(p) ? limit : 0.0;
  return step > 0 ? limit : -limit;
}

// Half the way to the bound of a bounded identity.
inline double half_way(const thetahat_parameter& p, double theta) {
  return p.low > -HUGE_VAL ? -0.5 * (theta - p.low) : 0.5 * (p.high - theta);
}

// As thetahat_evaluate does, but for the information and the score, which are not written.
void evaluate_errors(const thetahat_model& m, const double* node, const double* theta, const int* fixed,
                     thetahat_values* v);

// Where a step of Newton's method leads, to the last bit of small steps; a bounded identity goes at most half
// the way to its bound.
double newton_retract(const thetahat_parameter& p, double theta, double step, double scale);

// A bounded identity has come as near to its bound as matters.
inline bool near_bound(const thetahat_parameter& p, double theta) {
  return bounded_identity(p) && fabs(half_way(p, theta)) < 0x1p-20;
}

}  // namespace thetahat::THETAHAT_ISA
