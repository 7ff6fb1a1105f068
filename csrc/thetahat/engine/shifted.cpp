#include "thetahat/isa/baseline.hpp"

#include <string.h>
#include "thetahat/engine/newton.hpp"
#include "thetahat/engine/shifted.hpp"

namespace thetahat::THETAHAT_ISA {

bool maximize_by_shifts(const thetahat_model& m, const int* fixed, double* theta, double* sums,
                        double* error) {
  double shifted[thetahat_max_sums];
  thetahat_model step_by_step = m;  // shifted sums cannot be shifted on
  step_by_step.shift = nullptr;
  thetahat_newton c = {};
  bool near = false;
  const auto reaches = [&] {
    return m.valid(&m, c.theta) && m.shift(&m, theta, sums, c.theta, shifted, error);
  };
  for (int j = 0; j < m.n_params; ++j) c.theta[j] = theta[j], c.fixed[j] = fixed[j];
  do {
    if (!reaches()) return false;
    newton_iterate(step_by_step, shifted, c);
    near = c.decrement >= 0 && c.decrement <= 1e-6 && *error > 16 * exact_shift;
  } while (c.state == thetahat_running && !near);
  if (!(near || c.state == thetahat_converged) || !reaches()) return false;
  if (near && *error <= exact_shift) return false;
  memcpy(theta, c.theta, m.n_params * sizeof(double));
  memcpy(sums, shifted, m.n_sums * sizeof(double));
  return true;
}

}  // namespace thetahat::THETAHAT_ISA
