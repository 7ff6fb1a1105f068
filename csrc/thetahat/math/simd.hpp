// Registers of doubles, and the few bit tricks the functions of floor 0 need.
//
// A formula is a template over V: one double, or one register of native width. Both give the same bits lane
// by lane, since only +, -, *, / and sqrt of IEEE 754 are used and contraction is off. Every pass works on
// 16 lanes whatever the width is, so the order of additions does not depend on the instruction set.
#pragma once
#include <float.h>
#include <stdint.h>
#include <string.h>
#if THETAHAT_WIDTH >= 4
#include <immintrin.h>
#elif THETAHAT_WIDTH == 2 && defined(__SSE2__)
#include <emmintrin.h>
#endif

#ifdef __FAST_MATH__
#error "thetahat needs IEEE arithmetic: build it without the fast-math option"
#endif
static_assert(FLT_EVAL_METHOD == 0, "thetahat needs doubles that are no wider in registers (-mfpmath=sse)");

#ifdef __GNUC__
#define THETAHAT_NOINLINE __attribute__((noinline))
#define THETAHAT_INLINED __attribute__((always_inline))  // of a lambda
#define THETAHAT_INLINE THETAHAT_INLINED inline
#define THETAHAT_COLD __attribute__((cold))  // compiled to be small, not quick
#define THETAHAT_PURE __attribute__((pure))  // called once for the same arguments
#else
#define THETAHAT_NOINLINE
#define THETAHAT_INLINED
#define THETAHAT_INLINE inline
#define THETAHAT_COLD
#define THETAHAT_PURE
#endif

// Before a loop over a family's terms: as a loop, with each of them in memory, it would take twice as long.
#if defined(__GNUC__) && !defined(__clang__)
#define THETAHAT_UNROLLED _Pragma("GCC unroll 32")
#else
#define THETAHAT_UNROLLED
#endif

namespace thetahat::THETAHAT_ISA {

constexpr int width = THETAHAT_WIDTH;  // doubles in one register
constexpr int lanes = 16;              // doubles in one step of a pass, at every level
constexpr int registers = lanes / width;

#if THETAHAT_WIDTH > 1
typedef double vec __attribute__((vector_size(8 * THETAHAT_WIDTH)));
typedef uint64_t vec_bits __attribute__((vector_size(8 * THETAHAT_WIDTH)));

inline vec_bits to_bits(vec v) { return (vec_bits)v; }
inline vec from_bits(vec_bits b) { return (vec)b; }
#else
using vec = double;  // a compiler without vector types
using vec_bits = uint64_t;
#endif

#if THETAHAT_WIDTH > 1
typedef double pair __attribute__((vector_size(16)));
#endif

// Four lanes at any level, for sums too short for 16.
#if THETAHAT_WIDTH >= 4
typedef double quad __attribute__((vector_size(32)));
#else
struct quad {
  static constexpr int parts = 4 / width;
  vec part[parts];

  double operator[](int i) const {
    double lane[4];
    memcpy(lane, part, sizeof lane);
    return lane[i];
  }
  friend quad operator*(quad a, quad b) {
    for (int i = 0; i < parts; ++i) a.part[i] *= b.part[i];
    return a;
  }
  friend quad operator*(quad a, double c) {
    for (vec& v : a.part) v *= c;
    return a;
  }
  friend quad operator-(quad a, double c) {
    for (vec& v : a.part) v -= c;
    return a;
  }
  void operator+=(quad b) {
    for (int i = 0; i < parts; ++i) part[i] += b.part[i];
  }
};
#endif

inline uint64_t to_bits(double v) {
  uint64_t b;
  memcpy(&b, &v, sizeof b);
  return b;
}
inline double from_bits(uint64_t b) {
  double v;
  memcpy(&v, &b, sizeof v);
  return v;
}

// One load into a register: left to itself, gcc loads a number again for its use as bits, and from rows that
// lie across cache lines each load costs two.
inline vec load(const double* x) {
  vec v;
  memcpy(&v, x, sizeof v);
#if defined(__GNUC__) && defined(__x86_64__)
  __asm__("" : "+v"(v));
#endif
  return v;
}
// Floats as doubles, which changes no value.
inline vec load(const float* x) {
#if THETAHAT_WIDTH > 1
  typedef float floats __attribute__((vector_size(4 * THETAHAT_WIDTH)));
  floats v;
  memcpy(&v, x, sizeof v);
  return __builtin_convertvector(v, vec);
#else
  return *x;
#endif
}

// How far ahead of the rows that a loop computes it asks for others: a processor alone looks ahead by some
// hundred instructions, which with much arithmetic for each row are too few rows to keep memory busy. A
// narrow instruction set computes fewer rows in the time that one takes to arrive.
constexpr int bytes_ahead = width < 4 ? 768 : 1536;

// Asks for the line of memory that lies `bytes` beyond x; it need not exist.
inline void prefetch([[maybe_unused]] const void* x, [[maybe_unused]] int64_t bytes) {
#ifdef __GNUC__
  __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(x) + uintptr_t(bytes)));
#endif
}

// Asks for so many bytes of rows, those that lie bytes_ahead beyond x.
template <int bytes, class T>
THETAHAT_INLINE void prefetch_ahead(const T* x) {
  for (int i = 0; i < bytes; i += 64) prefetch(x, bytes_ahead + i);
}

