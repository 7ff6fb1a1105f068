// A family's header ends with THETAHAT_FAMILY(name), which gives it the next place in the table. (The
// preprocessor cannot include a header and list its name in one line; a counter of the compiler can.)
#pragma once
#include <math.h>
#include "thetahat/api.h"

namespace thetahat::THETAHAT_ISA {

template <int place>
struct family_at;

inline bool real(double value) { return value - value == 0; }
inline bool positive(double value) { return value > 0 && value < HUGE_VAL; }
inline bool above_minus_one(double value) { return value > -1 && value < HUGE_VAL; }

constexpr int first_place = __COUNTER__ + 1;

#define THETAHAT_FAMILY(family)                  \
  template <>                                    \
  struct family_at<__COUNTER__ - first_place> {  \
    using type = family;                         \
    static constexpr const char* name = #family; \
  };

}  // namespace thetahat::THETAHAT_ISA
