#include "thetahat/api.h"
#include "thetahat/isa/cpu.hpp"

namespace thetahat {
namespace baseline {
extern const thetahat_table table;
}
#if THETAHAT_X86_LEVELS
namespace avx2 {
extern const thetahat_table table;
}
namespace avx512 {
extern const thetahat_table table;
}
#endif
}  // namespace thetahat

int thetahat_tables(const thetahat_table** tables) {
  int count = 0;
#if THETAHAT_X86_LEVELS
  if (thetahat::cpu_has_avx512()) tables[count++] = &thetahat::avx512::table;
  if (thetahat::cpu_has_avx2()) tables[count++] = &thetahat::avx2::table;
#endif
  tables[count++] = &thetahat::baseline::table;
  return count;
}
