// The model whose sums are mean and squared deviations, the normal family's: start values are taken from it.
#pragma once
#include "thetahat/api.h"

namespace thetahat {

extern const thetahat_model* moments_model;  // set by thetahat_use

}  // namespace thetahat
