// The accumulator of weight, mean and squared deviations, sum_i w_i (x_i - mean)^2. Every term of a merge is
// positive, so nothing cancels, and what is small beside the mean keeps its digits (mean/sd = 1e10 included).
#pragma once
#include <math.h>
#include "thetahat/data/block.hpp"
#include "thetahat/math/double_double.hpp"

namespace thetahat::THETAHAT_ISA {

struct moments {
  double n;            // the sum of the weights: rows, where each counts once
  double_double mean;  // of x 2^-exponent
  double_double gap;   // sum w (x 2^-exponent - mean)^2
  double exponent;     // 0, or +-600 where squares of x would overflow or underflow

  bool finite() const {
    return n - n == 0 && mean.hi - mean.hi == 0 && gap.hi - gap.hi == 0 && fabs(exponent) <= 600;
  }
};

// The units in which squares of numbers of this size neither overflow nor underflow.
inline double exponent_for(double size) { return size > 0x1p470 ? 600.0 : size < 0x1p-400 ? -600.0 : 0.0; }

// The same moments in units of 2^exponent, a larger one than theirs: what underflows is negligible beside the
// rest.
inline moments in_units(moments a, double exponent) {
  if (a.exponent == exponent) return a;
  double unit = exponent - a.exponent > 600 ? 0.0 : 0x1p-600;
  return {a.n, a.mean * unit, {a.gap.hi * unit * unit, a.gap.lo * unit * unit}, exponent};
}

// Chan, Golub, LeVeque (1983): d = mean_b - mean_a, w = n_b / n,
// mean = mean_a + w d, gap = gap_a + gap_b + d^2 n_a w. With n_a = n_b, as in a full tree, w is exact.
inline moments merge(moments a, moments b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  double exponent = a.exponent > b.exponent ? a.exponent : b.exponent;
  a = in_units(a, exponent);
  b = in_units(b, exponent);
  double n = a.n + b.n, w = b.n / n;
  double_double d = b.mean - a.mean;
  return {n, a.mean + d * w, a.gap + b.gap + d.hi * d.hi * (a.n * w), exponent};
}

struct shifted_sums {
  double n, pivot, d, d2;  // weight; sum of w (x - pivot) and of w (x - pivot)^2
};

// Sums of some neighbouring lanes; a narrow instruction set takes them in groups of four registers, for it
// has not the room to hold them all.
constexpr int moment_registers = registers < 4 ? registers : 4;

template <bool weighted>
struct lane_moments {
  vec d[moment_registers], d2[moment_registers], n[moment_registers];
  vec_bits flags = {};

  THETAHAT_INLINE lane_moments() {
    for (int r = 0; r < moment_registers; ++r) d[r] = d2[r] = n[r] = broadcast(0.0);
  }
  // Adds the rows at x, x + lanes, ...: neighbours to each other first.
  template <int rows, class T>
  THETAHAT_INLINE void take(const T* x, const double* w, vec pivot) {
    const auto row = [=](int at) THETAHAT_INLINED { return load(x + at); };
    const auto weight = [=](int at, vec_bits* flag) THETAHAT_INLINED {
      const vec v = load(w + at);
      *flag |= weight_flag(to_bits(v));
      return v;
    };
    add<rows>(row, weight, pivot);
  }
  // Adds the last rows, fewer than there are lanes: n of them at x.
  THETAHAT_INLINE void take_last(const double* x, const double* w, int64_t n_rows, double pivot) {
    const auto row = [=](int at) THETAHAT_INLINED { return load_first(x + at, n_rows - at, pivot); };
    const auto weight = [=](int at, vec_bits* flag)
                            THETAHAT_INLINED { return last_weights(w + at, n_rows - at, flag); };
    add<1>(row, weight, broadcast(pivot));
  }

 private:
  template <int rows, class Row, class Weight>
  THETAHAT_INLINE void add(Row row, [[maybe_unused]] Weight weight, vec pivot) {
    for (int r = 0; r < moment_registers; ++r) {
      vec e[rows], e2[rows], v[rows];
      for (int i = 0; i < rows; ++i) {
        const int at = i * lanes + r * width;
        e[i] = row(at) - pivot;
        e2[i] = e[i] * e[i];
        if constexpr (weighted) {
          v[i] = weight(at, &flags);
          e[i] *= v[i];
          e2[i] *= v[i];
        }
      }
      d[r] += sum(e);
      d2[r] += sum(e2);
      if constexpr (weighted) n[r] += sum(v);
    }
  }
  static vec sum(const vec (&a)[1]) { return a[0]; }
  static vec sum(const vec (&a)[4]) { return (a[0] + a[1]) + (a[2] + a[3]); }
};

// The sums of a whole block, and what those of d lose on the way: equal rows in one lane are all rounded the
// same way, which short runs keep short.
template <bool weighted>
struct block_lanes : lane_moments<weighted> {
  vec rounding[moment_registers];

