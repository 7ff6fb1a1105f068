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

constexpr int most_bits = 56;

// How many entries share one random word: as many as keep the product of their bounds below 2^56, so that the
// exact test for bias is rarely reached.
inline int shared_draws(int64_t n) {
#ifdef __GNUC__
  const int bits = 64 - __builtin_clzll(uint64_t(n));
#else
  int bits = 1;
  while (n >> bits) ++bits;
#endif
  return most_bits / bits;
}

// Words for the entries that are left. Calls to the generator come in short bursts: each empties the
// registers, and a long one is not hidden by the latency of the steps before it.
THETAHAT_NOINLINE inline void refill(thetahat_random_buffer& random, int64_t left, int shared) {
  const int64_t wanted = (left + shared - 1) / shared;
  random.left = wanted < thetahat_max_words ? int(wanted) : int(thetahat_max_words);
  for (int i = random.left; i-- > 0;) random.word[i] = random.bitgen->next_uint64(random.bitgen->state);
}

// Where the next entries go, by a word: its fraction times a bound gives an index and leaves a fraction for
// the next. Returns the last fraction (Brackett-Rozinsky and Lemire, 2024: unbiased when that is not below
// 2^64 mod the product of the bounds).
THETAHAT_INLINE uint64_t split_word(uint64_t fraction, int64_t left, int count, uint32_t* at) {
  for (int j = 0; j < count; ++j) {
    const wide p = multiply(fraction, uint64_t(left - j));
    at[j] = uint32_t(p.high);
    fraction = p.low;
  }
  return fraction;
}

// Puts entries in their places, and those that were there in theirs.
THETAHAT_INLINE void swap_entries(uint32_t* index, int count, const uint32_t* at) {
  for (int j = 0; j < count; ++j) {
    uint32_t* here = index + j;
    uint32_t* there = here + at[j];
    uint32_t swapped = *here;
    *here = *there;
    *there = swapped;
  }
}

// Draws entries that share a word, again until the word is not biased.
THETAHAT_NOINLINE inline void draw_unbiased(thetahat_random_buffer& random, uint32_t* index, int64_t left,
                                            int count, int shared) {
  uint32_t at[most_bits];
  uint64_t product = 1, fraction;
  for (int j = 0; j < count; ++j) product *= uint64_t(left - j);
  do {
    if (random.left == 0) refill(random, left, shared);
    fraction = split_word(random.word[--random.left], left, count, at);
  } while (fraction < product && fraction < (0 - product) % product);
  swap_entries(index, count, at);
}

// The same of a usual number, without loops. A word that may be biased is left to the exact test.
template <int shared>
THETAHAT_NOINLINE inline void draw_shared(thetahat_random_buffer& random, uint32_t* index, int64_t left) {
  uint32_t at[shared];
  if (random.left == 0) refill(random, left, shared);
  const uint64_t fraction = split_word(random.word[random.left - 1], left, shared, at);
  if (fraction >> most_bits == 0) return draw_unbiased(random, index, left, shared, shared);
  random.left -= 1;
  swap_entries(index, shared, at);
}

// Draws the entries from first on that share the next word; returns how far.
THETAHAT_NOINLINE inline int64_t draw_next(thetahat_random_buffer& random, uint32_t* index, int64_t n,
                                           int64_t first) {
  const int64_t left = n - first;
  const int shared = shared_draws(n);
  const int count = left < shared ? int(left) : shared;
  if (count == 5)
    draw_shared<5>(random, index + first, left);
  else if (count == 4)
    draw_shared<4>(random, index + first, left);
  else if (count == 3)
    draw_shared<3>(random, index + first, left);
  else
    draw_unbiased(random, index + first, left, count, shared);
  return first + count;
}

// Draws entries from first on, until `until` or somewhat beyond; returns how far.
inline int64_t draw(thetahat_random_buffer& random, uint32_t* index, int64_t n, int64_t first,
                    int64_t until) {
  while (first < until) first = draw_next(random, index, n, first);
  return first;
}

// All entries at once.
inline void shuffle(thetahat_random_buffer& random, uint32_t* index, int64_t n) {
  for (int64_t i = 0; i < n; ++i) index[i] = uint32_t(i);
  draw(random, index, n, 0, n);
}

}  // namespace thetahat::THETAHAT_ISA
