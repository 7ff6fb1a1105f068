// The accumulator of positive rows' logarithms: their weight, mean and squared deviations. Logarithms are
// taken of x / pivot, for a pivot among the rows: of rows that lie close together, log x would keep few
// digits of their differences.
#pragma once
#include "thetahat/sums/log_ratios.hpp"
#include "thetahat/sums/moments.hpp"
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

inline moments moments_of(const double* logs, const block& b) {
  return moments_around(block{logs, b.w, b.n}, 0.0);
}

inline bool far_from(const moments& m) { return m.mean.hi * m.mean.hi * m.n > 64 * m.gap.hi; }

// e^mean times as large; the exponential itself may overflow.
inline double moved_pivot(double pivot, const moments& m) {
  const double root = exp(0.5 * m.mean.hi);
  return pivot * root * root;
}

// About a pivot many standard deviations away, logarithms are taken once more, about their own mean. False
// where some row is not middling.
inline bool middling_log_moments(const block& b, log_moments* found) {
  double logs[block_rows], pivot = pivot_of(b.x, b.n);
  if (!middling_log_ratios(b, pivot, 1.0 / pivot, logs)) return false;
  moments m = moments_of(logs, b);
  if (far_from(m)) {
    pivot = moved_pivot(pivot, m);
    middling_log_ratios(b, pivot, 1.0 / pivot, logs);
    m = moments_of(logs, b);
  }
  *found = {m, pivot};
  return true;
}

// The same of any positive rows.
inline log_moments any_log_moments(const block& b) {
  double logs[block_rows], pivot = b.x[0];
  const auto about_pivot = [&] {
    for (int64_t i = 0; i < b.n; ++i) logs[i] = log_ratio(b.x[i], pivot);
    return moments_of(logs, b);
  };
  moments m = about_pivot();
  if (far_from(m)) {
    pivot = moved_pivot(pivot, m);
    m = about_pivot();
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
  log_moments m;
  if (!exact || !middling_log_moments({room, b.w, b.n}, &m)) return any_log_moments(b);
  m.pivot = ldexp(m.pivot, k);
  return m;
}

THETAHAT_NOINLINE inline log_moments block_log_moments(const block& b) {
  log_moments m;
  if (middling_log_moments(b, &m)) return m;
  if (!all_positive(b)) return {{NAN, {}, {}, 0.0}, 1.0};
  return logs_near_ends(b);
}

}  // namespace thetahat::THETAHAT_ISA
