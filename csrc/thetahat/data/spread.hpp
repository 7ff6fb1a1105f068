// The "spread" order of an epoch. Runs of neighbouring rows come in random order, thousands of them a window,
// which is transposed: first one row of each of its runs, then another of each. A batch then holds rows of as
// many places as it has rows, however the rows are arranged, and memory is read by whole lines. The rows of a
// run are taken from a random one on, by a random stride: rows of a period that divides a run would meet in
// the same batches without the first, and those of neighbouring batches would depend on each other without
// the second.
#pragma once
#include "thetahat/data/rows.hpp"
#include "thetahat/sgd_api.h"

namespace thetahat::THETAHAT_ISA {

constexpr int run_rows = 16;  // two lines of doubles
// A whole number of batches of 2048. Not a power of two of runs: one row of each would share a set of the
// cache.
constexpr int64_t spread_window_rows = 8320 * run_rows;

// The first rows of n runs, in 4 bits, and above them their strides: 8 runs share a random word, from its low
// bits on. An odd stride takes each row once.
inline void draw_places(thetahat_random_buffer& random, int64_t n, uint32_t* place) {
  uint64_t word = 0;
  for (int64_t i = 0; i < n; ++i, word >>= 8) {
    if (i % 8 == 0) word = random.bitgen->next_uint64(random.bitgen->state);
    place[i] = (uint32_t(word) & 0xff) | run_rows;
  }
}

inline void prefetch_run([[maybe_unused]] const thetahat_rows& r, [[maybe_unused]] int64_t first) {
#ifdef __GNUC__
  for (int i = 0; i < run_rows; i += 8) __builtin_prefetch(r.data + (first + i) * r.step);
  __builtin_prefetch(r.data + (first + run_rows - 1) * r.step);
#endif
}

// Place j n + i of the window becomes row first + j stride of run[i], i < n, counted from its first one on
// again after its last. The order has `left` runs from run[0] on: those after the window's are asked for too.
inline void load_runs(const thetahat_rows& r, const uint32_t* run, int64_t n, int64_t left,
                      const uint32_t* place, double* out) {
  constexpr int64_t ahead = 24;
  double room[run_rows];
  for (int64_t i = 0; i < n; ++i) {
    if (i + ahead < left) prefetch_run(r, run[i + ahead] * int64_t(run_rows));
    const double* x = load_rows(r, run[i] * int64_t(run_rows), run_rows, room);
    uint32_t row = place[i];
    for (int j = 0; j < run_rows; ++j, row += place[i] / run_rows) out[j * n + i] = x[row % run_rows];
  }
}

}  // namespace thetahat::THETAHAT_ISA
