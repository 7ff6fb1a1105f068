// Rows that are counts: 0, 1, 2, ...
#pragma once
#include "thetahat/data/block.hpp"

namespace thetahat::THETAHAT_ISA {

// Zero where x is an integer, 0 or more; from 2^52 on every double is one. NaN where x is infinite or NaN.
template <class V>
inline V from_integer(V x) {
  return select(x < 0x1p52, (x + 0x1p52) - 0x1p52, x) - x;
}

inline bool is_count(double x) { return x >= 0 && from_integer(x) == 0; }

inline bool all_counts(const block& b) {
  return !any_sign(b.x, b.n, [](auto bits) {
    auto off = to_bits(from_integer(from_bits(bits)));
    return (bits & (bits - 1)) | off | (0ULL - off);  // -0 is 0
  });
}

// Whether none of these counts is larger than `most`.
inline bool none_larger(const block& b, double most) {
  return !any_sign(b.x, b.n, [most](auto bits) { return (to_bits(most) - bits) & ~bits; });
}

// The place of a count in a table of so many: the last one for all that are larger, one of them as well for
// a row that is no count, since another thread has written over it after it was checked.
inline int place_of(double x, int places) {
  const double low = x > 0 ? x : 0.0, last = places - 1;
  return int(low < last ? low : last);
}

// For sum_terms: the rows.
struct row_terms {
  THETAHAT_INLINE void terms(vec x, vec* t, vec*) const { t[0] = x; }
};

}  // namespace thetahat::THETAHAT_ISA
