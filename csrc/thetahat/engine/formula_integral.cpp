// The integral of exp(l) over the support, and its derivatives, by the programs of the formula on nodes.
#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/formula.hpp"

namespace thetahat::THETAHAT_ISA {

void normalize_formula(const thetahat_formula*, const double*, const double*, int, double*) {}

}  // namespace thetahat::THETAHAT_ISA
