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

// The ends of a block's rows, and whether all are finite, lane by lane.
struct running_ends {
  vec low, high;
  vec_bits flags = {};

  THETAHAT_INLINE explicit running_ends(double first) : low(broadcast(first)), high(low) {}
  THETAHAT_INLINE void take(vec x) {
    flags |= (to_bits(x) << 1 >> 1) + (1ULL << 52);
    low = select(x < low, x, low);
    high = select(x > high, x, high);
  }
};

struct ends {
  double low, high;
  bool finite;
};

// Of rows that are not all finite, low and high are any.
THETAHAT_INLINE ends ends_of(const block& b) {
  running_ends even(b.x[0]), odd = even;
  int64_t i = 0;
  for (; i + 2 * width <= b.n; i += 2 * width) {
    prefetch_ahead<2 * width * sizeof(double)>(b.x + i);
    even.take(load(b.x + i));
    odd.take(load(b.x + i + width));
  }
  for (; i < b.n; i += width) even.take(load_first(b.x + i, b.n - i, b.x[0]));
  even.take(odd.low), even.take(odd.high);
  ends e = {b.x[0], b.x[0], !sign_of_any(even.flags | odd.flags)};
  double low[width], high[width];
  store(low, even.low), store(high, even.high);
  for (int l = 0; l < width; ++l) {
    e.low = low[l] < e.low ? low[l] : e.low;
    e.high = high[l] > e.high ? high[l] : e.high;
  }
  return {e.low + 0.0, e.high + 0.0, e.finite};  // -0 is 0
}

THETAHAT_NOINLINE inline extrema block_extrema(const block& b) {
  const double n = b.w ? sum_terms<1, 0>(row_terms{}, b).n : double(b.n);
  const ends e = ends_of(b);
  if (!e.finite) return {b.w ? n : NAN, NAN, NAN};
  return {n, e.low, e.high};
}

}  // namespace thetahat::THETAHAT_ISA
