// The accumulator of a family without sufficient statistics, at one theta: n, sums of terms t(x; theta), and
// sums of logarithms as those of products, so that a pass takes no logarithm of a row.
#pragma once
#include <math.h>
#include "thetahat/data/block.hpp"
#include "thetahat/math/double_double.hpp"
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr uint64_t fraction_bits = (uint64_t{1} << 52) - 1, one_bits = uint64_t{1023} << 52;

// log(mantissa 2^exponent) + rest, 1 <= mantissa < 2; rest takes weighted logarithms.
struct log_product {
  double mantissa, exponent;
  double_double rest;

  double value() const {
    constexpr double_double log_2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
    return (log_2 * exponent + rest + log_normal_range(mantissa)).hi;
  }
};

// Times a positive normal number 2^(exponent) m.
inline void multiply_by(log_product& a, double m, double exponent) {
  uint64_t bits = to_bits(a.mantissa * m);
  a.mantissa = from_bits((bits & fraction_bits) | one_bits);
  a.exponent += exponent + (double(bits >> 52) - 1023.0);
}

inline log_product merge(log_product a, const log_product& b) {
  multiply_by(a, b.mantissa, b.exponent);
  a.rest = a.rest + b.rest;
  return a;
}

// The product of a block's lanes: each the product of mantissas below 2, 128 of them at most, and the sum of
// as many biased exponents.
struct product_lanes {
  double mantissa[lanes];
  uint64_t exponent[lanes];

  log_product total(int64_t factors) const {
    log_product p = {1.0, -1023.0 * double(factors), {0.0, 0.0}};
    for (int i = 0; i < lanes; ++i) multiply_by(p, mantissa[i], double(exponent[i]));
    return p;
  }
};

// One register of factors.
struct running_product {
  vec mantissa;
  vec_bits exponent;

  running_product() : mantissa(broadcast(1.0)), exponent(to_bits(broadcast(0.0))) {}
  void take(vec u) {
    vec_bits bits = to_bits(u);
    exponent += bits >> 52;
    mantissa *= from_bits((bits & fraction_bits) | one_bits);
  }
};

template <int K, int L>
struct term_sums {
  double n;  // the sum of the weights
  double_double sum[K];
  log_product product[L > 0 ? L : 1];

  bool finite() const {
    bool good = n - n == 0;
    for (const double_double& s : sum) good &= s.hi - s.hi == 0;
    return good;
  }
};

template <int K, int L>
inline term_sums<K, L> merge(term_sums<K, L> a, const term_sums<K, L>& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  a.n += b.n;
  for (int k = 0; k < K; ++k) a.sum[k] = a.sum[k] + b.sum[k];
  for (int l = 0; l < L; ++l) a.product[l] = merge(a.product[l], b.product[l]);
  return a;
}

// The last rows of a block, fewer than there are lanes: the others hold its first row, and weight 0.
struct tail_rows {
  double x[lanes], w[lanes], used[lanes];  // used: all bits set, or none

  explicit tail_rows(const block& b) {
    const int64_t whole = b.n - b.n % lanes;
    for (int i = 0; i < lanes; ++i) {
      bool row = whole + i < b.n;
      x[i] = row ? b.x[whole + i] : b.x[0];
      w[i] = !row ? 0.0 : b.w ? b.w[whole + i] : 1.0;
      used[i] = from_bits(row ? ~uint64_t{0} : 0);
    }
  }
};

// What one register of lanes adds up to.
template <int K, int L, bool weighted>
struct running_sums {
  vec sum[K], n, logs[L > 0 ? L : 1];
  vec_bits flags;
  running_product product[L > 0 ? L : 1];

