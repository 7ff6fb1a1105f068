// What every processor of the architecture has: SSE2 on x86-64, NEON on arm64.
#if defined(__GNUC__)
#define THETAHAT_WIDTH 2
#else
#define THETAHAT_WIDTH 1  // no vector types
#endif
#define THETAHAT_ISA baseline
#define THETAHAT_ISA_NAME "baseline"
#include "thetahat/isa/table.hpp"
