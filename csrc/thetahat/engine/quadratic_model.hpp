// The quadratic model of the log-likelihood of all rows of a stochastic ascent: the sum of the second-order
// expansions of its segments, each at the theta of that time, in free coordinates from those of the first
// theta.
#pragma once
#include "thetahat/engine/tree.hpp"
#include "thetahat/engine/update_rule.hpp"

namespace thetahat::THETAHAT_ISA {

// Derivatives in free coordinates: with m the jacobians and b their logarithmic slopes, m g and m J m -
// diag(b m g).
struct free_derivatives {
  double log_likelihood, score[max_p], information[max_p * max_p];

  free_derivatives(const thetahat_model& m, const double* theta, double unit, const double* sums);
  bool finite(int p) const;
};

// Before the first step: the unit, and the origin of the coordinates.
void init_state(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state);

// Adds the parabola of some rows, after steps on them, and scales the steps to come by the information of
// all.
void update_information(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                        const block& rows);

// theta's covariance by the information of all rows, and its squared distance in standard errors to the
// maximum of the quadratic model.
void summarize_state(const thetahat_model& m, const thetahat_update_rule& r, const thetahat_sgd_state& state,
                     thetahat_values* v);

// The state becomes that of an ascent over the rows of both.
void merge_states(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                  const thetahat_sgd_state& other);

}  // namespace thetahat::THETAHAT_ISA
