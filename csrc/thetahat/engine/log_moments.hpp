// The accumulator of positive rows' logarithms: their weight, mean and squared gap. Logarithms are taken of
// x / pivot, for a pivot among the rows: of rows that lie close together, log x would keep few digits of what
// tells them apart.
#pragma once
#include "thetahat/engine/log_ratios.hpp"
#include "thetahat/engine/moments.hpp"
#include "thetahat/math/log_double_double.hpp"

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

// Of any rows, one by one; false where one is not positive and finite.
inline bool any_log_ratios(const block& b, double pivot, double* logs) {
  if (!all_positive(b)) return false;
  for (int64_t i = 0; i < b.n; ++i) logs[i] = log_ratio(b.x[i], pivot);
  return true;
}

// About a pivot many standard deviations away, logarithms are taken once more, about their own mean.
THETAHAT_NOINLINE inline log_moments block_log_moments(const block& b) {
  double logs[block_rows], pivot = pivot_of(b.x, b.n);
  const bool middling = middling_log_ratios(b, pivot, 1.0 / pivot, logs);
  if (!middling && !any_log_ratios(b, pivot = b.x[0], logs)) return {{NAN, {}, {}, 0.0}, 1.0};
  const block rows = {logs, b.w, b.n};
  moments m = moments_around(rows, 0.0);
  if (m.mean.hi * m.mean.hi * m.n > 64 * m.gap.hi) {
    const double root = exp(0.5 * m.mean.hi);  // exp(mean) may overflow
    pivot = pivot * root * root;
    if (!middling || !middling_log_ratios(b, pivot, 1.0 / pivot, logs)) any_log_ratios(b, pivot, logs);
    m = moments_around(rows, 0.0);
  }
  return {m, pivot};
}

}  // namespace thetahat::THETAHAT_ISA
