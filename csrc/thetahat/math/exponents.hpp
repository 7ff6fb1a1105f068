// ldexp and frexp of numbers whose exponents are in the range of normal ones, without a call: the same bits
// as the C library's, which rounds once too.
#pragma once
#include <math.h>
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

THETAHAT_INLINE double ldexp(double x, int exponent) {
  if (exponent < -1022 || exponent > 1023) return ::ldexp(x, exponent);
  return x * from_bits(uint64_t(1023 + exponent) << 52);
}

THETAHAT_INLINE double frexp(double x, int* exponent) {
  const uint64_t bits = to_bits(x), biased = bits >> 52 & 0x7ff;
  if (biased == 0 || biased == 0x7ff) return ::frexp(x, exponent);
  *exponent = int(biased) - 1022;
  return from_bits((bits & ~(0x7ffULL << 52)) | 1022ULL << 52);
}

}  // namespace thetahat::THETAHAT_ISA
