#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/newton.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr int most_evaluations = 1000;  // where there is no progress but by rounding

// theta exp(step), where theta times what it grows by may be less than doubles hold.
double grow(double theta, double step) {
  if (theta > 0x1p-900 && theta < 0x1p900 && fabs(step) < 64)  // the same bits
    return step < -1 ? theta * exp(step) : theta + theta * expm1(step);
  int exponent;
  const double m = frexp(theta, &exponent);
  return ldexp(step < -1 ? m * exp(step) : m + m * expm1(step), exponent);
}

bool is_shape(const thetahat_parameter& p) { return p.scale_power == 0 && !unbounded(p); }
bool flat(double derivative, double n) { return fabs(derivative) <= 1e-14 * n; }

class newton_step {
 public:
  double step[max_p];
  double curvature[max_p];  // the diagonal of the information
  double decrement;         // NaN where the log-likelihood is not concave: then the step is uphill, no more
  bool shortened = false;

  // With m the jacobians and b their logarithmic slopes: g_free = m g, J_free = m J m - diag(b m g).
  newton_step(const thetahat_model& model, const thetahat_derivatives& at, const thetahat_newton& c)
      : p(model.n_params), parameters(model.parameters) {
    with_constant(p, [&](auto size) { find(size, at, c); });
  }

 private:
  const int p;
  const thetahat_parameter* const parameters;
  int held[max_p];

  template <class Size>
  THETAHAT_INLINE void find(Size size, const thetahat_derivatives& at, const thetahat_newton& c) {
    const int p = size;
    double g[max_p], J[max_p * max_p], C[max_p * max_p], m[max_p];
    for (int j = 0; j < p; ++j) {
      m[j] = jacobian(parameters[j], c.theta[j], at.scale, at.scale);
      g[j] = m[j] * at.score[j];
    }
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) {
        double entry = m[i] * m[j] * at.information[i * p + j];
        if (i == j) entry -= log_jacobian_slope(parameters[j], c.theta[j]) * g[j];
        J[i * p + j] = entry;
      }
    for (int j = 0; j < p; ++j) curvature[j] = J[j * p + j];
    hold(size, c.fixed, at.n, g, J);
    const bool concave = invert(p, J, C);
    if (!concave && !invert_others(J, g, at.n, C)) invert_raised(J, g, C);
    decrement = concave ? 0.0 : NAN;
    for (int i = 0; i < p; ++i) {
      step[i] = 0.0;
      for (int j = 0; j < p; ++j) step[i] += C[i * p + j] * g[j];
      decrement += step[i] * g[i];
    }
    shorten(c.step_cap);
  }

  // Fixed parameters stay where they are, and so does a location or scale in which the likelihood is flat and
  // level: any value of it there is a maximum.
  template <class Size>
  THETAHAT_INLINE void hold(Size size, const int* fixed, double n, double* g, double* J) {
    const int p = size;
    double free[max_p * max_p];
    for (int j = 0; j < p; ++j) {
      held[j] = fixed[j] || (!is_shape(parameters[j]) && flat(J[j * p + j], n) && g[j] == 0);
      if (held[j]) g[j] = 0.0;
    }
    free_block(p, held, J, free);
    for (int i = 0; i < p * p; ++i) J[i] = free[i];
  }

  // The inverse but for shapes with a bound, which wait where they are; false where the others are near their
  // maximum there. (To move all of them where the log-likelihood is not concave would send a shape to its
  // bound.)
  bool invert_others(const double* J, const double* g, double n, double* C) const {
    int waits[max_p];
    double rest[max_p * max_p];
    for (int j = 0; j < p; ++j) waits[j] = bounded_identity(parameters[j]);
    free_block(p, waits, J, rest);
    if (!invert(p, rest, C)) return false;
    clear_fixed(p, waits, C);
    return quadratic_form(p, g, C, g) > 1e-2 * n;
  }
  // (J + a multiple of what its diagonal's sizes are)^-1, the least that is positive definite: a parameter of
  // which the rows say little takes as long a step as another.
  void invert_raised(const double* J, const double* g, double* C) const {
    double size = 0.0, raised[max_p * max_p];
    for (int j = 0; j < p; ++j) size += held[j] ? 0.0 : fabs(J[j * p + j]) + 1e-9 * fabs(g[j]);
    for (double ridge = 1e-3; ridge * size < HUGE_VAL; ridge *= 4) {
      for (int i = 0; i < p * p; ++i)
        raised[i] = J[i] + (i % (p + 1) == 0 ? ridge * (fabs(J[i]) + 1e-9 * size) : 0.0);
      if (invert(p, raised, C)) return;
    }
    for (int i = 0; i < p * p; ++i) C[i] = 0.0;
  }
  // No parameter changes by more than a factor e^2, none by more than two scales; by twice as many where a
  // step just as short succeeded, for what is many scales away.
  void shorten(double cap) {
    double excess = 1.0;
    for (int j = 0; j < p; ++j) {
      const double most = unbounded(parameters[j]) && cap > 2 ? cap : 2.0;
      if (!(fabs(step[j]) > most)) continue;  // nearly always: a division that waits for the step is saved
      const double caps = fabs(step[j]) / most;
      excess = caps > excess ? caps : excess;
    }
    shortened = excess > 1;
    for (int j = 0; shortened && j < p; ++j) step[j] /= excess;
  }
};

