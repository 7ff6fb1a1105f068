// Towards which limit the likelihood of a group without a maximum increases.
#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/group_fit.hpp"
#include "thetahat/engine/transform.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr double far = 8.0;  // logarithms that a parameter runs from its start value, at least

int runs_down(int j) { return 1 + 2 * j; }
int runs_up(int j) { return 2 + 2 * j; }

// The equation of the sums has no solution: a parameter may still tell where it would lie.
int reason_of_equation(const thetahat_model& m, const thetahat_exact& e, const double* sums) {
  double theta[thetahat_max_params];
  for (int j = 0; j < m.n_params; ++j) theta[j] = e.fixed[j] ? e.fixed_values[j] : NAN;
  m.maximum(&m, sums, e.fixed, theta);
  for (int j = 0; j < m.n_params; ++j) {
    const thetahat_parameter& p = m.parameters[j];
    if (e.fixed[j]) continue;
    if (theta[j] <= p.low) return runs_down(j);
    if (theta[j] >= p.high) return runs_up(j);
  }
  return thetahat_no_reason;
}

// Rows too much alike to start from: around a location, their scale is 0.
int reason_of_scale(const thetahat_model& m, const thetahat_exact& e) {
  bool located = false;
  int reason = thetahat_no_reason;
  for (int j = 0; j < m.n_params; ++j) {
    const thetahat_parameter& p = m.parameters[j];
    located |= unbounded(p) && p.scale_power > 0;
    if (!e.fixed[j] && p.scale_power > 0 && p.coordinate == thetahat_log) reason = runs_down(j);
  }
  return located ? reason : int(thetahat_no_reason);
}

// The parameter in which the likelihood is flat, or that runs to a bound, or has run furthest.
int reason_of_newton(const thetahat_model& m, const thetahat_exact& e) {
  const thetahat_newton& c = e.newton;
  const double* start = e.n_starts ? e.starts[e.next_start - 1] : e.start;
  double furthest = far;
  int reason = thetahat_no_reason;
  for (int j = 0; j < m.n_params; ++j) {
    const thetahat_parameter& p = m.parameters[j];
    if (e.fixed[j]) continue;
    if (c.at_bound[j]) return p.low > -HUGE_VAL ? runs_down(j) : runs_up(j);
    if (c.zero_curvature[j]) return c.best[j] > 1 ? runs_up(j) : runs_down(j);
    if (p.coordinate != thetahat_log) continue;
    const double run = log(distance_of(p, c.best[j]) / distance_of(p, start[j]));
    if (fabs(run) > furthest) furthest = fabs(run), reason = run > 0 ? runs_up(j) : runs_down(j);
  }
  return reason;
}

}  // namespace

int reason_of_limit(const thetahat_model& m, const thetahat_exact& e, const double* sums) {
  if (e.state == thetahat_no_maximum) return reason_of_equation(m, e, sums);
  if (e.state == thetahat_no_start) return reason_of_scale(m, e);
  return e.newton.evaluations ? reason_of_newton(m, e) : int(thetahat_no_reason);
}

}  // namespace thetahat::THETAHAT_ISA
