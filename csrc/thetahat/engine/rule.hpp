// What a stochastic step does with a score: its rate, its direction, and where it leads. Nothing here depends
// on the family but by the domains and dimensions of its parameters.
#pragma once
#include <math.h>
#include "thetahat/api.h"
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int group_rows = 32;  // rows whose rates are computed together

// Counts rows in, by their weights where steps are scaled; what was counted before fades.
inline double count_in(const thetahat_rule& r, double t, const double* w, int64_t n) {
  const bool weighted = r.scaled && w;
  if (!weighted && r.memory == 1) return t + double(n);
  for (int64_t i = 0; i < n; ++i) t = r.memory * t + (weighted ? w[i] : 1.0);
  return t;
}

// rate (t + offset)^-power.
THETAHAT_NOINLINE inline double rate_at(const thetahat_rule& r, double t) {
  if (r.power == 0) return r.rate;
  if (r.power == 1) return r.rate / (t + r.offset);
  return r.rate * exp(-r.power * log(t + r.offset));
}

// The rates of steps on single rows, at most group_rows of them, times the rows' weights.
THETAHAT_NOINLINE inline void row_rates(const thetahat_rule& r, thetahat_walk& walk, const double* w,
                                        int64_t n, double* out) {
  double t = walk.t;
  if (r.memory != 1 || (r.scaled && w))
    for (int64_t i = 0; i < n; ++i) out[i] = t = count_in(r, t, w ? w + i : nullptr, 1);
  else
    for (int64_t i = 0; i < n; ++i) out[i] = t + double(i + 1);
  walk.t = out[n - 1];
  if (r.power == 0)
    for (int64_t i = 0; i < n; ++i) out[i] = r.rate;
  else if (r.power == 1)
    for (int64_t i = 0; i < n; ++i) out[i] = r.rate / (out[i] + r.offset);
  else
    for (int64_t i = 0; i < n; ++i) out[i] = rate_at(r, out[i]);
  for (int64_t i = 0; w && i < n; ++i) out[i] *= w[i];
}

THETAHAT_NOINLINE inline double large_growth(double d) { return exp(d); }

// exp(d): by its series where d is small, as it is in all but the first steps.
inline double growth(double d) {
  if (!(fabs(d) < 0x1p-6)) return large_growth(d);
  const double d2 = d * d, d4 = d2 * d2;
  return (1.0 + d) + d2 * ((0.5 + d * (1.0 / 6)) + d2 * (1.0 / 24 + d * (1.0 / 120)) +
                           d4 * (1.0 / 720 + d * (1.0 / 5040)));
}

// Where a step of a parameter's free coordinate leads; one of its own, in units, if it has none.
THETAHAT_INLINE double moved(int domain, double theta, double step, double unit) {
  if (domain == thetahat_positive) return theta * growth(step);
  if (domain == thetahat_unit) return theta / (theta + (1.0 - theta) * growth(-step));
  return theta + step * unit;
}

// No row, however far, moves theta beyond a limit. One that theta makes impossible has no score: it moves the
// end of the support away, which a shape above -1 does, and nothing else.
THETAHAT_INLINE double limited(int domain, double step, double limit) {
  if (fabs(step) <= limit) return step;
  if (step != step) return domain == thetahat_above_minus_one ? limit : 0.0;
  return step > 0 ? limit : -limit;
}

// A family's parameters, as far as a rule needs to know them.
struct parameters {
  int n;
  const int *domain, *dimension;
  int (*valid)(const double* theta);
};

// The direction of a step, from the score c in its coordinates.
inline void direct(const thetahat_rule& r, thetahat_walk& walk, const parameters& p, const double* c,
                   double* d) {
  for (int i = 0; i < p.n; ++i) {
    d[i] = c[i];
    if (r.scaled) {
      d[i] = 0.0;
      for (int j = 0; j < p.n; ++j) d[i] += walk.metric[i * p.n + j] * c[j];
    }
  }
  for (int i = 0; i < p.n && r.kind == thetahat_momentum; ++i)
    d[i] = walk.first[i] = r.beta1 * walk.first[i] + d[i];
  if (r.kind != thetahat_adam) return;
  walk.fading[0] *= r.beta1;
  walk.fading[1] *= r.beta2;
  for (int i = 0; i < p.n; ++i) {
    walk.first[i] = r.beta1 * walk.first[i] + (1.0 - r.beta1) * d[i];
    walk.second[i] = r.beta2 * walk.second[i] + (1.0 - r.beta2) * (d[i] * d[i]);
    d[i] =
        walk.first[i] / (1.0 - walk.fading[0]) / (sqrt(walk.second[i] / (1.0 - walk.fading[1])) + r.epsilon);
  }
}

// theta moves by a step in its coordinates, if it stays in the domain; else it stays where it is.
inline void go(const thetahat_rule& r, thetahat_walk& walk, const parameters& p, const double* step) {
  double next[thetahat_max_params];
  for (int j = 0; j < p.n; ++j) {
    const double unit = p.dimension[j] ? walk.unit : 1.0;
    next[j] = r.held && r.held[j]
                  ? walk.theta[j]
                  : moved(r.logarithmic ? p.domain[j] : int(thetahat_real), walk.theta[j], step[j], unit);
  }
  if (!p.valid(next)) {
    walk.diverged = 1;
    return;
  }
  if (r.averaged) walk.means += 1;
  for (int j = 0; j < p.n; ++j) {
    walk.theta[j] = next[j];
    walk.moved[j] += step[j];
    if (r.averaged) walk.mean[j] += (walk.moved[j] - walk.mean[j]) / walk.means;
  }
}

// A step of any rule, from the score of some rows in its coordinates; they weigh so much.
THETAHAT_NOINLINE inline void step_by(const thetahat_rule& r, thetahat_walk& walk, const parameters& p,
                                      const double* score, double rate, double weight) {
  double c[thetahat_max_params], step[thetahat_max_params];
  for (int j = 0; j < p.n; ++j) c[j] = r.mean ? score[j] / weight : score[j];
  direct(r, walk, p, c, step);
  for (int j = 0; j < p.n; ++j)
    step[j] = r.scaled ? limited(p.domain[j], rate * step[j], walk.limit[j]) : rate * step[j];
  go(r, walk, p, step);
}

// The theta that a rule reports: the mean of all, or the last one.
inline void reported(const thetahat_rule& r, const thetahat_walk& walk, const parameters& p, double* theta) {
  for (int j = 0; j < p.n; ++j) {
    const double unit = p.dimension[j] ? walk.unit : 1.0;
    theta[j] = walk.theta[j];
    if (r.averaged && walk.means > 0 && !(r.held && r.held[j]))
      theta[j] = moved(r.logarithmic ? p.domain[j] : int(thetahat_real), theta[j],
                       walk.mean[j] - walk.moved[j], unit);
  }
}

}  // namespace thetahat::THETAHAT_ISA
