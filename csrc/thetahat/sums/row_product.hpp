// The accumulator of positive rows: their moments, and sum log x as the logarithm of their product.
#pragma once
#include "thetahat/sums/log_gap.hpp"

namespace thetahat::THETAHAT_ISA {

struct positive_moments : moments {
  log_product product;
};

inline positive_moments merge(const positive_moments& a, const positive_moments& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  return {merge(static_cast<const moments&>(a), static_cast<const moments&>(b)), merge(a.product, b.product)};
}

// For sum_terms: the rows as factors, those below the normal numbers raised by 2^54 and counted.
struct raised_terms {
  THETAHAT_INLINE void terms(vec x, vec* t, vec* u) const {
    const auto subnormal = x < 0x1p-1022;
    t[0] = select(subnormal, splat<vec>(1.0), vec{});
    u[0] = select(subnormal, x * 0x1p54, x);
  }
};

inline log_product any_product(const block& b) {
  term_sums<1, 1> s = sum_terms<1, 1>(raised_terms{}, b);
  s.product[0].exponent -= 54 * s.sum[0].hi;
  return s.product[0];
}

inline positive_moments block_positive_moments(const block& b) {
  const pair_product product = product_of_pairs(b);
  if (!product.none_small && !all_positive(b)) return {{NAN, {}, {}, 0.0}, {}};
  const moments m = block_moments(b);
  return {m, product.none_small && m.exponent == 0 && !b.w ? product.value : any_product(b)};
}

}  // namespace thetahat::THETAHAT_ISA