void step_from_best(const thetahat_model& m, thetahat_newton& c) {
  const double scale = m.scale(&m, c.best);
  for (int j = 0; j < m.n_params; ++j)
    c.theta[j] = c.fixed[j] ? c.best[j] : newton_retract(m.parameters[j], c.best[j], c.step[j], scale);
}

// Where the model gives the sums at a theta near by, the step is continued by further ones from where it
// leads, without a pass: its error is not squared but raised to about the fourth power.
void continue_step(const thetahat_model& m, const double* sums, double scale, thetahat_newton& c) {
  double shifted[thetahat_max_sums], error;
  thetahat_derivatives there;
  for (int i = 0; i < 3; ++i) {
    if (!m.valid(&m, c.theta) || !m.shift(&m, c.evaluated, sums, c.theta, shifted, &error)) return;
    m.derivatives(&m, c.theta, shifted, &there);
    const newton_step next(m, there, c);
    if (!(next.decrement <= c.decrement)) return;
    for (int j = 0; j < m.n_params; ++j) {
      const thetahat_parameter& parameter = m.parameters[j];
      // A real parameter goes on from where rounding has put it, by steps in units of the scale there.
      if (unbounded(parameter)) {
        c.step[j] = times_power(c.theta[j] - c.best[j], scale, -parameter.scale_power) +
                    times_power(next.step[j], there.scale / scale, parameter.scale_power);
      } else {
        c.step[j] += next.step[j];
      }
    }
    step_from_best(m, c);
  }
}

// The maximum over the parameters that the model finds from the others, and the sums there: on a way with
// these at any other values, one far row would cost a step for each factor e by which it outweighs all
// others.
const double* profiled(const thetahat_model& m, const double* sums, thetahat_newton& c, double* shifted) {
  double to[max_p], error;
  for (int j = 0; j < m.n_params; ++j) c.evaluated[j] = to[j] = c.theta[j];
  if (!m.profile || !m.shift || !m.profile(&m, c.theta, sums, c.fixed, to) || !m.valid(&m, to)) return sums;
  if (!m.shift(&m, c.theta, sums, to, shifted, &error)) return sums;
  for (int j = 0; j < m.n_params; ++j) c.theta[j] = to[j];
  return shifted;
}

// The distance from one value of a parameter to another, in its free coordinate.
double distance_between(const thetahat_parameter& p, double from, double to, double scale) {
  if (from == to) return 0.0;
  return free_coordinate(p, to, from, times_power(1.0, scale, p.scale_power));
}

// How many times as long as Newton's a step is: twice as many as the last one where it repeats that one, as
// it does where the score is an exponential, or a power, of the free coordinate.
double stretch_of(const thetahat_model& m, const newton_step& next, const thetahat_newton& c) {
  double along = 0.0, length = 0.0, last = 0.0;
  for (int j = 0; j < m.n_params; ++j) {
    const double size = fabs(next.curvature[j]);
    along += size * next.step[j] * c.newton[j];
    length += size * next.step[j] * next.step[j];
    last += size * c.newton[j] * c.newton[j];
  }
  const bool repeats =
      c.has_best && c.stretch > 0 && length > 0.4 * last && along > 0.9 * sqrt(length * last);
  return !repeats || next.shortened ? 1.0 : c.stretch < 32 ? 2 * c.stretch : c.stretch;
}

// Instead of the step, one past where few rows outweigh all others.
void leap_on(const thetahat_model& m, const double* sums, double scale, thetahat_newton& c) {
  double to[max_p];
  if (!m.leap || any_fixed(m.n_params, c.fixed) || !m.leap(&m, c.best, sums, to)) return;
  for (int j = 0; j < m.n_params; ++j) c.step[j] = distance_between(m.parameters[j], c.best[j], to[j], scale);
  step_from_best(m, c);
}

