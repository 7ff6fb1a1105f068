// A shuffle of 0 .. n - 1 by Fisher and Yates, a few entries at a time, so that it hides in the latency of the
// ascent it feeds. It starts from the identity and leaves no random word behind: the generator's state alone
// decides what follows.
#pragma once
#include "thetahat/api.h"
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

struct wide {
  uint64_t high, low;
};

inline wide multiply(uint64_t a, uint64_t b) {
#ifdef __SIZEOF_INT128__
  unsigned __int128 p = (unsigned __int128)a * b;
  return {uint64_t(p >> 64), uint64_t(p)};
#else
  uint64_t al = uint32_t(a), ah = a >> 32, bl = uint32_t(b), bh = b >> 32;
  uint64_t low = al * bl, mid = ah * bl + (low >> 32), cross = al * bh + uint32_t(mid);
  return {ah * bh + (mid >> 32) + (cross >> 32), (cross << 32) | uint32_t(low)};
#endif
}

// How many entries share one random word: as many as keep the product of their bounds below 2^56, so that the
// exact test for bias is rarely reached.
inline int shared_draws(int64_t n) {
  int bits = 1;
  while (n >> bits) ++bits;
  return 56 / bits;
}

// Calls to the generator come in short bursts: each empties the registers, and a long one is not hidden by
// the latency of the steps before it.
THETAHAT_NOINLINE inline void refill(thetahat_words& words, int64_t wanted) {
  words.left = wanted < thetahat_max_words ? int(wanted) : int(thetahat_max_words);
  for (int i = words.left; i-- > 0;) words.word[i] = words.bitgen->next_uint64(words.bitgen->state);
}

// Draws the entries first .. first + count - 1, where count is shared or all that is left. The word's
// fraction times a bound gives an index and leaves a fraction for the next (Brackett-Rozinsky and Lemire,
// 2024: unbiased when the last fraction is not below 2^64 mod the product of the bounds).
inline void draw(thetahat_words& words, uint32_t* index, int64_t n, int64_t first, int count, int shared) {
  uint32_t at[56];
  uint64_t product = 1;
  for (int j = 0; j < count; ++j) product *= uint64_t(n - first - j);
  for (bool biased = true; biased;) {
    if (words.left == 0) refill(words, (n - first + shared - 1) / shared);
    uint64_t fraction = words.word[--words.left];
    for (int j = 0; j < count; ++j) {
      wide p = multiply(fraction, uint64_t(n - first - j));
      at[j] = uint32_t(p.high);
      fraction = p.low;
    }
    biased = fraction < product && fraction < (0 - product) % product;
  }
  for (int j = 0; j < count; ++j) {
    uint32_t* here = index + first + j;
    uint32_t* there = here + at[j];
    uint32_t swapped = *here;
    *here = *there;
    *there = swapped;
  }
}

// All entries at once.
inline void shuffle(thetahat_words& words, uint32_t* index, int64_t n) {
  const int shared = shared_draws(n);
  for (int64_t i = 0; i < n; ++i) index[i] = uint32_t(i);
  for (int64_t i = 0; i < n; i += shared)
    draw(words, index, n, i, int(n - i < shared ? n - i : shared), shared);
}

}  // namespace thetahat::THETAHAT_ISA
