// The "spread" order of an epoch. Runs of neighbouring rows come in random order, thousands of them a window;
// each is turned by a random number of places, and the window is transposed: first one row of each of its
// runs, then another of each. A batch then holds rows of thousands of places, however the rows are arranged,
// and each line of memory is read once. Without the turns, rows of a period that divides a run would meet in
// the same batches.
#pragma once
#include "thetahat/data/rows.hpp"
#include "thetahat/sgd_api.h"

namespace thetahat::THETAHAT_ISA {

constexpr int short_run = 8;  // rows: a line of doubles
constexpr int long_run = 32;  // where the order of the short ones would not fit the cache
constexpr int64_t long_sample = 4000000;

// The turns of n runs, a power of two rows each, from the low bits of random words on.
inline void draw_turns(thetahat_random_buffer& random, int64_t run, int64_t n, uint32_t* turn) {
  const int bits = run == short_run ? 3 : 5, shared = 64 / bits;
  uint64_t word = 0;
  for (int64_t i = 0; i < n; ++i, word >>= bits) {
    if (i % shared == 0) word = random.bitgen->next_uint64(random.bitgen->state);
    turn[i] = uint32_t(word) & uint32_t(run - 1);
  }
}

inline void prefetch_run([[maybe_unused]] const thetahat_rows& r, [[maybe_unused]] int64_t first,
                         [[maybe_unused]] int n) {
#ifdef __GNUC__
  for (int i = 0; i < n; i += 8) __builtin_prefetch(r.data + (first + i) * r.step);
  __builtin_prefetch(r.data + (first + n - 1) * r.step);
#endif
}

// Place j n + i of the window is that of row j + turn[i] of run[i], i < n, counted from its end on again. The
// order has `left` runs from run[0] on: those after the window's are asked for too.
template <int size>
inline void load_runs(const thetahat_rows& r, const uint32_t* run, int64_t n, int64_t left,
                      const uint32_t* turn, double* out) {
  constexpr int64_t ahead = 192 / size;
  double *column[2 * size], room[size];
  for (int j = 0; j < 2 * size; ++j) column[j] = out + j % size * n;
  for (int64_t i = 0; i < n; ++i) {
    if (i + ahead < left) prefetch_run(r, run[i + ahead] * int64_t(size), size);
    const double* x = load_rows(r, run[i] * int64_t(size), size, room);
    double* const* to = column + size - turn[i];
    for (int j = 0; j < size; ++j) to[j][i] = x[j];
  }
}

}  // namespace thetahat::THETAHAT_ISA
