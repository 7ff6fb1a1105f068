#include "thetahat/api.h"
#include "thetahat/isa/cpu.hpp"

namespace thetahat {
namespace baseline {
extern const thetahat_level level_of_isa;
}
#if THETAHAT_X86_LEVELS
namespace avx2 {
extern const thetahat_level level_of_isa;
}
namespace avx512 {
extern const thetahat_level level_of_isa;
}
#endif
}  // namespace thetahat

int thetahat_levels(const thetahat_level** levels) {
  int count = 0;
#if THETAHAT_X86_LEVELS
  if (thetahat::cpu_has_avx512()) levels[count++] = &thetahat::avx512::level_of_isa;
  if (thetahat::cpu_has_avx2()) levels[count++] = &thetahat::avx2::level_of_isa;
#endif
  levels[count++] = &thetahat::baseline::level_of_isa;
  return count;
}
