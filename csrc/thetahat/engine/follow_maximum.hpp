// How theta follows the maximum, where steps are 1 / t times the preconditioned score. In a first epoch, or
// along a stream, theta goes to the maximum of the quadratic model of the rows so far where its steps did not
// come near: where rows are so far out that steps are shortened. Later epochs expand all rows about the theta
// where the one before ended, and end with a step of Newton's method from there: what their own steps made of
// such rows does not last.
#pragma once
#include "thetahat/engine/quadratic_model.hpp"

namespace thetahat::THETAHAT_ISA {

// After steps on the rows of a segment.
void follow_segment(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                    const block& rows);

// A step on a batch that is a segment of the first epoch, by one pass of its rows: they are expanded about
// the theta before the step.
void follow_batch(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                  const block& rows);

// After the last segment of an epoch.
void follow_epoch(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state);

}  // namespace thetahat::THETAHAT_ISA