// Whether they are numbers, which they may not be where the log-likelihood is a large one.
bool has_derivatives(int p, const thetahat_derivatives& at) {
  double sum = 0.0;
  for (int j = 0; j < p; ++j) sum += at.score[j] - at.score[j];
  for (int i = 0; i < p * p; ++i) sum += at.information[i] - at.information[i];
  return sum == 0;
}

// From a start where the likelihood is 0 or beyond doubles, to one without the end of the support that shapes
// below 0 bring; if there was none, to one with lighter shapes, else with larger scales.
void relax_start(const thetahat_model& m, thetahat_newton& c, bool last) {
  const auto relax = [&](auto&& wanted, double factor) {
    bool any = false;
    for (int j = 0; j < m.n_params; ++j)
      if (!c.fixed[j] && wanted(m.parameters[j], c.theta[j])) c.theta[j] *= factor, any = true;
    return any;
  };
  const auto of_power = [](int power) {
    return [power](const thetahat_parameter& p, double) {
      return p.coordinate == thetahat_log && (p.scale_power > 0) == (power > 0);
    };
  };
  const bool any =
      relax([](const thetahat_parameter& p, double theta) { return bounded_identity(p) && theta < 0; },
            0.0) ||
      relax(of_power(0), 1.0 / 16) || relax(of_power(1), 16.0);
  if (last || !any || !m.valid(&m, c.theta)) c.state = thetahat_unfinished;
}

// The state of an end that is no maximum. Where the likelihood has nowhere been concave, it increases without
// bound, as where rows come to lie on the end of a support.
int end_without(const thetahat_newton& c) {
  return c.decrement != c.decrement ? thetahat_at_limit : thetahat_unfinished;
}

// From a step that went too far, to a shorter one. Where no uphill step is short enough, the likelihood has
// no derivatives: it increases without bound, as rows come to lie on the end of a support.
void step_back(const thetahat_model& m, thetahat_newton& c, double n, bool last) {
  double longest = 0.0;
  for (double& step : c.step) longest = fabs(step *= 0.25) > longest ? fabs(step) : longest;
  step_from_best(m, c);
  c.step_cap = c.stretch = 0.0;
  if (!last && longest >= 1e-13) return;
  c.state = c.decrement <= 1e-19 * n ? thetahat_converged : end_without(c);
}

// How near the maximum a step starts. Close: no parameter moves by more than its rounding, or than 3e-10 of
// its standard error from one row. Rounded: the former keeps one from the latter, as at mean/sd = 1e10. Zero
// curvature: the likelihood is flat in the free coordinate of a shape, which runs to infinity, to a family at
// the limit of this one. At the bound: a parameter runs to the bound of its domain. Away: the sums were taken
// elsewhere. Moves: there is a step at all; beyond what doubles hold there is none.
struct nearness {
  bool close = true, rounded = false, zero_curvature = false, at_bound = false, away = false, moves = false;
};

// Where a shape is large and the likelihood flat, the score is rounding, and the shape runs to infinity; at
// small ones a maximum may be as flat, down to 0. A share runs to 0 or 1.
bool runs_off(const thetahat_parameter& p, double theta) {
  if (p.coordinate == thetahat_logit) return fabs(share_of(p, theta) - 0.5) > 0.5 - 1e-10;
  return is_shape(p) && (theta > 1 || bounded_identity(p) || distance_of(p, theta) < 1e-60);
}

nearness nearness_of(const thetahat_model& m, const newton_step& next, thetahat_newton& c, double n,
                     double scale) {
  nearness near;
  for (int j = 0; j < m.n_params; ++j) {
    const bool rounding = fabs(c.theta[j] - c.best[j]) <= 0x1p-52 * fabs(c.best[j]);
    const bool small = flat(next.curvature[j], n)
                           ? fabs(next.step[j]) <= 1e-9
                           : next.step[j] * next.step[j] * next.curvature[j] <= 1e-19 * n;
    const double off = distance_between(m.parameters[j], c.evaluated[j], c.best[j], scale);
    const bool far = off * off * next.curvature[j] > 1e-19 * n &&
                     fabs(c.evaluated[j] - c.best[j]) > 0x1p-50 * fabs(c.best[j]);
    near.close &= rounding || small;
    near.away |= far;
    near.moves |= fabs(next.step[j]) > 0;
    near.rounded |= rounding && !small;
    c.zero_curvature[j] = !c.fixed[j] && flat(next.curvature[j], n) && runs_off(m.parameters[j], c.best[j]);
    near.zero_curvature |= c.zero_curvature[j] != 0;
    c.at_bound[j] = !c.fixed[j] && near_bound(m.parameters[j], c.best[j]);
    near.at_bound |= c.at_bound[j] != 0;
  }
  near.close &= next.decrement >= 0 && !next.shortened;
  near.zero_curvature &= next.decrement <= 1e-9 * n;  // and not merely far away
  return near;
}

}  // namespace

