// Newton's method on the sums of one pass, shifted to each theta that it asks for.
#pragma once
#include "thetahat/api.h"

namespace thetahat::THETAHAT_ISA {

// From theta, where the sums were taken, to the maximum that they show. Where it is found, theta becomes it,
// the sums are those there, and error bounds theirs; else both stay, and the result is false.
bool maximize_by_shifts(const thetahat_model& m, const int* fixed, double* theta, double* sums,
                        double* error);

}  // namespace thetahat::THETAHAT_ISA
