// The accumulator of positive rows' logarithms: their weight, mean and squared gap. Logarithms are taken of
// x / pivot, for a pivot among the rows: of rows that lie close together, log x would keep few digits of what
// tells them apart.
#pragma once
#include "thetahat/engine/moments.hpp"
#include "thetahat/math/exp_log.hpp"
#include "thetahat/math/log_double_double.hpp"
#include "thetahat/math/log_ratio.hpp"

namespace thetahat::THETAHAT_ISA {

// log(a / b) of any positive finite numbers.
inline double log_ratio(double a, double b) {
  int i, j;
  double f = frexp(a, &i), g = frexp(b, &j);
  i -= j;
  if (i >= -1 && i <= 1) f = ldexp(f, i), i = 0;
  return i * (ln2_hi + ln2_lo) + log_ratio(f, g, 1.0 / g);
}

struct log_moments : moments {  // of log(x / pivot)
  double pivot;

  // Those of log x.
  moments of_log() const { return {n, log_double_double(pivot) + mean, gap, exponent}; }
};

inline log_moments merge(const log_moments& a, log_moments b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  b.mean = b.mean + log_ratio(b.pivot, a.pivot);
  return {merge(static_cast<const moments&>(a), static_cast<const moments&>(b)), a.pivot};
}

// Whether all rows are normal numbers between 2^-500 and 2^500.
inline bool all_middling(const block& b) {
  return !any_sign(b.x, b.n,
                   [](auto bits) { return bits | (bits - to_bits(0x1p-500)) | (to_bits(0x1p500) - bits); });
}

inline bool all_positive(const block& b) {
  bool good = true;
  for (int64_t i = 0; i < b.n; ++i) good &= b.x[i] > 0 && b.x[i] < HUGE_VAL;
  return good;
}

inline moments moments_of_logs(const block& b, double pivot, bool middling) {
  double logs[block_rows];
  int64_t i = 0;
  if (middling) {
    const double inverse = 1.0 / pivot;
    for (; i + width <= b.n; i += width) store(logs + i, log_ratio(load(b.x + i), pivot, inverse));
    for (; i < b.n; ++i) logs[i] = log_ratio(b.x[i], pivot, inverse);
  } else {
    for (; i < b.n; ++i) logs[i] = log_ratio(b.x[i], pivot);
  }
  return moments_around(block{logs, b.w, b.n}, 0.0);
}

// About a pivot many standard deviations away, logarithms are taken once more, about their own mean.
inline log_moments logs_about_pivot(const block& b, double pivot, bool middling) {
  moments m = moments_of_logs(b, pivot, middling);
  if (m.mean.hi * m.mean.hi * m.n > 64 * m.gap.hi) {
    const double root = exp(0.5 * m.mean.hi);  // exp(mean) may overflow
    pivot = pivot * root * root;
    m = moments_of_logs(b, pivot, middling);
  }
  return {m, pivot};
}

// Rows near one of the ends of the doubles' range: in units of a power of two they may be middling, and then
// have the same logarithms, to the last bit, as their multiples have.
THETAHAT_NOINLINE inline log_moments logs_near_ends(const block& b) {
  int k;
  frexp(b.x[0], &k);
  double room[block_rows];
  bool exact = true;
  for (int64_t i = 0; i < b.n; ++i) {
    room[i] = ldexp(b.x[i], -k);
    exact &= ldexp(room[i], k) == b.x[i];
  }
  const block scaled = {room, b.w, b.n};
  if (!exact || !all_middling(scaled)) return logs_about_pivot(b, b.x[0], false);
  log_moments m = logs_about_pivot(scaled, pivot_of(room, b.n), true);
  m.pivot = ldexp(m.pivot, k);
  return m;
}

THETAHAT_NOINLINE inline log_moments block_log_moments(const block& b) {
  if (all_middling(b)) return logs_about_pivot(b, pivot_of(b.x, b.n), true);
  if (!all_positive(b)) return {{NAN, {}, {}, 0.0}, 1.0};
  return logs_near_ends(b);
}

}  // namespace thetahat::THETAHAT_ISA
