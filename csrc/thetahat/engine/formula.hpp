// Parts of the models of formulas: where they start, and what normalizes them.
#pragma once
#include "thetahat/formula_api.h"
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

// Start values, the best first; returns how many.
int starts_of(const thetahat_formula& f, const thetahat_pilot& rows, double (*starts)[thetahat_max_params]);

// Writes what the normalization adds to the outputs of the values program, for each row, or where rows are
// those of a process for all of them: l, its derivatives, or its second ones too, as `order` says. NaN where the
// integral is not found.
void normalize_formula(const thetahat_formula* f, const double* theta, const double* uniforms, int order,
                       double* outputs);

}  // namespace thetahat::THETAHAT_ISA
