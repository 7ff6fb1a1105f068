// From rows as they lie in memory to blocks of doubles: contiguous doubles in place, any other type, step or
// byte order through a buffer of one block. Families see doubles and nothing else.
#pragma once
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

template <class T>
inline T read_swapped(const char* p) {
  char bytes[sizeof(T)];
  for (size_t i = 0; i < sizeof(T); ++i) bytes[i] = p[sizeof(T) - 1 - i];
  return read<T>(bytes);
}

template <class T>
void convert(const char* p, int64_t step, bool swapped, int64_t n, double* out) {
  if (swapped)
    for (int64_t i = 0; i < n; ++i) out[i] = double(read_swapped<T>(p + i * step));
  else if (step == int64_t(sizeof(T)))
    for (int64_t i = 0; i < n; ++i) out[i] = double(read<T>(p + i * int64_t(sizeof(T))));
  else
    for (int64_t i = 0; i < n; ++i) out[i] = double(read<T>(p + i * step));
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

// Whether row i counts, by NumPy's mask (a byte per row, not zero: left out) or Arrow's validity (a bit per
// row, one: counts).
inline bool counts(const thetahat_rows& r, int64_t i) {
  if (r.mask && r.mask[i * r.mask_step]) return false;
  int64_t bit = r.first_bit + i;
  return !r.validity || (r.validity[bit / 8] >> (bit % 8) & 1);
}

inline bool filtered(const thetahat_rows& r) { return r.mask || r.validity || r.omit_nan; }

// The rows that count, one after another; returns how many. At most block_rows are looked at.
inline int64_t load_counted(const thetahat_rows& r, int64_t first, int64_t n, double* out) {
  double buffer[block_rows];
  const double* x = load_rows(r, first, n, buffer);
  int64_t kept = 0;
  for (int64_t i = 0; i < n; ++i)
    if (counts(r, first + i) && !(r.omit_nan && x[i] != x[i])) out[kept++] = x[i];
  return kept;
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
    if ((value(i) > most || value(i) < least) && counts(r, i) && count++ == 0) *at = i;
  return count;
}

// Of rows first .. first + n - 1, the integers that count and that no double equals for sure.
inline int64_t count_inexact(const thetahat_rows* r, int64_t first, int64_t n, int64_t* at) {
  if (r->type == thetahat_int64) return count_beyond_2_53<int64_t>(*r, first, n, at);
  if (r->type == thetahat_uint64) return count_beyond_2_53<uint64_t>(*r, first, n, at);
  return 0;
}

// Copies those of rows first .. first + n - 1 that count; returns how many.
inline int64_t copy_counted(const thetahat_rows* r, int64_t first, int64_t n, double* out) {
  int64_t kept = 0;
  for (int64_t start = first; start < first + n; start += block_rows) {
    int64_t size = first + n - start < block_rows ? first + n - start : block_rows;
    kept += load_counted(*r, start, size, out + kept);
  }
  return kept;
}

// Of rows first .. first + n - 1, those that count and are not finite; *at becomes the first one's index.
inline int64_t count_not_finite(const thetahat_rows* rows, int64_t first, int64_t n, int64_t* at) {
  const thetahat_rows& r = *rows;
  double buffer[block_rows];
  int64_t count = 0;
  for (int64_t start = first; start < first + n; start += block_rows) {
    int64_t size = first + n - start < block_rows ? first + n - start : block_rows;
    const double* x = load_rows(r, start, size, buffer);
    for (int64_t i = 0; i < size; ++i)
      if (x[i] - x[i] != 0 && counts(r, start + i) && !(r.omit_nan && x[i] != x[i]))
        if (count++ == 0) *at = start + i;
  }
  return count;
}

}  // namespace thetahat::THETAHAT_ISA
