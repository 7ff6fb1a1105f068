// Probabilities of counts, added up one by one.
#pragma once
#include <vector>
#include "thetahat/engine/score_moments.hpp"

namespace thetahat::THETAHAT_ISA {

class count_tails {
 public:
  count_tails(const thetahat_model& model, const double* theta)
      : m(model), theta(theta), moments(model, theta) {}

  // log P of the counts above c, or of those up to c: on the side where the probabilities fall off; whether
  // that is above.
  bool falling_side(double c, thetahat_log_probability* out);
  // The same of all of some limits from the outermost one inwards, on the side where the probabilities fall
  // off, so that each count is added once.
  void beyond_each(bool above, const double* limits, int64_t n, thetahat_log_probability* out);
  // Whether the probabilities fall off above c.
  bool falls_above(double c) { return at(c + 1) < at(c); }
  // log P of the counts from `first` to `last`.
  void between(double first, double last, thetahat_log_probability* out);

 private:
  const thetahat_model& m;
  const double* const theta;
  score_moments moments;
  std::vector<double> x, level;

  double at(double count);
  double add(double first, double last, double top);
  double end_of_tail(double first, int direction);
};

}  // namespace thetahat::THETAHAT_ISA