inline quad load_quad(const double* x) {
  quad v;
  memcpy(&v, x, sizeof v);
  return v;
}
inline void store(double* x, vec v) { memcpy(x, &v, sizeof v); }

inline vec broadcast(double c) { return c - vec{}; }

// Which lanes of a register have a number below n: a comparison.
inline auto lanes_below(int64_t n) {
#if THETAHAT_WIDTH > 1
  vec number;
  for (int i = 0; i < width; ++i) number[i] = i;
  return number < broadcast(double(n));
#else
  return 0 < n;
#endif
}

// The first n of a register's rows at x, all where it is more; `rest` in the other lanes. Nothing else is
// read.
inline vec load_first(const double* x, int64_t n, double rest) {
#if THETAHAT_WIDTH == 8
  const unsigned used = n <= 0 ? 0 : n < width ? (1u << n) - 1 : 255;
  return (vec)_mm512_mask_loadu_pd((__m512d)broadcast(rest), __mmask8(used), x);
#elif THETAHAT_WIDTH == 4
  const auto used = lanes_below(n);
  return used ? (vec)_mm256_maskload_pd(x, (__m256i)used) : broadcast(rest);
#else
  if (n >= width) return load(x);
  double row[width];
  for (int i = 0; i < width; ++i) row[i] = i < n ? x[i] : rest;
  return load(row);
#endif
}

// The number c in every lane of V.
template <class V>
inline V splat(double c) {
  return V{} + c;
}

// a where the comparison m holds, b elsewhere.
template <class M, class V>
inline V select(M m, V a, V b) {
  return m ? a : b;
}

// x, or c where that is larger or x is NaN: what a processor has one instruction for.
inline double at_least(double x, double c) { return x > c ? x : c; }
#if THETAHAT_WIDTH > 1
inline vec at_least(vec x, double c) {
#if THETAHAT_WIDTH == 8
  return (vec)_mm512_maskz_max_pd(255, (__m512d)x, (__m512d)broadcast(c));  // gcc 12 warns of the plain one
#elif THETAHAT_WIDTH == 4
  return (vec)_mm256_max_pd((__m256d)x, (__m256d)broadcast(c));
#elif defined(__SSE2__)
  return (vec)_mm_max_pd((__m128d)x, (__m128d)broadcast(c));
#else
  return select(x > c, x, broadcast(c));
#endif
}
#endif

// |x|, by clearing the sign.
template <class V>
inline V abs(V x) {
  return from_bits(to_bits(x) & ~(1ULL << 63));
}

inline bool any(bool m) { return m; }
#if THETAHAT_WIDTH > 1
// Whether the comparison m holds in some lane.
template <class M>
inline bool any(M m) {
  auto some = m[0];
  for (int i = 1; i < width; ++i) some |= m[i];
  return some != 0;
}
#endif

// Whether the sign bit is set in some lane.
inline bool sign_of_any(vec_bits bits) {
  uint64_t lane[width], some = 0;
  memcpy(lane, &bits, sizeof lane);
  for (uint64_t b : lane) some |= b;
  return some >> 63 != 0;
}

// Whether the sign bit is set in what f makes of the bits of some x.
template <class F>
inline bool any_sign(const double* x, int64_t n, F f) {
  vec_bits some = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    prefetch_ahead<lanes * sizeof(double)>(x + i);
    for (int r = 0; r < registers; ++r) some |= f(to_bits(load(x + i + r * width)));
  }
  for (; i < n; i += width) some |= f(to_bits(load_first(x + i, n - i, x[0])));
  return sign_of_any(some);
}

// ---- Sums of lanes, always in this order: lanes i and i + half, half = 8, 4, 2, 1. ----

template <class Half>
struct halves {
  Half low, high;
};

#if THETAHAT_WIDTH > 1
template <class Half, class V>
THETAHAT_INLINE halves<Half> split_into(V v) {
  halves<Half> h;
  memcpy(&h, &v, sizeof h);
  return h;
}
inline halves<double> split(pair v) { return {v[0], v[1]}; }
#endif
#if THETAHAT_WIDTH >= 4
inline halves<pair> split(quad v) { return split_into<pair>(v); }
#endif
#if THETAHAT_WIDTH == 8
inline halves<quad> split(vec v) { return split_into<quad>(v); }
#endif

// Whether T is one sum, no register of several.
template <class T>
constexpr bool is_single = false;
template <>
constexpr bool is_single<double> = true;

template <class T>
THETAHAT_INLINE auto add_halves(T sums) {
  if constexpr (is_single<T>) {
    return sums;
  } else {
    const auto h = split(sums);
    return add_halves(h.low + h.high);
  }
}

// Of neighbouring registers of lanes, a power of two of them; from and step: of every such register alone.
template <int n, int from = 0, int step = 1, class T>
THETAHAT_INLINE auto join_registers(const T (&r)[n]) {
  if constexpr (step == n)
    return r[from];
  else
    return join_registers<n, from, 2 * step>(r) + join_registers<n, from + step, 2 * step>(r);
}
template <int n, class T>
THETAHAT_INLINE auto sum_registers(const T (&r)[n]) {
  return add_halves(join_registers(r));
}

// Of 16 lanes.
inline double sum_lanes(const double* lane) {
  vec r[registers];
  for (int i = 0; i < registers; ++i) r[i] = load(lane + i * width);
  return sum_registers(r);
}

}  // namespace thetahat::THETAHAT_ISA
