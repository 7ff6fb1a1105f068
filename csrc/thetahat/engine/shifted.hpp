// Newton's method on the sums of one pass, shifted to each theta that it asks for.
#pragma once
#include "thetahat/api.h"

namespace thetahat::THETAHAT_ISA {

// Sums that are off by no more than this, as a share of a row's score, give the maximum as a pass there
// would: their rounding is as large.
constexpr double exact_shift = 0x1p-48;

// From theta, where the sums were taken, to the maximum that they show, or near it where they are not exact
// there. Where it is found, theta becomes it, the sums are those there, and error bounds theirs; else both
// stay, and the result is false.
bool maximize_by_shifts(const thetahat_model& m, const int* fixed, double* theta, double* sums,
                        double* error);

}  // namespace thetahat::THETAHAT_ISA
