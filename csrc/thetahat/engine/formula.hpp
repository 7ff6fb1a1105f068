// Parts of the models of formulas: where they start, and what normalizes them.
#pragma once
#include "thetahat/formula_api.h"
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

// Start values, the best first; returns how many.
int starts_of(const thetahat_formula& f, const thetahat_pilot& rows, double (*starts)[thetahat_max_params]);

// Whether a model is that of a formula.
bool is_formula(const thetahat_model& m);

// Writes what the normalization adds to the outputs of the values program, for each row; or for all rows of a
// Poisson process as a whole. NaN where the integral is not found.
void normalize_formula(const thetahat_formula* f, const double* theta, const double* uniforms, int whole,
                       double* outputs);

}  // namespace thetahat::THETAHAT_ISA
