// A stochastic step, given a score: its rate, its direction, and the theta it leads to. Of the model, it
// depends on the domains and scale powers of the parameters alone.
#pragma once
#include "thetahat/sgd_api.h"
#include "thetahat/engine/transform.hpp"

namespace thetahat::THETAHAT_ISA {

inline bool is_plain(const thetahat_update_rule& r) {
  return !r.mean && !r.average && !r.implicit && r.update == thetahat_plain;
}
// theta + rate * score, in textbook coordinates.
inline bool is_textbook(const thetahat_update_rule& r) {
  return is_plain(r) && !r.free_coordinates && !r.preconditioned;
}
// The same in free coordinates, times the preconditioner.
inline bool is_preconditioned(const thetahat_update_rule& r) {
  return is_plain(r) && r.free_coordinates && r.preconditioned;
}

// Steps of 1 / t times the score, preconditioned: theta follows the maximum of the rows so far.
inline bool follows_maximum(const thetahat_update_rule& r) {
  return r.preconditioned && !r.mean && r.update == thetahat_plain && r.rate == 1 && r.power == 1 &&
         r.offset == 0;
}

// Whether the rate is the same at all rows, which are counted one by one.
inline bool has_constant_rate(const thetahat_update_rule& r) {
  return r.power == 0 && r.forgetting_factor == 1;
}

// Counts rows in, by their weights where steps are preconditioned; what was counted before is forgotten by
// degrees.
inline double count_in(const thetahat_update_rule& r, double t, const double* w, int64_t n) {
  const bool weighted = r.preconditioned && w;
  if (!weighted && r.forgetting_factor == 1) return t + double(n);
  for (int64_t i = 0; i < n; ++i) t = r.forgetting_factor * t + (weighted ? w[i] : 1.0);
  return t;
}

// rate (t + offset)^-power.
THETAHAT_NOINLINE inline double rate_at(const thetahat_update_rule& r, double t) {
  if (r.power == 0) return r.rate;
  if (r.power == 1) return r.rate / (t + r.offset);
  return r.rate * exp(-r.power * log(t + r.offset));
}

// The rates of steps on single rows, times the rows' weights.
THETAHAT_NOINLINE inline void row_rates(const thetahat_update_rule& r, thetahat_sgd_state& state,
                                        const double* w, int64_t n, double* out) {
  double t = state.t;
  if (r.forgetting_factor != 1 || (r.preconditioned && w))
    for (int64_t i = 0; i < n; ++i) out[i] = t = count_in(r, t, w ? w + i : nullptr, 1);
  else
    for (int64_t i = 0; i < n; ++i) out[i] = t + double(i + 1);
  state.t = out[n - 1];
  if (r.power == 0)
    for (int64_t i = 0; i < n; ++i) out[i] = r.rate;
  else if (r.power == 1)
    for (int64_t i = 0; i < n; ++i) out[i] = r.rate / (out[i] + r.offset);
  else
    for (int64_t i = 0; i < n; ++i) out[i] = rate_at(r, out[i]);
  for (int64_t i = 0; w && i < n; ++i) out[i] *= w[i];
}

inline double unit_of(const thetahat_parameter& p, const thetahat_sgd_state& state) {
  return p.scale_power ? state.unit : 1.0;
}

// Where a step in the rule's coordinates leads.
inline double step_to(const thetahat_update_rule& r, const thetahat_parameter& p, double theta, double step,
                      double unit) {
  return r.free_coordinates ? retract(p, theta, step, unit) : theta + step * unit;
}

// The direction of a step, from the score c in its coordinates.
inline void direction(const thetahat_update_rule& r, thetahat_sgd_state& state, int p, const double* c,
                      double* d) {
  for (int i = 0; i < p; ++i) {
    d[i] = c[i];
    if (r.preconditioned) {
      d[i] = 0.0;
      for (int j = 0; j < p; ++j) d[i] += state.preconditioner[i * p + j] * c[j];
    }
  }
  double *first = state.first_moment, *second = state.second_moment, *left = state.bias_correction;
  for (int i = 0; i < p && r.update == thetahat_momentum; ++i) d[i] = first[i] = r.beta1 * first[i] + d[i];
  if (r.update != thetahat_adam) return;
  left[0] *= r.beta1;
  left[1] *= r.beta2;
  for (int i = 0; i < p; ++i) {
    first[i] = r.beta1 * first[i] + (1.0 - r.beta1) * d[i];
    second[i] = r.beta2 * second[i] + (1.0 - r.beta2) * (d[i] * d[i]);
    d[i] = first[i] / (1.0 - left[0]) / (sqrt(second[i] / (1.0 - left[1])) + r.epsilon);
  }
}

// theta moves by a step in its coordinates, if it stays in the domain; else it stays where it is.
inline void apply_step(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                       const double* step) {
  double next[max_p];
  for (int j = 0; j < m.n_params; ++j)
    next[j] = r.fixed[j]
                  ? state.theta[j]
                  : step_to(r, m.parameters[j], state.theta[j], step[j], unit_of(m.parameters[j], state));
  if (!m.valid(&m, next)) {
    state.diverged = 1;
    return;
  }
  if (r.average) state.averaged_steps += 1;
  for (int j = 0; j < m.n_params; ++j) {
    state.theta[j] = next[j];
    state.displacement[j] += step[j];
    if (r.average) state.average[j] += (state.displacement[j] - state.average[j]) / state.averaged_steps;
  }
}

// A step of any rule, from the score of some rows in its coordinates; they weigh so much.
inline void step_by_rule(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                         const double* score, double rate, double weight) {
  double c[max_p], step[max_p];
  for (int j = 0; j < m.n_params; ++j) c[j] = r.mean ? score[j] / weight : score[j];
  direction(r, state, m.n_params, c, step);
  for (int j = 0; j < m.n_params; ++j)
    step[j] =
        r.preconditioned ? clip_step(m.parameters[j], rate * step[j], state.step_limit[j]) : rate * step[j];
  apply_step(m, r, state, step);
}

// The theta that a rule reports: the mean of all, or the last one.
inline void reported_theta(const thetahat_model& m, const thetahat_update_rule& r,
                           const thetahat_sgd_state& state, double* theta) {
  for (int j = 0; j < m.n_params; ++j) {
    theta[j] = state.theta[j];
    if (r.average && state.averaged_steps > 0 && !r.fixed[j])
      theta[j] = step_to(r, m.parameters[j], theta[j], state.average[j] - state.displacement[j],
                         unit_of(m.parameters[j], state));
  }
}

}  // namespace thetahat::THETAHAT_ISA
