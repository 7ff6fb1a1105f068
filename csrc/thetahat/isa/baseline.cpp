// The kernels for what every processor of the architecture has.
#include "thetahat/isa/baseline.hpp"
#define THETAHAT_ISA_NAME "baseline"
#include "thetahat/isa/kernels.hpp"
