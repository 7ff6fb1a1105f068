// The quadratic model of the log-likelihood of all rows of a stochastic ascent: the sum of the second-order
// expansions of its segments, each at the theta of that time, in free coordinates from those of the first
// theta.
#pragma once
#include <vector>
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

// The free coordinates of theta, from those of the first one on.
void coordinates(const thetahat_model& m, const thetahat_sgd_state& state, const double* theta, double* u);

// The node of some rows, and their derivatives at theta, whose free coordinates are u.
struct expansion {
  double theta[max_p], u[max_p], node[thetahat_max_node];
  free_derivatives at;

  expansion(const thetahat_model& m, const thetahat_sgd_state& state, const double* about, const block& rows);
};

// Those of a segment's rows to which some theta gives finite derivatives, and how many others have a weight.
struct finite_rows {
  std::vector<double> x, w;
  block rows;
  double skipped = 0.0;

  finite_rows(const thetahat_model& m, const thetahat_sgd_state& state, const double* about,
              const block& all);
};

// Adds an expansion's parabola to one of which a share is kept, or to that of all rows.
void add_parabola(int p, const expansion& e, double kept, double* information, double* linear_term);
void add_expansion(int p, const expansion& e, double kept, thetahat_sgd_state& state);

// What n more rows leave of those before: 1 unless rows are forgotten.
double share_kept(const thetahat_update_rule& r, int64_t n);

// The preconditioner of the steps to come, and how far one may go: four standard errors of theta as rows of
// weight 1 would have them. C becomes the inverse of all information; false, and nothing new, where there is
// none.
bool scale_steps(int p, const thetahat_update_rule& r, thetahat_sgd_state& state, double* C);

// Before the first step: the unit, the origin of the coordinates, and the anchor.
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
