// A block of rows, the unit of every pass, and its weights.
#pragma once
#include <math.h>
#include "thetahat/api.h"
#include "thetahat/math/exponents.hpp"
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int64_t block_rows = thetahat_block_rows;

using block = thetahat_block;

// A full block of floats where they lie, without weights: for passes that read them as they are.
struct float_block {
  const float* x;
  static constexpr const double* w = nullptr;
  static constexpr int64_t n = block_rows;
};

struct buffers {
  double x[block_rows], w[block_rows];
};
// On the stack, where a store across two cache lines would cost two.
struct alignas(64) aligned_buffers : buffers {};

inline bool all_positive(const block& b) {
  bool good = true;
  for (int64_t i = 0; i < b.n; ++i) good &= b.x[i] > 0 && b.x[i] < HUGE_VAL;
  return good;
}

// The sign bit is set where a weight, by its bits, is not positive and finite.
template <class Bits>
inline Bits weight_flag(Bits bits) {
  return bits | (bits - 1) | (bits + (1ULL << 52));
}

// The sum of a block's weights, from that of each lane over all rows, and from the flags of the whole steps
// of lanes: NaN where one of them is not positive and finite.
inline double sum_weights(double* lane, const uint64_t* flags, const block& b) {
  uint64_t any = 0;
  for (int i = 0; i < lanes; ++i) any |= flags[i];
  for (int64_t i = b.n - b.n % lanes; i < b.n; ++i) any |= weight_flag(to_bits(b.w[i]));
  return any >> 63 ? NAN : sum_lanes(lane);
}

}  // namespace thetahat::THETAHAT_ISA
