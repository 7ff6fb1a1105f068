// x86-64 with AVX2. System headers come first, outside the target pragma: their inline functions must not be
// compiled for a processor that may not be there.
#include "thetahat/isa/cpu.hpp"
#if THETAHAT_X86_LEVELS
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <utility>
#define THETAHAT_WIDTH 4
#define THETAHAT_ISA avx2
#define THETAHAT_ISA_NAME "avx2"
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi2")
#endif
#include "thetahat/isa/kernels.hpp"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
