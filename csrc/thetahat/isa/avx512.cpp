// x86-64 with AVX-512 (F, VL, DQ). System headers come first, as in avx2.cpp.
#include "thetahat/isa/cpu.hpp"
#if THETAHAT_X86_LEVELS
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <utility>
#define THETAHAT_WIDTH 8
#define THETAHAT_ISA avx512
#define THETAHAT_ISA_NAME "avx512"
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx2,bmi2"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx2,bmi2,prefer-vector-width=512")
#endif
#include "thetahat/isa/kernels.hpp"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
