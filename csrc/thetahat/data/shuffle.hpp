// A shuffle of 0 .. n - 1 by Fisher and Yates, a few entries at a time, so that its cost hides in the
// latency of the steps that read it. It starts from the identity and leaves no random word behind: the
// generator's state alone decides what follows.
#pragma once
#include "thetahat/sgd_api.h"
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
THETAHAT_NOINLINE inline void refill(thetahat_random_buffer& random, int64_t wanted) {
  random.left = wanted < thetahat_max_words ? int(wanted) : int(thetahat_max_words);
  for (int i = random.left; i-- > 0;) random.word[i] = random.bitgen->next_uint64(random.bitgen->state);
}

// Puts the entries first .. first + count - 1 in their places. The word's fraction times a bound gives an
// index and leaves a fraction for the next (Brackett-Rozinsky and Lemire, 2024: unbiased when the last
// fraction is not below 2^64 mod the product of the bounds).
THETAHAT_INLINE void draw_group(thetahat_random_buffer& random, uint32_t* index, int64_t n, int64_t first,
                                int count, int shared) {
  uint32_t at[56];
  uint64_t product = 1;
  for (int j = 0; j < count; ++j) product *= uint64_t(n - first - j);
  for (bool biased = true; biased;) {
    if (random.left == 0) refill(random, (n - first + shared - 1) / shared);
    uint64_t fraction = random.word[--random.left];
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

// Entries from first on, until `until` or somewhat beyond, as many as share a word at a time; returns how
// far.
template <int shared>
inline int64_t draw_groups(thetahat_random_buffer& random, uint32_t* index, int64_t n, int64_t first,
                           int64_t until) {
  for (; first < until && first + shared <= n; first += shared)
    draw_group(random, index, n, first, shared, shared);
  return first;
}

// The same for any n: the usual numbers are compiled apart, without loops inside.
THETAHAT_NOINLINE inline int64_t draw(thetahat_random_buffer& random, uint32_t* index, int64_t n,
                                      int64_t first, int64_t until) {
  const int shared = shared_draws(n);
  if (shared == 3) first = draw_groups<3>(random, index, n, first, until);
  if (shared == 4) first = draw_groups<4>(random, index, n, first, until);
  if (shared == 5) first = draw_groups<5>(random, index, n, first, until);
  while (first < until) {
    const int count = n - first < shared ? int(n - first) : shared;
    draw_group(random, index, n, first, count, shared);
    first += count;
  }
  return first;
}

// All entries at once.
inline void shuffle(thetahat_random_buffer& random, uint32_t* index, int64_t n) {
  for (int64_t i = 0; i < n; ++i) index[i] = uint32_t(i);
  draw(random, index, n, 0, n);
}

}  // namespace thetahat::THETAHAT_ISA
