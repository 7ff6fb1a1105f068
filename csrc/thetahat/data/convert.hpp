// From rows as they lie in memory to doubles: any type, step or byte order through a buffer of one block.
#pragma once
#include "thetahat/data/block.hpp"

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

// Integers beyond 2^53, which no double equals for sure, become infinite, which makes the sums non-finite;
// not NaN, which may be a row to leave out.
template <class T>
inline double to_double(T value) {
  return double(value);
}
inline double to_double(int64_t value) {
  constexpr uint64_t most = uint64_t{1} << 53;
  return uint64_t(value) + most <= 2 * most ? double(value) : INFINITY;
}
inline double to_double(uint64_t value) {
  return value <= uint64_t{1} << 53 ? double(int64_t(value)) : INFINITY;
}

// Contiguous rows, so many at a time that a compiler makes registers of them.
template <class T, class Read>
inline void convert_contiguous(const char* p, int64_t n, Read read, double* out) {
  constexpr int64_t size = sizeof(T), some = 64;
  int64_t i = 0;
  for (; i + some <= n; i += some) {
    prefetch_ahead<some * size>(p + i * size);
    for (int64_t j = i; j < i + some; ++j) out[j] = to_double(read(p + j * size));
  }
  for (; i < n; ++i) out[i] = to_double(read(p + i * size));
}
// Rows that lie apart: some at a time, and as many at least ahead, since each may be in a line of its own.
template <class Read>
inline void convert_apart(const char* p, int64_t step, int64_t n, Read read, double* out) {
  constexpr int64_t some = 16;
  const int64_t size = step < 0 ? -step : step, line = size < 64 ? 64 : size;
  const int64_t ahead = some * size < bytes_ahead ? bytes_ahead : some * size, sign = step < 0 ? -1 : 1;
  int64_t i = 0;
  for (; i + some <= n; i += some) {
    for (int64_t at = 0; at < some * size; at += line) prefetch(p + i * step, sign * (ahead + at));
    for (int64_t j = i; j < i + some; ++j) out[j] = to_double(read(p + j * step));
  }
  for (; i < n; ++i) out[i] = to_double(read(p + i * step));
}
template <class T, class Read>
inline void convert_by(const char* p, int64_t step, int64_t n, Read read, double* out) {
  if (step == int64_t(sizeof(T))) return convert_contiguous<T>(p, n, read, out);
  convert_apart(p, step, n, read, out);
}

template <class T>
void convert(const char* p, int64_t step, bool swapped, int64_t n, double* out) {
  if (swapped) return convert_by<T>(p, step, n, [](const char* at) { return read_swapped<T>(at); }, out);
  convert_by<T>(p, step, n, [](const char* at) { return read<T>(at); }, out);
}

// Rows from p on as doubles.
inline const double* convert_rows(const thetahat_rows* rows, const char* p, int64_t n, double* buffer) {
  const thetahat_rows& r = *rows;
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

// Whether each of some rows counts, 1 or 0: by NumPy's mask, by Arrow's validity, and by what is done with
// NaN; returns how many do. x may be NULL where NaN is not omitted.
inline int64_t mark_counted(const thetahat_rows* rows, int64_t first, int64_t n, const double* x,
                            uint8_t* keep) {
  const thetahat_rows& r = *rows;
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

// The rows that count, one after another, without a branch for each; returns how many. `out` may be x
// itself.
inline int64_t pack(const double* x, const uint8_t* keep, int64_t n, double* out) {
  int64_t kept = 0;
  for (int64_t i = 0; i < n; ++i) {
    out[kept] = x[i];
    kept += keep[i];
  }
  return kept;
}

}  // namespace thetahat::THETAHAT_ISA
