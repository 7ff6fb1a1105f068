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

// The weights of a block's last rows, fewer than a register has lanes: 0 in lanes without a row, whose flags
// stay clear.
inline vec last_weights(const double* w, int64_t n, vec_bits* flags) {
  *flags |= weight_flag(to_bits(load_first(w, n, 1.0)));
  return load_first(w, n, 0.0);
}

}  // namespace thetahat::THETAHAT_ISA