double newton_retract(const thetahat_parameter& p, double theta, double step, double scale) {
  // In other units where the step would be subnormal, and rounded by itself.
  if (unbounded(p) && p.scale_power == 1 && scale < 0x1p-800 && fabs(theta) < 0x1p-400)
    return (theta * 0x1p600 + step * (scale * 0x1p600)) * 0x1p-600;
  if (unbounded(p)) return theta + times_power(step, scale, p.scale_power);
  if (p.coordinate == thetahat_identity) {
    const double most = half_way(p, theta), change = times_power(step, scale, p.scale_power);
    return theta + (most < 0 ? (change > most ? change : most) : (change < most ? change : most));
  }
  if (p.coordinate == thetahat_log) return at_distance(p, grow(distance_of(p, theta), step));
  const double share = share_of(p, theta), grown = expm1(step);
  return at_share(p, share + share * (1 - share) * grown / (1 + share * grown));
}

// Converged: no parameter is further from the maximum than 3e-10 of its standard error from one row, an error
// that the step yet taken squares, and the decrement, the squared distance in standard errors, is at most
// 1e-12; or what is left of either is rounding.
void newton_iterate(const thetahat_model& m, const double* sums, thetahat_newton& c) {
  thetahat_derivatives at;
  double shifted[thetahat_max_sums];
  const double* there = profiled(m, sums, c, shifted);
  m.derivatives(&m, c.theta, there, &at);
  const double value = at.log_likelihood, slack = 64 * 0x1p-52 * (fabs(c.log_likelihood) + at.n);
  const bool last = ++c.evaluations > most_evaluations, finite = value - value == 0;
  const bool usable = !finite || has_derivatives(m.n_params, at);
  if (!c.has_best && !(finite && usable)) return relax_start(m, c, last);
  if (c.has_best && !(usable && value >= c.log_likelihood - slack)) return step_back(m, c, at.n, last);
  const newton_step next(m, at, c);
  const bool slow = c.has_best && next.decrement > 1e-3 * c.decrement;
  const bool enough = next.decrement <= 1e-12 || next.decrement <= 1e-28 * at.n;
  c.stretch = stretch_of(m, next, c);
  for (int j = 0; j < m.n_params; ++j) {
    c.best[j] = c.theta[j];
    c.step[j] = c.stretch * next.step[j];
  }
  c.has_best = 1;
  c.step_cap = !next.shortened ? 0.0 : c.step_cap > 2 ? 2 * c.step_cap : 4.0;
  c.log_likelihood = value;
  c.decrement = next.decrement;
  step_from_best(m, c);
  const nearness near = nearness_of(m, next, c, at.n, at.scale);
  for (int j = 0; j < m.n_params; ++j) c.newton[j] = next.step[j];
  if (m.shift) continue_step(m, sums, at.scale, c);
  leap_on(m, there, at.scale, c);
  // Near the end of a support, rounding of the score moves theta by more than a close step: after many
  // evaluations it has also converged where the decrement is small enough and falls no further.
  const bool stalled = c.evaluations > 100 && enough && slow && !next.shortened;
  if ((near.close || stalled) && !near.zero_curvature && !near.away && (slow || enough || near.rounded))
    c.state = thetahat_converged;
  else if (near.zero_curvature || near.at_bound || !finite || (!near.moves && !(next.decrement >= 0)) ||
           !m.valid(&m, c.theta))
    c.state = thetahat_at_limit;
  else if (last)
    c.state = end_without(c);
}

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

void thetahat_newton_iterate(const thetahat_model* m, int64_t groups, const double* nodes,
                             thetahat_newton* states) {
  for (int64_t g = 0; g < groups; ++g)
    if (states[g].state == thetahat_running) newton_iterate(*m, nodes + g * (1 + m->n_sums) + 1, states[g]);
}