  THETAHAT_INLINE block_lanes() {
    for (vec& r : rounding) r = broadcast(0.0);
  }
  // The same as take_run of the first one, without its operations on zeros.
  THETAHAT_INLINE void begin(const lane_moments<weighted>& run) {
    static_cast<lane_moments<weighted>&>(*this) = run;
  }
  THETAHAT_INLINE void take_run(const lane_moments<weighted>& run) {
    for (int r = 0; r < moment_registers; ++r) {
      const vec before = this->d[r], sum = before + run.d[r], t = sum - before;
      rounding[r] += (before - (sum - t)) + (run.d[r] - t);
      this->d[r] = sum;
      this->d2[r] += run.d2[r];
      if constexpr (weighted) this->n[r] += run.n[r];
    }
    if constexpr (weighted) this->flags |= run.flags;
  }
};

// A full block is compiled apart: with loops of a known length it is read a quarter faster from memory.
template <bool weighted, bool full, class Block>
inline shifted_sums sum_shifted_rows(const Block& b, double pivot) {
  constexpr int rows = 4;
  constexpr int64_t run_rows = 16 * lanes;
  const int64_t n = full ? block_rows : b.n, whole = n - n % lanes;
  const vec c = broadcast(pivot);
  compensated<vec> d[registers];
  vec d2[registers], weight[registers];
  vec_bits flags = {};
  for (int g = 0; g < registers; g += moment_registers) {
    const auto* x = b.x + g * width;
    const double* w = b.w + (weighted ? g * width : 0);
    block_lanes<weighted> all;
    for (int64_t start = 0; start < whole; start += run_rows) {
      const int64_t stop = start + run_rows < whole ? start + run_rows : whole;
      lane_moments<weighted> run;
      int64_t i = start;
      for (; i + rows * lanes <= stop; i += rows * lanes) {
        if (g == 0) {
          prefetch_ahead<rows * lanes * sizeof *x>(x + i);
          if constexpr (weighted) prefetch_ahead<rows * lanes * sizeof *w>(w + i);
        }
        run.template take<rows>(x + i, w + (weighted ? i : 0), c);
      }
      for (; i < stop; i += lanes) run.template take<1>(x + i, w + (weighted ? i : 0), c);
      !full&& start == 0 ? all.begin(run) : all.take_run(run);
    }
    if constexpr (!full) all.take_last(x + whole, w + (weighted ? whole : 0), n - whole - g * width, pivot);
    for (int r = 0; r < moment_registers; ++r) {
      d[g + r] = {all.d[r], all.rounding[r]};
      d2[g + r] = all.d2[r];
      weight[g + r] = all.n[r];
    }
    flags |= all.flags;
  }
  const auto sum = sum_registers(d);
  shifted_sums s = {double(n), pivot, sum.sum + sum.lost, sum_registers(d2)};
  if constexpr (weighted) s.n = sign_of_any(flags) ? NAN : sum_registers(weight);
  return s;
}

inline shifted_sums sum_shifted(const block& b, double pivot) {
  const bool full = b.n == block_rows;
  if (b.w) return full ? sum_shifted_rows<true, true>(b, pivot) : sum_shifted_rows<true, false>(b, pivot);
  return full ? sum_shifted_rows<false, true>(b, pivot) : sum_shifted_rows<false, false>(b, pivot);
}
inline shifted_sums sum_shifted(const float_block& b, double pivot) {
  return sum_shifted_rows<false, true>(b, pivot);
}

// The mean of the first rows, a power of two of them: exact where all are equal.
template <int count, class T>
THETAHAT_INLINE double mean_of_first(const T* x) {
  if constexpr (count < width) {
    double r[count];
    for (int i = 0; i < count; ++i) r[i] = x[i];
    return sum_registers(r) / count;
  } else {
    vec r[count / width];
    for (int i = 0; i < count / width; ++i) r[i] = load(x + i * width);
    return sum_registers(r) / count;
  }
}
template <class T>
THETAHAT_INLINE double pivot_of(const T* x, int64_t n) {
  if (n >= 32) return mean_of_first<32>(x);
  if (n >= 16) return mean_of_first<16>(x);
  if (n >= 8) return mean_of_first<8>(x);
  if (n >= 4) return mean_of_first<4>(x);
  return n >= 2 ? mean_of_first<2>(x) : x[0];
}

// Sums around a pivot lose digits when the pivot is far from the mean: then they are taken once more, around
// the mean just found.
template <class Block>
inline moments moments_around(const Block& b, double exponent) {
  shifted_sums s = sum_shifted(b, pivot_of(b.x, b.n));
  if (s.d * s.d > s.d2 * s.n / 8) s = sum_shifted(b, s.pivot + s.d / s.n);
  double shift = s.d / s.n;
  return {s.n, two_sum(s.pivot, shift), {s.d2 - s.d * shift, 0.0}, exponent};
}

// A block's rows in units of 2^exponent, 0 or +-600, which changes no digit.
inline block in_units(const block& b, double exponent, double* room) {
  if (exponent == 0) return b;
  double unit = exponent > 0 ? 0x1p-600 : 0x1p600;
  for (int64_t i = 0; i < b.n; ++i) room[i] = b.x[i] * unit;
  return {room, b.w, b.n};
}

// Squares that overflow or underflow: the block again, in other units.
THETAHAT_NOINLINE inline moments moments_scaled(const block& b) {
  double largest = 0.0, room[block_rows];
  for (int64_t i = 0; i < b.n; ++i) {
    double size = b.x[i] < 0 ? -b.x[i] : b.x[i];
    if (!(size <= largest)) largest = size;
    if (largest - largest != 0) break;  // NaN or infinite: so is the result
  }
  double exponent = exponent_for(largest);
  return moments_around(in_units(b, exponent, room), exponent);
}

inline bool in_range(const moments& m) {
  double mean_square = m.mean.hi * m.mean.hi + m.gap.hi / m.n;
  return mean_square > 0x1p-790 && mean_square < 0x1p930;
}

THETAHAT_NOINLINE inline moments block_moments(const block& b) {
  const moments m = moments_around(b, 0.0);
  return in_range(m) ? m : moments_scaled(b);
}

// The same of floats where they lie.
THETAHAT_NOINLINE inline moments block_moments(const float_block& b) {
  const moments m = moments_around(b, 0.0);
  if (in_range(m)) return m;
  double x[block_rows];
  for (int64_t i = 0; i < b.n; ++i) x[i] = b.x[i];
  return moments_scaled({x, nullptr, b.n});
}

inline shifted_sums few_weighted(const block& b, double unit) {
  shifted_sums s = {0.0, b.x[0] * unit, 0.0, 0.0};
  for (int64_t i = 0; i < b.n; ++i) {
    double e = (b.x[i] - b.x[0]) * unit, we = b.w[i] * e;
    s.n += b.w[i];
    s.d += we;
    s.d2 += we * e;
  }
  return s;
}

// Fewer than 32 rows, as in a mini-batch, around the first of them (which belongs to the batch, so that no
// more than a factor n of the squares' digits cancels). Four short sums: a block's lanes would be too many.
// Rows are multiplied by a unit, a power of two.
THETAHAT_INLINE shifted_sums few_shifted(const block& b, double unit) {
  if (b.w) return few_weighted(b, unit);
  const double* x = b.x;
  const int64_t n = b.n;
  quad d = {}, d2 = {};
  double rest = 0.0, rest2 = 0.0;
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    quad e = (load_quad(x + i) - x[0]) * unit;
    d += e;
    d2 += e * e;
  }
  for (; i < n; ++i) {
    double e = (x[i] - x[0]) * unit;
    rest += e;
    rest2 += e * e;
  }
  return {double(n), x[0] * unit, ((d[0] + d[1]) + (d[2] + d[3])) + rest,
          ((d2[0] + d2[1]) + (d2[2] + d2[3])) + rest2};
}

