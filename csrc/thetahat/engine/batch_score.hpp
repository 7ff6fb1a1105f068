// The score of a batch, and its sums: by the kernel of any model.
#pragma once
#include "thetahat/engine/tree.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int64_t few_rows = 1024;  // up to here a batch is not worth a pass

// At theta, in units of the scale.
THETAHAT_NOINLINE inline void batch_score(const thetahat_model& m, const double* theta, const block& b,
                                          double* g) {
  if (b.n >= few_rows) {
    double node[thetahat_max_node];
    sum_rows(m, theta, b, node);
    return m.score(&m, theta, node + 1, g);
  }
  alignas(64) double scores[thetahat_max_params * block_rows];
  m.kernel->row_scores(&m, theta, b.x, b.n, scores);
  level->sum_scores(m.n_params, scores, &b, g);
}

}  // namespace thetahat::THETAHAT_ISA
