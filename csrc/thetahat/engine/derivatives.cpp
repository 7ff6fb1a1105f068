// From derivatives to covariance, standard errors and the Newton decrement: the same cost for 10 rows or
// 10^10.
#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/errors.hpp"

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

namespace {

void convert_derivatives(int p, const thetahat_model& m, const thetahat_derivatives& d, thetahat_values* v) {
  for (int i = 0; i < p; ++i) {
    const int power = m.parameters[i].scale_power;
    for (int j = 0; j < p; ++j) {
      const int at = i * p + j, both = power + m.parameters[j].scale_power;
      v->information[at] = times_power(d.information[at], d.scale, -both);
    }
    v->score[i] = times_power(d.score[i], d.scale, -power);
  }
}

}  // namespace

void thetahat_evaluate(const thetahat_model* m, const double* node, const double* products,
                       const double* theta, const int* fixed, thetahat_values* v) {
  thetahat_derivatives d;
  m->derivatives(m, theta, node + 1, &d);
  const bool errors_hold = errors_hold_at(*m, theta);
  with_constant(m->n_params,
                [&](auto p) { find_errors(p, m->parameters, d, products, errors_hold, fixed, v); });
  convert_derivatives(m->n_params, *m, d, v);
}

void thetahat::THETAHAT_ISA::evaluate_errors(const thetahat_model& m, const double* node, const double* theta,
                                             const int* fixed, thetahat_values* v) {
  thetahat_derivatives d;
  m.derivatives(&m, theta, node + 1, &d);
  const bool errors_hold = errors_hold_at(m, theta);
  with_constant(m.n_params, [&](auto p) { find_errors(p, m.parameters, d, nullptr, errors_hold, fixed, v); });
}
