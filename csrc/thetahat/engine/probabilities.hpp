// log P(a < x <= b) at one theta, with first and second derivatives, for any model: closed forms where it has
// them, quadrature otherwise.
#pragma once
#include <memory>
#include "thetahat/engine/count_tails.hpp"
#include "thetahat/engine/formula_probability.hpp"
#include "thetahat/engine/quadrature.hpp"

namespace thetahat::THETAHAT_ISA {

using log_probability = thetahat_log_probability;

class probabilities {
 public:
  // Of a model with intervals: as of that of its exact rows.
  probabilities(const thetahat_model& model, const double* theta);

  // a < b, or a == b: of the density there. Derivatives are NaN where P = 0.
  void of(double a, double b, log_probability* out);
  // Of many limits of counts, distinct and in increasing order.
  void of_counts(bool upper, const double* limits, int64_t n, log_probability* out);

 private:
  const thetahat_model& m;
  const double* const theta;
  const int p;
  std::unique_ptr<quadrature> integrals;  // these two when they are first needed
  std::unique_ptr<count_tails> counts;
  std::unique_ptr<formula_probability> formula;  // of a model that is one

  quadrature& integral();
  count_tails& count();

  void of_formula(double a, double b, log_probability* out);
  void of_limits(double a, double b, log_probability* out);
  void one_sided(double x, bool upper, log_probability* out);
  void two_sided(double a, double b, log_probability* out);
  void direct(double a, double b, log_probability* out);
  void arc(double a, double b, log_probability* out);
  void density(double x, log_probability* out);
  void none(log_probability* out) const;
  void complement(const log_probability& of, log_probability* out) const;
  void combine(double weight_a, const log_probability& a, double weight_b, const log_probability& b,
               double value, log_probability* out) const;
};

}  // namespace thetahat::THETAHAT_ISA
