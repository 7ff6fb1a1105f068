// The instruction set in use: set once by thetahat_use, before any other call, and only read from then on.
#pragma once
#include "thetahat/api.h"

namespace thetahat {

extern const thetahat_level* level;

}  // namespace thetahat
