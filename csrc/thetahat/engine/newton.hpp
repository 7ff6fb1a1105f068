// Newton's method, damped, in free coordinates: the logarithm of a positive parameter, log(p / (1 - p)) of
// one between 0 and 1, and others in units of the family's scale. A climb looks at one theta after another,
// each time at the sums there.
#pragma once
#include <math.h>
#include "thetahat/engine/finish.hpp"
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

// Parameter j as a function of its free coordinate t: where it is, and where a step of t leads.
template <class Family>
struct free_parameter {
  const int domain, dimension;
  const double theta, scale;

  free_parameter(int j, double at, double unit)
      : domain(Family::domain[j]), dimension(Family::dimension[j]), theta(at), scale(unit) {}

  // d theta / dt, in units of the scale.
  double slope() const {
    if (domain == thetahat_real || domain == thetahat_above_minus_one) return 1.0;
    const double rest = domain == thetahat_unit ? 1 - theta : 1.0;
    return times_power(theta * rest, scale, -dimension);
  }
  // The second derivative over the first.
  double bend() const {
    return domain == thetahat_unit ? 1 - 2 * theta : domain == thetahat_positive ? 1.0 : 0.0;
  }
  double after(double step) const {
    if (domain == thetahat_real) return theta + times_power(step, scale, dimension);
    if (domain == thetahat_above_minus_one) return theta + (step > half_way() ? step : half_way());
    const double grown = expm1(step);
    if (domain == thetahat_positive) return grow(theta, grown);
    return theta + theta * (1 - theta) * grown / (1 + theta * grown);
  }
  // The climb runs to -1, by halves.
  bool at_edge() const { return domain == thetahat_above_minus_one && half_way() > -0x1p-20; }

 private:
  // theta (1 + grown), where theta grown may be less than doubles hold.
  static double grow(double theta, double grown) {
    int exponent;
    const double m = frexp(theta, &exponent);
    return ldexp(m + m * grown, exponent);
  }
  double half_way() const { return -0.5 * (1 + theta); }  // to -1
};

template <class Family>
struct newton_step {
  static constexpr int p = Family::n_params;
  double step[p];
  double curvature[p];  // the diagonal of the information
  double decrement;     // NaN where the log-likelihood is not concave: then the step is uphill, no more
  bool shortened = false;

