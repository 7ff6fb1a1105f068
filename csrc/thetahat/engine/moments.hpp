// The accumulator of rows, mean and squared gap: sum_i (x_i - mean)^2. Every term of a merge is positive, so
// nothing cancels, and what is small beside the mean keeps its digits (mean/sd = 1e10 included).
#pragma once
#include <math.h>
#include "thetahat/engine/grid.hpp"
#include "thetahat/math/double_double.hpp"

namespace thetahat::THETAHAT_ISA {

struct moments {
  double n;            // rows
  double_double mean;  // of x 2^-exponent
  double_double gap;   // sum (x 2^-exponent - mean)^2
  double exponent;     // 0, or +-600 where squares of x would overflow or underflow

  bool finite() const { return mean.hi - mean.hi == 0 && gap.hi - gap.hi == 0; }
};

// The units in which squares of numbers of this size neither overflow nor underflow.
inline double exponent_for(double size) { return size > 0x1p470 ? 600.0 : size < 0x1p-400 ? -600.0 : 0.0; }

// The same moments in units of 2^exponent, a larger one than theirs: what underflows is lost beside the rest.
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
  double n, pivot, d, d2;  // rows; sum of (x - pivot) and of its square
};

// Each accumulator takes 32 terms before it is emptied into a second one: rounding errors of a long sum of
// nearly equal squares all have one sign. A narrow instruction set takes the lanes in groups, for it has not
// the registers to hold them all.
inline shifted_sums sum_shifted(const double* x, int64_t n, double pivot) {
  constexpr int group = registers < 4 ? registers : 4;
  constexpr int64_t short_run = 32 * lanes;
  double lane_d[lanes], lane_d2[lanes], tail[lanes];
  int64_t whole = n - n % lanes;
  for (int i = 0; i < lanes; ++i) tail[i] = whole + i < n ? x[whole + i] : pivot;
  const vec c = broadcast(pivot), zero = c - c;
  for (int g = 0; g < registers; g += group) {
    vec total_d[group], total_d2[group];
    for (int r = 0; r < group; ++r) {
      vec d = load(tail + (g + r) * width) - c;
      total_d[r] = d;
      total_d2[r] = d * d;
    }
    for (int64_t start = 0; start < whole; start += short_run) {
      int64_t stop = start + short_run < whole ? start + short_run : whole;
      vec sum_d[group], sum_d2[group];
      for (int r = 0; r < group; ++r) sum_d[r] = sum_d2[r] = zero;
      for (int64_t i = start; i < stop; i += lanes)
        for (int r = 0; r < group; ++r) {
          vec d = load(x + i + (g + r) * width) - c;
          sum_d[r] += d;
          sum_d2[r] += d * d;
        }
      for (int r = 0; r < group; ++r) {
        total_d[r] += sum_d[r];
        total_d2[r] += sum_d2[r];
      }
    }
    for (int r = 0; r < group; ++r) {
      store(lane_d + (g + r) * width, total_d[r]);
      store(lane_d2 + (g + r) * width, total_d2[r]);
    }
  }
  return {double(n), pivot, sum_lanes(lane_d), sum_lanes(lane_d2)};
}

// The mean of the first rows, a power of two of them: exact where all are equal.
inline double pivot_of(const double* x, int64_t n) {
  int64_t count = 32;
  while (count > n) count /= 2;
  double head[32];
  memcpy(head, x, count * sizeof(double));
  for (int64_t half = count / 2; half > 0; half /= 2)
    for (int64_t i = 0; i < half; ++i) head[i] += head[i + half];
  return head[0] / count;
}

// Sums around a pivot lose digits when the pivot is far from the mean: then they are taken once more, around
// the mean just found.
inline moments moments_around(const double* x, int64_t n, double exponent) {
  shifted_sums s = sum_shifted(x, n, pivot_of(x, n));
  if (s.d * s.d > s.d2 * n / 8) s = sum_shifted(x, n, s.pivot + s.d / n);
  double shift = s.d / n;
  return {s.n, two_sum(s.pivot, shift), {s.d2 - s.d * shift, 0.0}, exponent};
}

// Squares that overflow or underflow: the block again, scaled by a power of two, which changes no digit.
THETAHAT_NOINLINE inline moments moments_scaled(const double* x, int64_t n) {
  double largest = 0.0, scaled[block_rows];
  for (int64_t i = 0; i < n; ++i) {
    double size = x[i] < 0 ? -x[i] : x[i];
    if (!(size <= largest)) largest = size;
    if (largest - largest != 0) break;  // NaN or infinite: so is the result
  }
  double exponent = exponent_for(largest);
  double unit = exponent > 0 ? 0x1p-600 : exponent < 0 ? 0x1p600 : 1.0;
  for (int64_t i = 0; i < n; ++i) scaled[i] = x[i] * unit;
  return moments_around(scaled, n, exponent);
}

THETAHAT_NOINLINE inline moments block_moments(const double* x, int64_t n) {
  moments m = moments_around(x, n, 0.0);
  double mean_square = m.mean.hi * m.mean.hi + m.gap.hi / n;
  return mean_square > 0x1p-790 && mean_square < 0x1p930 ? m : moments_scaled(x, n);
}

// Fewer than 32 rows, as in a mini-batch, around the first of them (which belongs to the batch, so that no
// more than a factor n of the squares' digits cancels). Four short sums: a block's lanes would be too many.
// Rows are taken in units of 2^exponent.
inline shifted_sums few_shifted(const double* x, int64_t n, int exponent) {
  const double unit = ldexp(1.0, -exponent);
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

// A sample seen from a centre in units of a scale: (mean - centre) / scale, sum ((x - centre) / scale)^2.
struct standardized {
  double n, offset, squares;
};

inline standardized standardize(moments s, double centre, double scale) {
  double exponent = exponent_for(fabs(centre));
  if (exponent > s.exponent) s = in_units(s, exponent);
  int k;
  double f = frexp(scale, &k);  // scale = 2^k f
  k = int(s.exponent) - k;
  double z = ldexp((s.mean + -ldexp(centre, -int(s.exponent))).hi / f, k);
  return {s.n, z, ldexp(s.gap.hi / f / f, 2 * k) + s.n * z * z};
}

}  // namespace thetahat::THETAHAT_ISA
