// How a pass over rows is cut into slices, between which signals are handled, and shared among threads.
#pragma once
#include "thetahat/api.h"

namespace thetahat {

constexpr int64_t slice_rows = int64_t{1} << 21;  // of one thread that reads and adds: some milliseconds

// How many times as long a row may take: where its terms, its scores or its density are computed.
constexpr int64_t cost_of_terms = 4, cost_of_scores = 8, cost_of_density = 32;

// Threads that so many rows are worth.
inline int team_of(int64_t rows, int threads) {
  const int64_t most = rows / (2 * thetahat_span_rows);
  return int(threads < most ? threads : most < 1 ? 1 : most);
}

// Rows of the slice that begins at `first`. More threads than 16 may share cores.
inline int64_t slice_of(int64_t rows, int64_t first, int threads, int64_t cost = 1) {
  const int team = team_of(rows, threads);
  const int64_t size = slice_rows / cost * (team < 16 ? team : 16);
  return rows - first < size ? rows - first : size;
}

}  // namespace thetahat
