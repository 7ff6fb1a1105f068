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

// One register of factors: the product of their mantissas below 2, 128 of them at most, and the sum of their
// biased exponents.
struct running_product {
  vec mantissa;
  vec_bits exponent;

  THETAHAT_INLINE void clear() { mantissa = broadcast(1.0), exponent = vec_bits{}; }
  THETAHAT_INLINE void take(vec u) {
    vec_bits bits = to_bits(u);
    exponent += bits >> 52;
    mantissa *= from_bits((bits & fraction_bits) | one_bits);
  }
};

// The product of all lanes, of so many factors: one lane after the other, mantissas all below 2 first, so
// that 16 of them do not overflow.
template <int n>
inline log_product total_of(const running_product (&r)[n], int64_t factors) {
  double mantissa[lanes];
  vec exponent[n];
  for (int i = 0; i < n; ++i) {
    const vec_bits bits = to_bits(r[i].mantissa), sum = r[i].exponent + (bits >> 52);
    exponent[i] = from_bits(sum | to_bits(broadcast(0x1p52))) - 0x1p52;
    store(mantissa + i * width, from_bits((bits & fraction_bits) | one_bits));
  }
  double product = mantissa[0];
  for (int i = 1; i < lanes; ++i) product *= mantissa[i];
  log_product p = {1.0, sum_registers(exponent) - 1023.0 * double(lanes + factors), {0.0, 0.0}};
  multiply_by(p, product, 0.0);
  return p;
}

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

// What one register of lanes adds up to.
template <int K, int L, bool weighted>
struct running_sums {
  static constexpr int factors = L > 0 ? L : 1;
  vec sum[K], n, logs[factors];
  vec_bits flags = {};
  running_product product[factors];

  THETAHAT_INLINE running_sums() {
    n = broadcast(0.0);
    THETAHAT_UNROLLED
    for (vec& s : sum) s = n;
    THETAHAT_UNROLLED
    for (vec& s : logs) s = n;
    for (running_product& p : product) p.clear();
  }
  template <class Terms>
  THETAHAT_INLINE void take(const Terms& at, const double* x, const double* w) {
    vec t[K], u[factors];
    at.terms(load(x), t, u);
    if constexpr (weighted) {
      vec v = load(w);
      n += v;
      flags |= weight_flag(to_bits(v));
      THETAHAT_UNROLLED
      for (int k = 0; k < K; ++k) sum[k] += v * t[k];
      for (int l = 0; l < L; ++l) logs[l] += v * log_normal_range(u[l]);
    } else {
      THETAHAT_UNROLLED
      for (int k = 0; k < K; ++k) sum[k] += t[k];
      for (int l = 0; l < L; ++l) product[l].take(u[l]);
    }
  }
  // The last rows, n_rows of them from x on; the other lanes hold the block's first row, and weight 0.
  template <class Terms>
  THETAHAT_INLINE void take_last(const Terms& at, const block& b, int64_t place) {
    const int64_t n_rows = b.n - place;
    const vec one = broadcast(1.0);
    const auto used = lanes_below(n_rows);
    vec t[K], u[factors], v = select(used, one, vec{});
    if constexpr (weighted) {
      v = last_weights(b.w + place, n_rows, &flags);
      n += v;
    }
    at.terms(load_first(b.x + place, n_rows, b.x[0]), t, u);
    THETAHAT_UNROLLED
    for (int k = 0; k < K; ++k) sum[k] += v * t[k];
    for (int l = 0; l < L; ++l) {
      const vec factor = select(used, u[l], one);
      if constexpr (weighted)
        logs[l] += v * log_normal_range(factor);
      else
        product[l].take(factor);
    }
  }
};

// The sums of all lanes.
template <int K, int L, bool weighted>
struct lane_sums {
  static constexpr int factors = L > 0 ? L : 1;
  vec sum[K][registers], n[registers], logs[factors][registers];
  vec_bits flags = {};
  running_product product[factors][registers];

  THETAHAT_INLINE lane_sums() {}  // an implicit one would be compiled for the baseline
  THETAHAT_INLINE void put(int r, const running_sums<K, L, weighted>& run) {
    THETAHAT_UNROLLED
    for (int k = 0; k < K; ++k) sum[k][r] = run.sum[k];
    if constexpr (weighted) n[r] = run.n, flags |= run.flags;
    for (int l = 0; l < L; ++l)
      if constexpr (weighted)
        logs[l][r] = run.logs[l];
      else
        product[l][r] = run.product[l];
  }
  THETAHAT_INLINE term_sums<K, L> total(int64_t rows) const {
    term_sums<K, L> s = {};
    s.n = !weighted ? double(rows) : sign_of_any(flags) ? NAN : sum_registers(n);
    THETAHAT_UNROLLED
    for (int k = 0; k < K; ++k) s.sum[k] = {sum_registers(sum[k]), 0.0};
    for (int l = 0; l < L; ++l)
      if constexpr (weighted)
        s.product[l] = {1.0, 0.0, {sum_registers(logs[l]), 0.0}};
      else
        s.product[l] = total_of(product[l], (rows + lanes - 1) / lanes * lanes);
    return s;
  }
};

// A block's sums. Registers are taken two at a time, and one by one where there are many terms: a narrow
// instruction set has no room for more.
template <int K, int L, bool weighted, bool full, class Terms>
term_sums<K, L> sum_terms(const Terms& at, const block& b) {
  constexpr int most_terms = width < 4 ? 1 : 6;
  constexpr int group = registers < 2 || (registers > 2 && K > most_terms) ? 1 : 2;
  const int64_t n = full ? block_rows : b.n, whole = n - n % lanes;
  lane_sums<K, L, weighted> all;
  for (int g = 0; g < registers; g += group) {
    running_sums<K, L, weighted> run[group];
    for (int64_t i = 0; i < whole; i += lanes) {
      if (g == 0) {
        prefetch_ahead<lanes * sizeof(double)>(b.x + i);
        if constexpr (weighted) prefetch_ahead<lanes * sizeof(double)>(b.w + i);
      }
      for (int r = 0; r < group; ++r) {
        int64_t place = i + (g + r) * width;
        run[r].take(at, b.x + place, b.w + (weighted ? place : 0));
      }
    }
    for (int r = 0; r < group; ++r) {
      if (!full && whole < n) run[r].take_last(at, b, whole + (g + r) * width);
      all.put(g + r, run[r]);
    }
  }
  return all.total(n);
}

// Terms: an object with terms(x, t, u) for one register, that K terms t and L factors u come from.
template <int K, int L, class Terms>
THETAHAT_NOINLINE term_sums<K, L> sum_terms(const Terms& at, const block& b) {
  const bool full = b.n == block_rows;                  // compiled apart, as in sum_shifted
  if (b.w) return sum_terms<K, L, true, false>(at, b);  // takes so long that a known length gains nothing
  return full ? sum_terms<K, L, false, true>(at, b) : sum_terms<K, L, false, false>(at, b);
}

}  // namespace thetahat::THETAHAT_ISA
