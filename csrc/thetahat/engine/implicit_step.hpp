// Implicit stochastic steps, whose score is taken at the theta they lead to.
#pragma once
#include "thetahat/engine/quadratic_model.hpp"

namespace thetahat::THETAHAT_ISA {

// The objective of a step d and its derivatives:
//   F(d) = log-likelihood(u + d) - d' Q d / (2 rate),  Q = the information of one row, or 1.
struct implicit_objective {
  double value = -HUGE_VAL, score[max_p], information[max_p * max_p];

  // `share` of the log-likelihood counts: 1, or one part of the batch's weight.
  void evaluate(const thetahat_model& m, const double* theta, double unit, const block& b, double share,
                const double* Q, const double* d) {
    const int p = m.n_params;
    double node[thetahat_max_node];
    sum_rows(m, theta, b, node);
    const free_derivatives at(m, theta, unit, node + 1);
    if (at.finite(p)) value = share * at.log_likelihood;
    for (int i = 0; i < p; ++i) {
      score[i] = share * at.score[i];
      for (int j = 0; j < p; ++j) {
        information[i * p + j] = Q[i * p + j] + share * at.information[i * p + j];
        score[i] -= Q[i * p + j] * d[j];
        value -= 0.5 * d[i] * Q[i * p + j] * d[j];
      }
    }
  }
};

// The maximum of the objective by Newton's method from d = 0 on, its steps halved until F rises. Where it
// does not, d stays. A mean is over the weight of the batch.
inline void implicit_step(const thetahat_model& m, const thetahat_update_rule& r,
                          const thetahat_sgd_state& state, const block& b, double rate, double weight,
                          double* d) {
  const int p = m.n_params;
  double Q[max_p * max_p], C[max_p * max_p], theta[max_p], best = -HUGE_VAL, to[max_p] = {}, step[max_p] = {};
  for (int i = 0; i < p * p; ++i)
    Q[i] = (r.preconditioned ? state.information[i] / state.n : double(i % (p + 1) == 0)) / rate;
  for (int j = 0; j < p; ++j) d[j] = 0.0;
  for (int evaluation = 0; evaluation < 40; ++evaluation) {
    for (int j = 0; j < p; ++j)
      theta[j] = retract(m.parameters[j], state.theta[j], to[j], unit_of(m.parameters[j], state));
    implicit_objective F;
    if (m.valid(&m, theta)) F.evaluate(m, theta, state.unit, b, r.mean ? 1.0 / weight : 1.0, Q, to);
    double largest = 0.0;
    if (F.value > best) {
      best = F.value;
      if (!invert_free(p, r.fixed, F.information, C) && !invert_free(p, r.fixed, Q, C)) return;
      for (int i = 0; i < p; ++i) {
        d[i] = to[i];
        step[i] = 0.0;
        for (int j = 0; j < p; ++j) step[i] += C[i * p + j] * F.score[j];
        step[i] = step[i] > 1 ? 1.0 : step[i] < -1 ? -1.0 : step[i];
      }
    } else {
      for (double& s : step) s *= 0.5;
    }
    for (int j = 0; j < p; ++j) {
      to[j] = d[j] + step[j];
      largest = fabs(step[j]) > largest ? fabs(step[j]) : largest;
    }
    if (largest < 1e-12) return;
  }
}

}  // namespace thetahat::THETAHAT_ISA
