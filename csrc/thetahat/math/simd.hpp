// Registers of doubles, and the few bit tricks the functions of floor 0 need.
//
// A formula is a template over V: one double, or one register of native width. Both give the same bits lane
// by lane, since only +, -, *, / and sqrt of IEEE 754 are used and contraction is off. Every pass works on
// 16 lanes whatever the width is, so the order of additions does not depend on the instruction set.
#pragma once
#include <float.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "thetahat needs IEEE arithmetic: build it without the fast-math option"
#endif
static_assert(FLT_EVAL_METHOD == 0, "thetahat needs doubles that are no wider in registers (-mfpmath=sse)");

#ifdef __GNUC__
#define THETAHAT_NOINLINE __attribute__((noinline))
#define THETAHAT_INLINED __attribute__((always_inline))  // of a lambda
#define THETAHAT_INLINE THETAHAT_INLINED inline
#define THETAHAT_COLD __attribute__((cold))  // compiled to be small, not quick
#else
#define THETAHAT_NOINLINE
#define THETAHAT_INLINED
#define THETAHAT_INLINE inline
#define THETAHAT_COLD
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
inline quad load_quad(const double* x) {
  quad v;
  memcpy(&v, x, sizeof v);
  return v;
}
inline void store(double* x, vec v) { memcpy(x, &v, sizeof v); }

inline vec broadcast(double c) {
#if THETAHAT_WIDTH > 1
  vec v;
  for (int i = 0; i < width; ++i) v[i] = c;
  return v;
#else
  return c;
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

// Whether the sign bit is set in what f makes of the bits of some x.
template <class F>
inline bool any_sign(const double* x, int64_t n, F f) {
  vec_bits some = {};
  uint64_t lane[width], any = 0;
  int64_t i = 0;
  for (; i + width <= n; i += width) some |= f(to_bits(load(x + i)));
  memcpy(lane, &some, sizeof lane);
  for (uint64_t bits : lane) any |= bits;
  for (; i < n; ++i) any |= f(to_bits(x[i]));
  return any >> 63 != 0;
}

// The sum of 16 lanes, always in this order.
inline double sum_lanes(double* lane) {
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lane[i] += lane[i + half];
  return lane[0];
}

}  // namespace thetahat::THETAHAT_ISA
