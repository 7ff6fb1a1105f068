// Which instruction sets this build has beside the baseline, and which this processor can run.
#pragma once

#if defined(__GNUC__) && defined(__x86_64__)
#define THETAHAT_X86_LEVELS 1
#else
#define THETAHAT_X86_LEVELS 0
#endif

namespace thetahat {

bool cpu_has_avx2();
bool cpu_has_avx512();

}  // namespace thetahat
