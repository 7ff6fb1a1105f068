// log(x / c) of a block's rows.
#pragma once
#include "thetahat/data/block.hpp"
#include "thetahat/math/log_ratio.hpp"

namespace thetahat::THETAHAT_ISA {

// Sign bit clear: a normal number between 2^-500 and 2^500. Quotients of such are normal numbers.
template <class B>
inline B unless_middling(B bits) {
  return bits | (bits - to_bits(0x1p-500)) | (to_bits(0x1p500) - bits);
}

// Logarithms of some rows in two loops: in one, with one long chain of instructions after the other, a
// processor sees too few rows to work on at once. Divisions of the widest registers take so long that there
// the rest hides behind them.
struct ratio_logs {
  static constexpr bool in_two = width < 8;
  static constexpr int64_t rows = 256;  // few enough for the nearest cache
  double f[rows], s[rows];

  THETAHAT_INLINE void split(int64_t i, const ratio_parts<vec>& p, double* out) {
    if constexpr (in_two)
      store(out + i, p.k), store(f + i, p.f), store(s + i, p.s);
    else
      store(out + i, log_of_ratio(p));
  }
  THETAHAT_INLINE void join(int64_t n, double* out) const {
    if constexpr (in_two)
      for (int64_t i = 0; i < n; i += width)
        store(out + i, log_of_ratio(ratio_parts<vec>{load(out + i), load(f + i), load(s + i)}));
  }
};

// r = 1 / c; room for a block in `out`. False where c or some row is not middling: then what is written is
// nothing.
THETAHAT_NOINLINE inline bool middling_log_ratios(const block& b, double c, double r, double* out) {
  ratio_logs logs;
  vec_bits some = unless_middling(to_bits(broadcast(c)));
  for (int64_t start = 0; start < b.n; start += logs.rows, out += logs.rows) {
    const int64_t n = b.n - start < logs.rows ? b.n - start : logs.rows;
    const auto split = [&](int64_t i, vec x) THETAHAT_INLINED {
      some |= unless_middling(to_bits(x));
      logs.split(i, split_ratio(x, c, r), out);
    };
    const double* x = b.x + start;
    int64_t i = 0;
    for (; i + width <= n; i += width) {
      prefetch_ahead<1>(x + i);
      split(i, load(x + i));
    }
    if (i < n) split(i, load_first(x + i, n - i, c));
    logs.join(n, out);
  }
  return !sign_of_any(some);
}

// Any rows; those that are not positive and finite give what is not finite.
THETAHAT_NOINLINE inline void log_ratios(const block& b, double c, double r, double* out) {
  if (middling_log_ratios(b, c, r, out)) return;
  for (int64_t i = 0; i < b.n; i += width) store(out + i, log_ratio(load_first(b.x + i, b.n - i, c), c, r));
}

}  // namespace thetahat::THETAHAT_ISA
