// From rows as they lie in memory to blocks of doubles: contiguous doubles in place, any other type, step or
// byte order through a buffer of one block; weights likewise. Families see doubles and nothing else.
#pragma once
#include <math.h>
#include <string.h>
#include "thetahat/api.h"
#include "thetahat/engine/grid.hpp"
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

struct half {  // IEEE 754 binary16
  uint16_t bits;
  explicit operator double() const {
    uint32_t exponent = bits & 0x7c00, fraction = bits & 0x3ff, sign = uint32_t(bits & 0x8000) << 16;
    uint32_t rebase = exponent == 0x7c00 ? 224 : 112;  // from 15 to a float's 127, or to infinite and NaN
    uint32_t tiny, normal = ((exponent | fraction) << 13) + (rebase << 23);
    float subnormal = float(int32_t(fraction)) * 0x1p-24f, value;
    memcpy(&tiny, &subnormal, sizeof tiny);
    tiny = (exponent == 0 ? tiny : normal) | sign;
    memcpy(&value, &tiny, sizeof value);
    return value;
  }
};

template <class T>
inline T read(const char* p) {
  T value;
  memcpy(&value, p, sizeof(T));
  return value;
}

inline uint8_t swap_bytes(uint8_t v) { return v; }
inline uint16_t swap_bytes(uint16_t v) { return uint16_t(v << 8 | v >> 8); }
inline uint32_t swap_bytes(uint32_t v) {
  v = (v & 0x00ff00ff) << 8 | (v >> 8 & 0x00ff00ff);
  return v << 16 | v >> 16;
}
inline uint64_t swap_bytes(uint64_t v) {
  return uint64_t(swap_bytes(uint32_t(v))) << 32 | swap_bytes(uint32_t(v >> 32));
}

template <int size>
struct bits_of_size;
template <>
struct bits_of_size<1> {
  using type = uint8_t;
};
template <>
struct bits_of_size<2> {
  using type = uint16_t;
};
template <>
struct bits_of_size<4> {
  using type = uint32_t;
};
template <>
struct bits_of_size<8> {
  using type = uint64_t;
};

template <class T>
inline T read_swapped(const char* p) {
  auto bits = swap_bytes(read<typename bits_of_size<sizeof(T)>::type>(p));
  return read<T>(reinterpret_cast<const char*>(&bits));
}

// Integers beyond 2^53, which no double equals for sure, become NaN: the sums show that some are there.
template <class T>
inline double to_double(T value) {
  return double(value);
}
inline double to_double(int64_t value) {
  constexpr uint64_t most = uint64_t{1} << 53;
  return uint64_t(value) + most <= 2 * most ? double(value) : NAN;
}
inline double to_double(uint64_t value) { return value <= uint64_t{1} << 53 ? double(int64_t(value)) : NAN; }

template <class T>
void convert(const char* p, int64_t step, bool swapped, int64_t n, double* out) {
  constexpr int64_t size = sizeof(T);
  if (swapped && step == size)
    for (int64_t i = 0; i < n; ++i) out[i] = to_double(read_swapped<T>(p + i * size));
  else if (swapped)
    for (int64_t i = 0; i < n; ++i) out[i] = to_double(read_swapped<T>(p + i * step));
  else if (step == size)
    for (int64_t i = 0; i < n; ++i) out[i] = to_double(read<T>(p + i * size));
  else
    for (int64_t i = 0; i < n; ++i) out[i] = to_double(read<T>(p + i * step));
}

inline thetahat_rows plain_rows(const double* x, int64_t n) {
  thetahat_rows r = {};
  r.data = reinterpret_cast<const char*>(x);
  r.n = n;
  r.step = sizeof(double);
  r.type = thetahat_float64;
  r.in_place = 1;
  return r;
}

// At most block_rows rows, and their weights: NULL where each counts once.
struct block {
  const double* x;
  const double* w;
  int64_t n;
};

// A full block of floats where they lie, without weights: for passes that read them as they are.
struct float_block {
  const float* x;
  static constexpr const double* w = nullptr;
  static constexpr int64_t n = block_rows;
};

inline bool floats_in_place(const thetahat_rows& r) {
  return r.type == thetahat_float32 && r.step == int64_t(sizeof(float)) && !r.swapped && !r.weights &&
         reinterpret_cast<uintptr_t>(r.data) % sizeof(float) == 0;
}

