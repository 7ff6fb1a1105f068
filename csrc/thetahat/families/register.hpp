// A family's header ends with THETAHAT_FAMILY(name), which checks it and gives it the next place in the list.
// (The preprocessor cannot include a header and list its name in one line; a counter of the compiler can.)
#pragma once
#include <math.h>
#include "thetahat/families/concept.hpp"
#include "thetahat/math/tails.hpp"

namespace thetahat::THETAHAT_ISA {

template <int place>
struct family_at;

inline bool real(double value) { return value - value == 0; }
inline bool positive(double value) { return value > 0 && value < HUGE_VAL; }
inline bool above_minus_one(double value) { return value > -1 && value < HUGE_VAL; }
// Whether a shape that ends the support below 0 has standard errors: at and below -1/2 the score of a row has
// no variance, and the largest row determines the parameters more precisely than the information says (Smith
// 1985).
inline bool regular_shape(double xi) { return xi > -0.5; }

// Parameters by their domain; scale_power is the power of the family's scale in one.
constexpr thetahat_parameter real_parameter(int scale_power, int regularity = thetahat_regular) {
  return {-HUGE_VAL, HUGE_VAL, thetahat_identity, scale_power, regularity};
}
constexpr thetahat_parameter positive_parameter(int scale_power, int regularity = thetahat_regular) {
  return {0.0, HUGE_VAL, thetahat_log, scale_power, regularity};
}
constexpr thetahat_parameter unit_parameter(int scale_power) {
  return {0.0, 1.0, thetahat_logit, scale_power, thetahat_regular};
}
constexpr thetahat_parameter shape_above_minus_one() {
  return {-1.0, HUGE_VAL, thetahat_identity, 0, thetahat_regular};
}

constexpr int first_place = __COUNTER__ + 1;

#define THETAHAT_FAMILY(family)                  \
  static_assert(is_family<family>());            \
  template <>                                    \
  struct family_at<__COUNTER__ - first_place> {  \
    using type = family;                         \
    static constexpr const char* name = #family; \
  };

}  // namespace thetahat::THETAHAT_ISA
