// The accumulator of the ends of a sample: weight, least and greatest row.
#pragma once
#include "thetahat/sums/counts.hpp"
#include "thetahat/sums/terms.hpp"

namespace thetahat::THETAHAT_ISA {

struct extrema {
  double n;  // the sum of the weights
  double low, high;

  bool finite() const { return n - n == 0 && low - low == 0 && high - high == 0; }
};

inline extrema merge(const extrema& a, const extrema& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  return {a.n + b.n, a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
}

inline bool all_finite(const block& b) {
  return !any_sign(b.x, b.n, [](auto bits) { return (bits << 1 >> 1) + (1ULL << 52); });
}

// Of finite rows.
inline double least(const block& b) {
  vec low[registers];
  for (vec& l : low) l = broadcast(b.x[0]);
  int64_t i = 0;
  for (; i + lanes <= b.n; i += lanes)
    for (int r = 0; r < registers; ++r) {
      const vec x = load(b.x + i + r * width);
      low[r] = select(x < low[r], x, low[r]);
    }
  double lane[lanes];
  for (int r = 0; r < registers; ++r) store(lane + r * width, low[r]);
  for (; i < b.n; ++i) lane[0] = b.x[i] < lane[0] ? b.x[i] : lane[0];
  for (int l = 1; l < lanes; ++l) lane[0] = lane[l] < lane[0] ? lane[l] : lane[0];
  return lane[0] + 0.0;  // -0 is 0
}

inline double greatest(const block& b) {
  double mirror[block_rows];
  for (int64_t i = 0; i < b.n; ++i) mirror[i] = -b.x[i];
  return -least({mirror, nullptr, b.n}) + 0.0;
}

THETAHAT_NOINLINE inline extrema block_extrema(const block& b) {
  const double n = b.w ? sum_terms<1, 0>(row_terms{}, b).n : double(b.n);
  if (!all_finite(b)) return {b.w ? n : NAN, NAN, NAN};
  return {n, least(b), greatest(b)};
}

}  // namespace thetahat::THETAHAT_ISA
