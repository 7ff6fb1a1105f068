// Probabilities of intervals under a formula at one theta, with first and second derivatives.
#pragma once
#include "thetahat/engine/formula_integral.hpp"

namespace thetahat::THETAHAT_ISA {

class formula_probability {
 public:
  formula_probability(const thetahat_model& model, const double* theta);

  // Limits at and beyond the ends of the support become infinite; of counts they become counts.
  void open(double& a, double& b) const;
  // log P(a < x <= b), to digits of P itself; NaN where it is not found. Not of the whole support.
  void between(double a, double b, thetahat_log_probability* out);

 private:
  const thetahat_formula& f;
  const double* const theta;
  double uniforms[thetahat_formula_uniforms];
  double normalization[thetahat_formula_outputs] = {};
};

}  // namespace thetahat::THETAHAT_ISA
