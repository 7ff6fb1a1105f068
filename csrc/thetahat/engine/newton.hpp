// Newton's method, damped, in free coordinates, from derivatives alone: one theta after another, the sums at
// each.
#pragma once
#include "thetahat/engine/transform.hpp"

namespace thetahat::THETAHAT_ISA {

// Evaluates c.theta by its sums, and sets the theta to evaluate next.
void newton_iterate(const thetahat_model& m, const double* sums, thetahat_newton& c);

}  // namespace thetahat::THETAHAT_ISA
