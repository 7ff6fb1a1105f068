#include "thetahat/isa/baseline.hpp"

#include <float.h>
#include "thetahat/engine/explore.hpp"
#include "thetahat/engine/transform.hpp"
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

// Whether it has come so near a maximum that is known, and lies lower, that the next steps lead there.
bool landscape::is_near(const thetahat_newton& c, const double* known, double top) const {
  constexpr double near = 0.25;  // scales, or logarithms
  if (!(c.decrement >= 0 && c.decrement < 1 && c.log_likelihood <= top)) return false;
  const double scale = m.scale(&m, known);
  for (int j = 0; j < m.n_params; ++j) {
    const thetahat_parameter& p = m.parameters[j];
    if (c.best[j] != known[j] &&
        !(fabs(free_coordinate(p, c.best[j], known[j], times_power(1.0, scale, p.scale_power))) < near))
      return false;
  }
  return true;
}

// Where many steps gain so little that all that are left would not lead above a maximum that is known, it
// creeps to a place that is level and no maximum.
landscape::end landscape::newton(thetahat_newton& c, const double* known, double top) const {
  constexpr int many = 16;
  double node[thetahat_max_node], before = -HUGE_VAL;
  for (int j = 0; j < m.n_params; ++j) c.fixed[j] = fixed[j];
  do {
    newton_iterate(m, sums_at(c.theta, node), c);
    if (is_near(c, known, top)) return at_known;
    if (c.evaluations % many || !c.has_best) continue;
    if (top > -DBL_MAX && c.log_likelihood - before < 1e-2 * (top - c.log_likelihood)) return elsewhere;
    before = c.log_likelihood;
  } while (c.state == thetahat_running);
  return c.state == thetahat_converged ? at_maximum : elsewhere;
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
    end found = newton(c, theta, best);
    if (found == elsewhere && any_fixed(m.n_params, fixed)) {
      thetahat_newton next = {};
      for (int j = 0; j < m.n_params; ++j) next.theta[j] = starts[k][j];
      search(next.theta);
      c = next;
      found = newton(c, theta, best);
    }
    // Two ways to one maximum differ by rounding.
    if (found != at_maximum || !(c.log_likelihood > best + 1e-6 + 0x1p-40 * fabs(best))) continue;
    best = c.log_likelihood, evaluations = c.evaluations;
    for (int j = 0; j < m.n_params; ++j) theta[j] = c.theta[j];
  }
  return evaluations;
}

}  // namespace thetahat::THETAHAT_ISA