// Moments as sums around their own mean, in units of 2^exponent.
inline shifted_sums around_mean(const moments& a, int exponent) {
  int k = int(a.exponent) - exponent;
  return {a.n, ldexp(a.mean.hi, k), a.n * ldexp(a.mean.lo, k), ldexp(a.gap.hi, 2 * k)};
}

// Moments about a centre in units of a scale: (mean - centre) / scale, sum ((x - centre) / scale)^2.
struct standardized {
  double n, offset, squares;
};

THETAHAT_NOINLINE THETAHAT_PURE inline standardized standardize_any(moments s, double centre, double scale) {
  double exponent = exponent_for(fabs(centre));
  if (exponent > s.exponent) s = in_units(s, exponent);
  int k;
  double f = frexp(scale, &k);  // scale = 2^k f
  k = int(s.exponent) - k;
  double z = ldexp((s.mean + -ldexp(centre, -int(s.exponent))).hi / f, k);
  return {s.n, z, ldexp(s.gap.hi / f / f, 2 * k) + s.n * z * z};
}

// Whether a number is 0, or its quotients by scales of middling size are neither too large nor subnormal.
inline bool middling_or_zero(double x) { return (x == 0) | ((fabs(x) > 0x1p-600) & (fabs(x) < 0x1p600)); }

// Inlined, with a single branch: what a family asks of the same moments twice is computed once.
THETAHAT_INLINE standardized standardize(const moments& s, double centre, double scale) {
  const double d = (s.mean + -centre).hi, z = d / scale;
  const bool usual = (s.exponent == 0) & (scale > 0x1p-200) & (scale < 0x1p200) & middling_or_zero(s.gap.hi) &
                     (fabs(centre) <= 0x1p470) & middling_or_zero(d);
  if (usual) return {s.n, z, s.gap.hi / scale / scale + s.n * z * z};  // the same bits
  return standardize_any(s, centre, scale);
}

}  // namespace thetahat::THETAHAT_ISA
