// Sums of terms over rows that are counts: the terms of small counts are taken once, and multiplied by how
// often, or with which weight, a block holds that count; those of the others row by row.
#pragma once
#include "thetahat/sums/counts.hpp"
#include "thetahat/sums/terms.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int small_counts = 256;

// How often a block holds each small count, and the rows that are larger. Equal neighbours go to different
// places, since adding to one place twice takes the time of both.
struct sorted_counts {
  static constexpr int places = 4;
  double often[small_counts + 1][places] = {};  // the last: of larger ones
  double x[block_rows], w[block_rows];
  int64_t n_large = 0;

  template <bool weighted>
  void take(const block& b) {
    for (int64_t i = 0; i < b.n; ++i) {
      const double v = b.x[i], weight = weighted ? b.w[i] : 1.0;
      often[place_of(v, small_counts + 1)][i % places] += weight;
      x[n_large] = v;
      if (weighted) w[n_large] = weight;
      n_large += v >= small_counts;
    }
  }
  // How often each small count occurs in all.
  void total(double* times) const {
    for (int c = 0; c < small_counts; ++c)
      times[c] = (often[c][0] + often[c][1]) + (often[c][2] + often[c][3]);
  }
};

// The sum of a table's terms of small counts, each so many times; terms of counts that do not occur may be
// anything.
inline double sum_small(const double* times, const double* of) {
  vec sum[registers] = {};
  double lane[lanes];
  for (int c = 0; c < small_counts; c += lanes)
    for (int r = 0; r < registers; ++r) {
      const vec t = load(times + c + r * width);
      sum[r] += select(t > 0.0, t * load(of + c + r * width), vec{});
    }
  for (int r = 0; r < registers; ++r) store(lane + r * width, sum[r]);
  return sum_lanes(lane);
}

// For sum_terms: rows of which none is a small count.
template <class Terms>
struct large_rows {
  const Terms& at;
  THETAHAT_INLINE void terms(vec x, vec* t, vec*) const { at.large_terms(x, t); }
};

template <int K>
struct count_table {
  double of[K][small_counts];

  // From what gives the terms of a register.
  template <class Terms>
  explicit count_table(const Terms& at) {
    double x[width];
    for (int first = 0; first < small_counts; first += width) {
      for (int i = 0; i < width; ++i) x[i] = first + i;
      vec t[K];
      at.terms(load(x), t, nullptr);
      for (int k = 0; k < K; ++k) store(of[k] + first, t[k]);
    }
  }

  // Of a block; its n is NaN where a row is no count.
  template <class Terms>
  THETAHAT_NOINLINE term_sums<K, 0> sum(const Terms& at, const block& b) const {
    term_sums<K, 0> s = {};
    if (!all_counts(b)) return s.n = NAN, s;
    sorted_counts rows;
    b.w ? rows.take<true>(b) : rows.take<false>(b);
    if (rows.n_large > 0)
      s = sum_terms<K, 0>(large_rows<Terms>{at}, {rows.x, b.w ? rows.w : nullptr, rows.n_large});
    s.n = b.w ? sum_terms<1, 0>(row_terms{}, b).n : double(b.n);
    double times[small_counts];
    rows.total(times);
    for (int k = 0; k < K; ++k) s.sum[k] = s.sum[k] + sum_small(times, of[k]);
    return s;
  }
};

}  // namespace thetahat::THETAHAT_ISA