inline bool all_positive(const block& b) {
  bool good = true;
  for (int64_t i = 0; i < b.n; ++i) good &= b.x[i] > 0 && b.x[i] < HUGE_VAL;
  return good;
}

struct buffers {
  double x[block_rows], w[block_rows];
};
// On the stack, where a store across two cache lines would cost two.
struct alignas(64) aligned_buffers : buffers {};

THETAHAT_NOINLINE inline const double* convert_rows(const thetahat_rows& r, const char* p, int64_t n,
                                                    double* buffer) {
  switch (r.type) {
    case thetahat_float64:
      convert<double>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_float32:
      convert<float>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_float16:
      convert<half>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_int8:
      convert<int8_t>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_int16:
      convert<int16_t>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_int32:
      convert<int32_t>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_int64:
      convert<int64_t>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_uint8:
      convert<uint8_t>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_uint16:
      convert<uint16_t>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_uint32:
      convert<uint32_t>(p, r.step, r.swapped, n, buffer);
      break;
    case thetahat_uint64:
      convert<uint64_t>(p, r.step, r.swapped, n, buffer);
      break;
  }
  return buffer;
}

// Rows first .. first + n - 1 as doubles, n at most block_rows; the buffer is used where they cannot be read
// in place.
inline const double* load_rows(const thetahat_rows& r, int64_t first, int64_t n, double* buffer) {
  const char* p = r.data + first * r.step;
  return r.in_place ? reinterpret_cast<const double*>(p) : convert_rows(r, p, n, buffer);
}

inline block load_block(const thetahat_rows& r, int64_t first, int64_t n, buffers& room) {
  const double* w = r.weights ? load_rows(*r.weights, first, n, room.w) : nullptr;
  return {load_rows(r, first, n, room.x), w, n};
}

// The sign bit is set where a weight, by its bits, is not positive and finite.
template <class Bits>
inline Bits weight_flag(Bits bits) {
  return bits | (bits - 1) | (bits + (1ULL << 52));
}

// The sum of a block's weights, from that of each lane over all rows, and from the flags of the whole steps
// of lanes: NaN where one of them is not positive and finite.
inline double sum_weights(double* lane, const uint64_t* flags, const block& b) {
  uint64_t any = 0;
  for (int i = 0; i < lanes; ++i) any |= flags[i];
  for (int64_t i = b.n - b.n % lanes; i < b.n; ++i) any |= weight_flag(to_bits(b.w[i]));
  return any >> 63 ? NAN : sum_lanes(lane);
}

inline bool filtered(const thetahat_rows& r) { return r.mask || r.validity || r.omit_nan; }

// Whether row i, of value x, counts: by NumPy's mask (a byte per row, not zero: left out) or Arrow's validity
// (a bit per row, one: counts), and by what is done with NaN.
inline bool counts(const thetahat_rows& r, int64_t i, double x) {
  if (r.mask && r.mask[i * r.mask_step]) return false;
  int64_t bit = r.first_bit + i * r.bit_step;
  if (r.validity && !(r.validity[bit / 8] >> (bit % 8) & 1)) return false;
  return !r.omit_nan || x == x;
}

// Whether each of a block's rows counts: 1 or 0; returns how many do. x may be NULL where NaN is not omitted.
inline int64_t counted(const thetahat_rows& r, int64_t first, int64_t n, const double* x, uint8_t* keep) {
  const uint8_t* mask = r.mask ? r.mask + first * r.mask_step : nullptr;
  int64_t kept = 0;
  for (int64_t i = 0; i < n; ++i) keep[i] = 1;
  if (mask)
    for (int64_t i = 0; i < n; ++i) keep[i] = mask[i * r.mask_step] == 0;
  if (r.validity)
    for (int64_t i = 0; i < n; ++i) {
      int64_t bit = r.first_bit + (first + i) * r.bit_step;
      keep[i] &= r.validity[bit / 8] >> (bit % 8);
    }
  if (r.omit_nan)
    for (int64_t i = 0; i < n; ++i) keep[i] &= x[i] == x[i];
  for (int64_t i = 0; i < n; ++i) kept += keep[i];
  return kept;
}