  // With m the slopes and b the bends of the free parameters: g_free = m g, J_free = m J m - diag(b m g).
  THETAHAT_COLD newton_step(const Family& family, const typename sums_pass<Family>::sums& s,
                            const thetahat_climb& c) {
    const at_theta<Family> at(family, s);
    double g[p], J[p * p], C[p * p], m[p], b[p];
    for (int j = 0; j < p; ++j) {
      const free_parameter<Family> parameter(j, c.theta[j], family.scale());
      m[j] = parameter.slope();
      b[j] = parameter.bend();
      g[j] = c.held[j] ? 0.0 : m[j] * at.score[j];
    }
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) {
        double entry = m[i] * m[j] * at.information[i * p + j];
        if (i == j) entry -= b[j] * g[j];
        J[i * p + j] = c.held[i] || c.held[j] ? double(i == j) : entry;
      }
    for (int j = 0; j < p; ++j) curvature[j] = J[j * p + j];
    const bool concave = invert<p>(J, C);
    if (!concave && !invert_others(J, g, s.n, C)) invert_raised(J, C);
    decrement = concave ? 0.0 : NAN;
    for (int i = 0; i < p; ++i) {
      step[i] = 0.0;
      for (int j = 0; j < p; ++j) step[i] += C[i * p + j] * g[j];
      decrement += step[i] * g[i];
    }
    shorten(c.stride);
  }

 private:
  // The inverse but for shapes above -1, which wait where they are; false where the others are near their
  // maximum there. (To move all of them where the log-likelihood is not concave would send a shape to -1.)
  static bool invert_others(const double* J, const double* g, double n, double* C) {
    double rest[p * p], gain = 0.0;
    auto waits = [](int j) { return Family::domain[j] == thetahat_above_minus_one; };
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) rest[i * p + j] = waits(i) || waits(j) ? double(i == j) : J[i * p + j];
    if (!invert<p>(rest, C)) return false;
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) {
        if (waits(i) || waits(j)) C[i * p + j] = 0.0;
        gain += g[i] * C[i * p + j] * g[j];
      }
    return gain > 1e-2 * n;
  }
  // (J + a multiple of what its diagonal's sizes are)^-1, the least that is positive definite: a parameter
  // that the rows say little of takes as long a step as another.
  static void invert_raised(const double* J, double* C) {
    double size = 0.0, raised[p * p];
    for (int j = 0; j < p; ++j) size += fabs(J[j * p + j]);
    for (double ridge = 1e-3; ridge * size < HUGE_VAL; ridge *= 4) {
      for (int i = 0; i < p * p; ++i)
        raised[i] = J[i] + (i % (p + 1) == 0 ? ridge * (fabs(J[i]) + 1e-9 * size) : 0.0);
      if (invert<p>(raised, C)) return;
    }
    for (int i = 0; i < p * p; ++i) C[i] = 0.0;
  }
  // No parameter changes by more than a factor e^2, none by more than two scales; by twice as many where a
  // step just as short went well, for what is many scales away.
  void shorten(double stride) {
    double excess = 1.0;
    for (int j = 0; j < p; ++j) {
      const bool moves = Family::domain[j] == thetahat_real;
      const double strides = fabs(step[j]) / (moves && stride > 2 ? stride : 2.0);
      excess = strides > excess ? strides : excess;
    }
    shortened = excess > 1;
    for (double& s : step) s /= excess;
  }
};

template <class Family>
THETAHAT_COLD inline void step_from_best(thetahat_climb& c) {
  const double scale = Family::scale_of(c.best);
  for (int j = 0; j < Family::n_params; ++j)
    c.theta[j] = c.held[j] ? c.best[j] : free_parameter<Family>(j, c.best[j], scale).after(c.step[j]);
}

// Whether the sums at one theta tell those at another near by: then the step is taken on, look by look, from
// where it leads, and its error is not squared but raised to about the fourth power.
template <class Family, class = void>
constexpr bool can_move = false;
template <class Family>
constexpr bool can_move<Family, to_void<decltype(&Family::move)>> = true;

template <class Family>
THETAHAT_COLD inline void step_on(const Family& family, const typename sums_pass<Family>::sums& s,
                                  thetahat_climb& c) {
  for (int i = 0; i < 3; ++i) {
    const Family there(c.theta);
    typename sums_pass<Family>::sums moved = s;
    if (!Family::valid(c.theta) || !family.move(moved, there)) return;
    const newton_step<Family> next(there, moved, c);
    if (!(next.decrement <= c.decrement)) return;
    for (int j = 0; j < Family::n_params; ++j) {
      // A real parameter goes on from where rounding has put it, by steps in units of the scale there.
      if (Family::domain[j] == thetahat_real) {
        c.step[j] = times_power(c.theta[j] - c.best[j], family.scale(), -Family::dimension[j]) +
                    times_power(next.step[j], there.scale() / family.scale(), Family::dimension[j]);
      } else {
        c.step[j] += next.step[j];
      }
    }
    step_from_best<Family>(c);
  }
}

// From a start where the likelihood is 0 or beyond doubles, to one without the end of the support that shapes
// below 0 bring; if there was none, to one with larger scales.
template <class Family>
inline void widen(thetahat_climb& c, bool last) {
  bool ended = false, any = false;
  for (int j = 0; j < Family::n_params; ++j)
    if (Family::domain[j] == thetahat_above_minus_one && c.theta[j] < 0 && !c.held[j])
      c.theta[j] = 0, ended = any = true;
  for (int j = 0; j < Family::n_params && !ended; ++j)
    if (Family::domain[j] == thetahat_positive && Family::dimension[j] > 0 && !c.held[j])
      c.theta[j] *= 16, any = true;
  if (last || !any || !Family::valid(c.theta)) c.state = thetahat_stuck;
}

