#include "thetahat/isa/cpu.hpp"

#if THETAHAT_X86_LEVELS
#include <cpuid.h>

namespace thetahat {

namespace {

// The operating system saves these registers on a switch of context (XCR0; Intel SDM vol. 1, 13.3).
bool saves(unsigned mask) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return false;
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & mask) == mask;
}

bool has_features(unsigned mask) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & mask) == mask;
}

}  // namespace

// Leaf 7, EBX: bit 5 AVX2, 8 BMI2, 16 AVX512F, 17 AVX512DQ, 31 AVX512VL.
bool cpu_has_avx2() { return saves(0x06) && has_features(1u << 5 | 1u << 8); }
bool cpu_has_avx512() {
  return saves(0xe6) && has_features(1u << 5 | 1u << 8 | 1u << 16 | 1u << 17 | 1u << 31);
}

}  // namespace thetahat
#endif
