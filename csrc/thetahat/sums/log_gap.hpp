// The accumulator of positive rows: their moments, and the gap log(mean) - mean(log) as the sum of
// phi(d) = d - log(1 + d) >= 0, d = (x - mean) / mean. Nothing cancels, at mean/sd = 1e10 as at 1.
#pragma once
#include "thetahat/sums/moments.hpp"
#include "thetahat/sums/terms.hpp"

namespace thetahat::THETAHAT_ISA {

// phi(d) = d - log(1 + d) for |d| < 1/4, by what log itself is made of, its leading term d gone.
template <class V>
inline V near_phi(V d) {
  V s = d / (d + 2.0);
  return s * (d - log_rest(s * s));
}

// For any d, given log(1 + d) as well, which has more digits where d is near -1.
template <class V>
inline V phi(V d, V log_1d) {
  return select(abs(d) < 0.25, near_phi(d), d - log_1d);
}

// (1 + d) log(1 + d) - d for |d| < 1/4, without cancellation: d^2 - (1 + d) phi(d).
template <class V>
inline V near_divergence(V d) {
  return d * d - (1.0 + d) * near_phi(d);
}

struct log_gap : moments {
  double_double phi_sum;  // sum w phi(d)

  bool finite() const { return moments::finite() && phi_sum.hi - phi_sum.hi == 0; }
};

inline double log_mean(const moments& m) {
  return log(m.mean.hi) + (m.exponent * ln2_hi + m.exponent * ln2_lo);
}

constexpr double tiny_ratio =
    0x1p-1000;  // below, a quotient may be denormal and short of digits: the difference of logarithms then

// About the mean m of both, sum w phi(d) of one is larger by n phi((its mean - m) / m).
inline double_double phi_about(const log_gap& a, const moments& both) {
  if (a.n == 0) return {0.0, 0.0};
  const double_double mean = in_units(a, both.exponent).mean;
  const double ratio = mean.hi / both.mean.hi;
  const double log_ratio = ratio > tiny_ratio ? log(ratio) : log_mean(a) - log_mean(both);
  return a.phi_sum + a.n * phi((mean - both.mean).hi / both.mean.hi, log_ratio);
}

inline log_gap merge(const log_gap& a, const log_gap& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  const moments both = merge(static_cast<const moments&>(a), static_cast<const moments&>(b));
  return {both, phi_about(a, both) + phi_about(b, both)};
}

constexpr double small_row = 0x1p-500;  // rows from here on, over a mean below 2^500, are normal numbers

// Sign bit clear: a number not as small, or not finite.
template <class B>
inline B unless_small(B bits) {
  return bits | (bits - to_bits(small_row));
}

// The product of f of a block's rows, two by two, and in the same loop whether none is small: where one is,
// or one is larger than 2^500, the product is nothing.
struct pair_product {
  log_product value;
  bool none_small;
};

template <class F>
inline pair_product product_of_pairs(const block& b, F f) {
  constexpr int group = registers < 2 ? registers : 2;
  constexpr int64_t pair_rows = 2 * lanes;
  const int64_t whole = b.n - b.n % pair_rows;
  running_product product[registers];
  vec_bits small = {};
  for (int g = 0; g < registers; g += group) {
    running_product run[group];
    vec_bits flag[group] = {};
    for (running_product& p : run) p.clear();
    const auto take = [&](int r, vec first, vec second) THETAHAT_INLINED {
      flag[r] |= unless_small(to_bits(first)) | unless_small(to_bits(second));
      run[r].take(first * second);
    };
    const auto last = [&](int64_t place) THETAHAT_INLINED {
      const int64_t n = b.n - place;
      return select(lanes_below(n), f(load_first(b.x + place, n, b.x[0])), broadcast(1.0));
    };
    for (int64_t i = 0; i < whole; i += pair_rows) {
      if (g == 0) prefetch_ahead<pair_rows * sizeof(double)>(b.x + i);
      for (int r = 0; r < group; ++r) {
        const int64_t place = i + (g + r) * width;
        take(r, f(load(b.x + place)), f(load(b.x + place + lanes)));
      }
    }
    for (int r = 0; r < group; ++r) {
      const int64_t place = whole + (g + r) * width;
      if (whole < b.n) take(r, last(place), last(place + lanes));
      product[g + r] = run[r];
      small |= flag[r];
    }
  }
  return {total_of(product, (b.n + pair_rows - 1) / pair_rows * lanes), !sign_of_any(small)};
}

inline pair_product product_of_pairs(const block& b) {
  return product_of_pairs(b, [](auto x) { return x; });
}

// Whether all rows are so near to c that phi((x - c) / scale) needs no logarithm.
inline bool all_near(const block& b, double c, double scale) {
  const double low = c - 0.24 * scale, high = c + 0.24 * scale;
  return !any_sign(b.x, b.n, [=](auto bits) {
    auto x = from_bits(bits);
    return to_bits(x - low) | to_bits(high - x);
  });
}

// Terms for sum_terms: phi of each row, of near rows, of usual ones and of any.
struct near_phi_terms {
  double mean, inverse;
  THETAHAT_INLINE void terms(vec x, vec* t, vec*) const { t[0] = near_phi((x - mean) * inverse); }
};
struct phi_terms {
  double mean, inverse;
  THETAHAT_INLINE void terms(vec x, vec* t, vec*) const {
    t[0] = phi((x - mean) * inverse, log_normal_range(x * inverse));
  }
};
struct any_phi_terms {
  double unit, mean, inverse, log_mean;
  THETAHAT_INLINE void terms(vec x, vec* t, vec*) const {
    vec scaled = x * unit, y = scaled * inverse;
    t[0] = phi((scaled - mean) * inverse, select(y > tiny_ratio, log(y), log(x) - log_mean));
  }
};

// sum phi(d) = sum d - log(prod x / mean^n), which costs no logarithm of a row. Where rows lie close to their
// mean this would cancel.
inline double phi_from_product(double n, double_double mean, const log_product& p) {
  int k;
  double fraction = frexp(mean.hi, &k);
  double far = p.exponent - n * k;  // exact
  return n * (mean.lo / mean.hi) + (n * log(fraction) - log_normal_range(p.mantissa)) - far * ln2_hi -
         far * ln2_lo;
}

inline double phi_about_mean(const moments& m, const block& b, const pair_product& product) {
  const double mean = m.mean.hi, inverse = 1.0 / mean;
  if (!product.none_small || m.exponent != 0) {
    const double unit = m.exponent > 0 ? 0x1p-600 : m.exponent < 0 ? 0x1p600 : 1.0;
    return sum_terms<1, 0>(any_phi_terms{unit, mean, inverse, log_mean(m)}, b).sum[0].hi;
  }
  if (m.gap.hi > m.n * mean * mean / 16 && !b.w) return phi_from_product(m.n, m.mean, product.value);
  if (all_near(b, mean, mean)) return sum_terms<1, 0>(near_phi_terms{mean, inverse}, b).sum[0].hi;
  return sum_terms<1, 0>(phi_terms{mean, inverse}, b).sum[0].hi;
}

inline log_gap block_log_gap(const block& b) {
  const pair_product product = product_of_pairs(b);
  if (!product.none_small && !all_positive(b)) return {{NAN, {}, {}, 0.0}, {}};
  const moments m = block_moments(b);
  const double miss = m.mean.lo / m.mean.hi;  // by which the sums' centre, mean.hi, misses the mean
  return {m, {phi_about_mean(m, b, product) - 0.5 * m.n * miss * miss, 0.0}};
}

}  // namespace thetahat::THETAHAT_ISA