// The rows that count, one after another, without a branch for each; returns how many. `room` may be where
// they already lie.
inline int64_t pack(const double* x, const uint8_t* keep, int64_t n, double* out) {
  int64_t kept = 0;
  for (int64_t i = 0; i < n; ++i) {
    out[kept] = x[i];
    kept += keep[i];
  }
  return kept;
}

// Those of rows first .. first + n - 1 that count; n is at most block_rows.
inline block load_counted(const thetahat_rows& r, int64_t first, int64_t n, buffers& room) {
  block b = load_block(r, first, n, room);
  if (!filtered(r)) return b;
  uint8_t keep[block_rows];
  int64_t kept = counted(r, first, n, b.x, keep);
  if (kept == n) return b;
  pack(b.x, keep, n, room.x);
  if (b.w) pack(b.w, keep, n, room.w);
  return {room.x, b.w ? room.w : nullptr, kept};
}

// Calls visit(block) for rows first .. first + n - 1, block after block.
template <class Visit>
inline void each_block(const thetahat_rows& r, int64_t first, int64_t n, Visit visit) {
  aligned_buffers room;
  for (int64_t start = first; start < first + n; start += block_rows) {
    int64_t size = first + n - start < block_rows ? first + n - start : block_rows;
    visit(start, load_block(r, start, size, room));
  }
}

// Copies those of rows first .. first + n - 1 that count, and their weights where there are any; returns how
// many.
inline int64_t copy_counted(const thetahat_rows* r, int64_t first, int64_t n, double* out, double* weights) {
  aligned_buffers room;
  int64_t kept = 0;
  for (int64_t start = first; start < first + n; start += block_rows) {
    int64_t size = first + n - start < block_rows ? first + n - start : block_rows;
    block b = load_counted(*r, start, size, room);
    memcpy(out + kept, b.x, b.n * sizeof(double));
    if (b.w) memcpy(weights + kept, b.w, b.n * sizeof(double));
    kept += b.n;
  }
  return kept;
}

// Of rows first .. first + n - 1, how many count, have weight, and are bad; *at becomes the first one's
// index.
template <class Bad>
int64_t count_bad(const thetahat_rows& r, int64_t first, int64_t n, int64_t* at, Bad bad) {
  int64_t count = 0;
  each_block(r, first, n, [&](int64_t start, const block& b) {
    for (int64_t i = 0; i < b.n; ++i)
      if (bad(b.x[i]) && counts(r, start + i, b.x[i]) && !(b.w && b.w[i] == 0))
        if (count++ == 0) *at = start + i;
  });
  return count;
}

inline int64_t count_not_finite(const thetahat_rows* r, int64_t first, int64_t n, int64_t* at) {
  return count_bad(*r, first, n, at, [](double x) { return x - x != 0; });
}

// Weights that are negative, NaN or infinite.
inline int64_t count_no_weight(const thetahat_rows* r, int64_t first, int64_t n, int64_t* at) {
  return count_bad(*r, first, n, at, [](double w) { return !(w >= 0 && w - w == 0); });
}

template <class T>
int64_t count_beyond_2_53(const thetahat_rows& r, int64_t first, int64_t n, int64_t* at) {
  constexpr T most = T{1} << 53, least = T(0) > T(-1) ? -most : 0;
  auto value = [&](int64_t i) {
    const char* p = r.data + i * r.step;
    return r.swapped ? read_swapped<T>(p) : read<T>(p);
  };
  bool beyond = false;  // nearly always none is, and this loop is all
  for (int64_t i = first; i < first + n; ++i) {
    T v = value(i);
    beyond |= (v > most) | (v < least);
  }
  int64_t count = 0;
  for (int64_t i = first; beyond && i < first + n; ++i)
    if ((value(i) > most || value(i) < least) && counts(r, i, 0) && count++ == 0) *at = i;
  return count;
}

// Of rows first .. first + n - 1, the integers that count and that no double equals for sure.
inline int64_t count_inexact(const thetahat_rows* r, int64_t first, int64_t n, int64_t* at) {
  if (r->type == thetahat_int64) return count_beyond_2_53<int64_t>(*r, first, n, at);
  if (r->type == thetahat_uint64) return count_beyond_2_53<uint64_t>(*r, first, n, at);
  return 0;
}

}  // namespace thetahat::THETAHAT_ISA
