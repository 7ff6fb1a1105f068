// The mean of the derivatives of a log-density over nodes, and the covariance of its scores there: by
//   d log P(B) = E[d log f | B],  d2 log P(B) = E[d2 log f | B] + Var[d log f | B]
// these are the derivatives of the probability of a set B. A model's own sums of weighted rows give the
// second derivatives, so that nothing here knows a family.
#pragma once
#include <vector>
#include "thetahat/engine/tree.hpp"
#include "thetahat/math/small_matrix.hpp"

namespace thetahat::THETAHAT_ISA {

class score_moments {
 public:
  // Exchanged: the result is for the two parameters of theta in the other order, in the units of that.
  score_moments(const thetahat_model& model, const double* theta, bool exchanged = false);

  void clear();
  // Nodes x of positive weights, at most block_rows of them.
  void add(const double* x, const double* weights, int64_t n);
  // What lies beyond the last node, where the density falls off as an exponential of the coordinate, whose
  // mean is so many units, and scores grow evenly with it, as they did from a unit before: two nodes on both
  // sides of the mean, with the mean and the variance of all.
  void add_remainder(double before, double last, double mean, double weight);
  void merge(const score_moments& other);
  void multiply(double by);
  // Derivatives of log P; the value stays.
  void write(thetahat_log_probability* out) const;

 private:
  const thetahat_model& model;
  const double* const theta;
  const bool exchanged;
  const int p;
  double to_units[max_p];  // from those of the model at theta to those of the result
  const pass prepared;
  std::vector<double> scores;
  double mass, first[max_p], products[max_p * max_p], information[max_p * max_p];

  int place(int j) const { return exchanged ? 1 - j : j; }
  void add_products(const double* score, int64_t stride, const double* weights, int64_t n);
  void add_information(const double* x, const double* weights, int64_t n);
};

}  // namespace thetahat::THETAHAT_ISA
