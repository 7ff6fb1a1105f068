#include "thetahat/isa/baseline.hpp"

#include <float.h>
#include "thetahat/engine/explore.hpp"
#include "thetahat/engine/tree.hpp"

namespace thetahat::THETAHAT_ISA {

const double* landscape::sums_at(const double* theta, double* node) const {
  if (sufficient) return sufficient;
  sum_rows(m, theta, {rows->x, rows->w, rows->n}, node);
  return node + 1;
}

// The log-likelihood; -inf where it is none.
double landscape::height(const double* theta) const {
  double node[thetahat_max_node];
  thetahat_derivatives at;
  if (!m.valid(&m, theta)) return -HUGE_VAL;
  m.derivatives(&m, theta, sums_at(theta, node), &at);
  return at.log_likelihood < HUGE_VAL ? at.log_likelihood : -HUGE_VAL;
}

bool landscape::newton(thetahat_newton& c) const {
  double node[thetahat_max_node];
  for (int j = 0; j < m.n_params; ++j) c.fixed[j] = fixed[j];
  do newton_iterate(m, sums_at(c.theta, node), c);
  while (c.state == thetahat_running);
  return c.state == thetahat_converged;
}

// Steps of one free coordinate, twice as long after each that leads uphill, half as long where neither side
// does. From where the likelihood is 0, until it is not.
bool landscape::search_along(int j, double* theta, double* best) const {
  bool moved = false;
  double step = 1.0;
  for (int tries = 0; tries < 200 && step > 1.0 / 32; ++tries) {
    const double here = theta[j], scale = m.scale(&m, theta);
    bool uphill = false;
    const double sides[] = {step, -step};
    for (double side : sides) {
      theta[j] = newton_retract(m.parameters[j], here, side, scale);
      const double there = height(theta);
      uphill = there > *best;
      if (uphill) {
        *best = there;
        break;
      }
      theta[j] = here;
    }
    moved |= uphill;
    step *= uphill || *best == -HUGE_VAL ? 2.0 : 0.5;
  }
  return moved;
}

void landscape::search(double* theta) const {
  double best = height(theta);
  bool moved = true;
  for (int cycle = 0; cycle < 4 && moved; ++cycle) {
    moved = false;
    for (int j = 0; j < m.n_params; ++j)
      if (!fixed[j]) moved |= search_along(j, theta, &best);
  }
}

int landscape::maximize(int n_starts, const double (*starts)[max_p], double* theta) const {
  double best = -DBL_MAX;
  int evaluations = 0;
  for (int k = 0; k < n_starts; ++k) {
    thetahat_newton c = {};
    for (int j = 0; j < m.n_params; ++j) c.theta[j] = starts[k][j];
    bool found = newton(c);
    if (!found && any_fixed(m.n_params, fixed)) {
      thetahat_newton next = {};
      for (int j = 0; j < m.n_params; ++j) next.theta[j] = starts[k][j];
      search(next.theta);
      c = next;
      found = newton(c);
    }
    // Two ways to one maximum differ by rounding.
    if (!found || !(c.log_likelihood > best + 1e-6 + 0x1p-40 * fabs(best))) continue;
    best = c.log_likelihood, evaluations = c.evaluations;
    for (int j = 0; j < m.n_params; ++j) theta[j] = c.theta[j];
  }
  return evaluations;
}

}  // namespace thetahat::THETAHAT_ISA