// From a step that went too far, to a shorter one.
template <class Family>
inline void step_back(thetahat_climb& c, double n, bool last) {
  double longest = 0.0;
  for (double& step : c.step) longest = fabs(step *= 0.25) > longest ? fabs(step) : longest;
  step_from_best<Family>(c);
  c.stride = 0.0;
  if (last || longest < 1e-13) c.state = c.decrement <= 1e-19 * n ? thetahat_arrived : thetahat_stuck;
}

// How near the maximum a step starts. Close: no parameter moves by more than its rounding, or than 3e-10 of
// what one row says of it. Rounded: the former keeps one from the latter, as at mean/sd = 1e10.
// Flat: the rows say nothing of a parameter's logarithm, which runs to 0 or infinity, to a family at the edge
// of this one. Edge: a parameter runs to the bound of its domain.
struct nearness {
  bool close = true, rounded = false, flat = false, edge = false;
};

template <class Family>
THETAHAT_COLD inline nearness nearness_of(const newton_step<Family>& next, thetahat_climb& c, double n) {
  nearness near;
  for (int j = 0; j < Family::n_params; ++j) {
    const bool rounding = fabs(c.theta[j] - c.best[j]) <= 0x1p-52 * fabs(c.best[j]);
    const bool small = next.step[j] * next.step[j] * next.curvature[j] <= 1e-19 * n;
    near.close &= rounding || small;
    near.rounded |= rounding && !small;
    c.flat[j] = !c.held[j] && fabs(next.curvature[j]) <= 1e-14 * n;
    near.flat |= c.flat[j] != 0;
    c.edge[j] = !c.held[j] && free_parameter<Family>(j, c.best[j], 1.0).at_edge();
    near.edge |= c.edge[j] != 0;
  }
  near.close &= next.decrement >= 0 && !next.shortened;
  near.flat &= next.decrement <= 1e-9 * n;  // and not merely far away
  return near;
}

// Looks at c.theta through the sums there, and says where to look next. Arrived: no parameter is further from
// the maximum than 3e-10 of what one row says of it, an error that the step yet taken squares, and L, the
// squared distance in standard errors, is at most 1e-12; or what is left of either is rounding.
template <class Family>
THETAHAT_COLD void climb(const typename sums_pass<Family>::sums& s, thetahat_climb* climb) {
  thetahat_climb& c = *climb;
  const Family family(c.theta);
  const double value = family.log_likelihood(s), slack = 64 * 0x1p-52 * (fabs(c.log_likelihood) + s.n);
  const bool last = ++c.looks > 200, finite = value - value == 0;
  if (!c.standing && !finite) return widen<Family>(c, last);
  if (c.standing && !(value >= c.log_likelihood - slack)) return step_back<Family>(c, s.n, last);
  const newton_step<Family> next(family, s, c);
  const bool slow = c.standing && next.decrement > 1e-3 * c.decrement;
  const bool enough = next.decrement <= 1e-12 || next.decrement <= 1e-28 * s.n;
  for (int j = 0; j < Family::n_params; ++j) {
    c.best[j] = c.theta[j];
    c.step[j] = next.step[j];
  }
  c.standing = 1;
  c.stride = !next.shortened ? 0.0 : c.stride > 2 ? 2 * c.stride : 4.0;
  c.log_likelihood = value;
  c.decrement = next.decrement;
  step_from_best<Family>(c);
  const nearness near = nearness_of(next, c, s.n);
  if constexpr (can_move<Family>) step_on(family, s, c);
  if (near.close && !near.flat && (slow || enough || near.rounded))
    c.state = thetahat_arrived;
  else if (last || near.flat || near.edge || !finite)
    c.state = thetahat_stuck;
}

}  // namespace thetahat::THETAHAT_ISA
