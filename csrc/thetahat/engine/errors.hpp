// From derivatives at one theta to covariance, standard errors and the Newton decrement.
#pragma once
#include <math.h>
#include "thetahat/engine/transform.hpp"

namespace thetahat::THETAHAT_ISA {

// The covariance is the model's own where it has one and a fixed parameter does not change the others'.
THETAHAT_INLINE bool covariance_of(int p, const thetahat_derivatives& d, const int* fixed, double* C) {
  const bool fixes = any_fixed(p, fixed);
  if (!d.has_covariance || (fixes && !d.has_residual)) return invert_free(p, fixed, d.information, C);
  for (int i = 0; i < p * p; ++i) C[i] = d.covariance[i];
  if (fixes) clear_fixed(p, fixed, C);
  return d.has_covariance == 1;
}

// Covariances, and what belongs to them: not the information and the score. Errors hold: where the inverse
// information is a covariance of the estimates. fixed and products may be NULL.
THETAHAT_INLINE void find_errors(int p, const thetahat_parameter* parameters, const thetahat_derivatives& d,
                                 const double* products, bool errors_hold, const int* fixed,
                                 thetahat_values* v) {
  double C[max_p * max_p];
  for (int i = 0; i < p * p; ++i) C[i] = 0.0;
  const double* residual = d.has_residual ? d.residual : d.score;
  bool concave = covariance_of(p, d, fixed, C);
  v->log_likelihood = d.log_likelihood;
  v->decrement = quadratic_form(p, residual, C, residual);
  concave = concave && v->decrement >= 0;  // rounding may have left no covariance, as of weights like 1e50
  if (!concave) v->decrement = NAN;
  if (products) sandwich(p, products + 2, C);
  const bool has_errors = concave && errors_hold;
  for (int i = 0; i < p; ++i) {
    const int power = parameters[i].scale_power;
    for (int j = 0; j < p; ++j) {
      const int at = i * p + j, both = power + parameters[j].scale_power;
      v->covariance[at] = has_errors ? times_power(C[at], d.scale, both) : NAN;
    }
    v->standard_error[i] = has_errors ? times_power(sqrt(C[i * p + i]), d.scale, power) : NAN;
  }
}

}  // namespace thetahat::THETAHAT_ISA
