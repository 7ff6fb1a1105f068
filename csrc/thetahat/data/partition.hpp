// Rows beside an open interval: for the search of a median. Sixteen at a time are compared with its ends;
// only where some of them are neither below nor above are they looked at more closely.
#pragma once
#include "thetahat/data/block.hpp"
#include "thetahat/math/double_double.hpp"

namespace thetahat::THETAHAT_ISA {

// All ones in the lanes where a comparison holds.
#if THETAHAT_WIDTH > 1
template <class M>
inline vec_bits mask_of(M holds) {
  return (vec_bits)holds;
}
#else
inline vec_bits mask_of(bool holds) { return vec_bits{} - vec_bits{holds}; }
#endif

inline uint64_t any_bits(vec_bits v) {
  uint64_t lane[width], some = 0;
  memcpy(lane, &v, sizeof lane);
  for (uint64_t bits : lane) some |= bits;
  return some;
}

// How many rows there are in some class.
struct row_count {
  vec_bits lane = {};
  THETAHAT_INLINE void add(vec_bits mask, vec) { lane -= mask; }
  void add_to(double* sum) const {
    uint64_t count[width];
    memcpy(count, &lane, sizeof count);
    for (uint64_t n : count) sum[0] += double(n);
  }
};

// Their weights, with the errors of the additions.
struct weight_sum {
  vec hi = {}, lo = {};
  THETAHAT_INLINE void add(vec_bits mask, vec weight) {
    const vec w = from_bits(to_bits(weight) & mask), s = hi + w, t = s - hi;
    lo += (hi - (s - t)) + (w - t);
    hi = s;
  }
  void add_to(double* sum) const {
    double of_hi[width], of_lo[width];
    store(of_hi, hi), store(of_lo, lo);
    double_double all = {sum[0], sum[1]};
    for (int i = 0; i < width; ++i) all = all + two_sum(of_hi[i], of_lo[i]);
    sum[0] = all.hi, sum[1] = all.lo;
  }
};

// A bit for each of sixteen lanes.
struct lane_bits {
  vec_bits of[registers];
  lane_bits() {
    uint64_t bits[lanes];
    for (int i = 0; i < lanes; ++i) bits[i] = uint64_t{1} << i;
    memcpy(of, bits, sizeof of);
  }
};

template <bool weighted>
inline vec weight_at(const double* w, int i) {
  if constexpr (weighted) return load(w + i);
  return vec{};
}

// Of rows in the interval or at its ends: apart from the others, so that those stay in registers.
template <bool weighted, class Sum>
struct sums_between {
  thetahat_partition* const s;
  const lane_bits bit;
  Sum at_low, inside, at_high;

  THETAHAT_NOINLINE void add(const double* x, const double* w) {
    const vec low = broadcast(s->low), high = broadcast(s->high);
    vec_bits found = {};
    for (int r = 0; r < registers; ++r) {
      const vec row = load(x + r * width), weight = weight_at<weighted>(w, r * width);
      const vec_bits is_inside = mask_of(row > low) & mask_of(row < high);
      at_low.add(mask_of(row == low), weight);
      inside.add(is_inside, weight);
      at_high.add(mask_of(row == high), weight);
      found |= bit.of[r] & is_inside;
    }
    const uint64_t bits = any_bits(found);
    for (int i = 0; bits >> i; ++i) {
      s->x[s->copies] = x[i];
      if constexpr (weighted) s->weights[s->copies] = w[i];
      s->copies += int64_t(bits >> i & 1) & int64_t(!weighted || w[i] > 0);
    }
  }
};

// Sixteen rows at a time; the last ones with others that are NaN, which is nowhere, of weight 0.
template <bool weighted, class Sum>
void partition_block(const block& b, thetahat_partition* s) {
  const vec low = broadcast(s->low), high = broadcast(s->high);
  const lane_bits bit;
  sums_between<weighted, Sum> between = {s, {}, {}, {}, {}};
  Sum below, all;
  vec_bits negative = {};
  auto add = [&](const double* x, const double* w) THETAHAT_INLINED {
    vec_bits beside = {};
    for (int r = 0; r < registers; ++r) {
      const vec row = load(x + r * width), weight = weight_at<weighted>(w, r * width);
      const vec_bits is_below = mask_of(row < low);
      below.add(is_below, weight);
      if constexpr (weighted) all.add(~vec_bits{}, weight), negative |= mask_of(weight < 0.0);
      beside |= bit.of[r] & ~(is_below | mask_of(row > high));
    }
    if (any_bits(beside)) between.add(x, w);
  };
  int64_t i = 0;
  for (; i + lanes <= b.n; i += lanes) {
    prefetch_ahead<lanes * sizeof(double)>(b.x + i);
    add(b.x + i, weighted ? b.w + i : nullptr);
  }
  if (i < b.n) {
    double x[lanes], w[lanes] = {};
    for (double& row : x) row = NAN;
    memcpy(x, b.x + i, (b.n - i) * sizeof(double));
    if (weighted) memcpy(w, b.w + i, (b.n - i) * sizeof(double));
    add(x, w);
  }
  below.add_to(s->weight[thetahat_below]);
  between.at_low.add_to(s->weight[thetahat_at_low]);
  between.inside.add_to(s->weight[thetahat_inside]);
  between.at_high.add_to(s->weight[thetahat_at_high]);
  all.add_to(s->weight[thetahat_all]);
  if (any_bits(negative)) s->weight[thetahat_all][0] = NAN;
}

inline void partition(const block* b, thetahat_partition* s) {
  if (b->w) return partition_block<true, weight_sum>(*b, s);
  partition_block<false, row_count>(*b, s);
  s->weight[thetahat_all][0] += double(b->n);
}

}  // namespace thetahat::THETAHAT_ISA