  running_sums() {
    n = broadcast(0.0);
    flags = to_bits(n);
    for (vec& s : sum) s = n;
    for (vec& s : logs) s = n;
  }
  template <class Terms>
  void take(const Terms& at, const double* x, const double* w) {
    vec t[K], u[L > 0 ? L : 1];
    at.terms(load(x), t, u);
    if constexpr (weighted) {
      vec v = load(w);
      n += v;
      flags |= weight_flag(to_bits(v));
      for (int k = 0; k < K; ++k) sum[k] += v * t[k];
      for (int l = 0; l < L; ++l) logs[l] += v * log_normal_range(u[l]);
    } else {
      for (int k = 0; k < K; ++k) sum[k] += t[k];
      for (int l = 0; l < L; ++l) product[l].take(u[l]);
    }
  }
  template <class Terms>
  void take_tail(const Terms& at, const tail_rows& tail, int first) {
    vec t[K], u[L > 0 ? L : 1], v = load(tail.w + first);
    at.terms(load(tail.x + first), t, u);
    vec_bits used = to_bits(load(tail.used + first)), one = to_bits(broadcast(1.0));
    n += v;
    for (int k = 0; k < K; ++k) sum[k] += v * t[k];
    for (int l = 0; l < L; ++l) {
      vec factor = from_bits((to_bits(u[l]) & used) | (one & ~used));
      if constexpr (weighted)
        logs[l] += v * log_normal_range(factor);
      else
        product[l].take(factor);
    }
  }
};

// A block's sums. Registers are taken two at a time, and one by one where there are many terms: a narrow
// instruction set has no room for more.
template <int K, int L, bool weighted, bool full, class Terms>
term_sums<K, L> sum_terms(const Terms& at, const block& b) {
  constexpr int group = registers < 2 ? registers : registers > 2 && K > 6 ? 1 : 2;
  const int64_t n = full ? block_rows : b.n, whole = n - n % lanes;
  const tail_rows tail(b);
  double sum[K][lanes], weight[lanes], logs[L > 0 ? L : 1][lanes];
  product_lanes product[L > 0 ? L : 1];
  uint64_t flags[lanes];
  for (int g = 0; g < lanes; g += group * width) {
    running_sums<K, L, weighted> run[group];
    for (int64_t i = 0; i < whole; i += lanes)
      for (int r = 0; r < group; ++r) {
        int64_t place = i + g + r * width;
        run[r].take(at, b.x + place, b.w + (weighted ? place : 0));
      }
    for (int r = 0; r < group; ++r) {
      int first = g + r * width;
      if (whole < n) run[r].take_tail(at, tail, first);
      store(weight + first, run[r].n);
      memcpy(flags + first, &run[r].flags, sizeof(vec));
      for (int k = 0; k < K; ++k) store(sum[k] + first, run[r].sum[k]);
      for (int l = 0; l < L; ++l) {
        store(logs[l] + first, run[r].logs[l]);
        store(product[l].mantissa + first, run[r].product[l].mantissa);
        memcpy(product[l].exponent + first, &run[r].product[l].exponent, sizeof(vec));
      }
    }
  }
  term_sums<K, L> s = {};
  s.n = weighted ? sum_weights(weight, flags, b) : double(n);
  for (int k = 0; k < K; ++k) s.sum[k] = {sum_lanes(sum[k]), 0.0};
  for (int l = 0; l < L; ++l) {
    s.product[l] = weighted ? log_product{1.0, 0.0, {sum_lanes(logs[l]), 0.0}}
                            : product[l].total((n + lanes - 1) / lanes * lanes);
  }
  return s;
}

// Terms: an object with terms(x, t, u) for one register, that K terms t and L factors u come from.
template <int K, int L, class Terms>
THETAHAT_NOINLINE term_sums<K, L> sum_terms(const Terms& at, const block& b) {
  const bool full = b.n == block_rows;                  // compiled apart, as in sum_shifted
  if (b.w) return sum_terms<K, L, true, false>(at, b);  // takes so long that a known length gains nothing
  return full ? sum_terms<K, L, false, true>(at, b) : sum_terms<K, L, false, false>(at, b);
}

}  // namespace thetahat::THETAHAT_ISA
