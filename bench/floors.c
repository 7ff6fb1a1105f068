/* The floors that speed is measured against: what a loop costs when it does nothing but what it cannot avoid.
 * Compiled for this machine alone (-O3 -march=native), unlike anything in the library. */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef double vec __attribute__((vector_size(64)));
typedef int64_t longs __attribute__((vector_size(64)));
typedef float floats __attribute__((vector_size(32)));
typedef int8_t bytes __attribute__((vector_size(8)));

typedef const void* rows;

static inline vec doubles(rows x, int64_t i) {
  vec v;
  memcpy(&v, (const double*)x + i, sizeof v);
  return v;
}

typedef double adder(rows x, rows beside, int64_t i, int64_t n);

/* OpenMP keeps the second thread awake from call to call. */
static double on_two_threads(adder add, rows x, rows beside, int64_t n) {
  double s = 0;
#pragma omp parallel for num_threads(2) reduction(+ : s)
  for (int half = 0; half < 2; ++half) s += add(x, beside, half ? n / 2 : 0, half ? n : n / 2);
  return s;
}

/* Memory: read every row once, with what lies beside it, its weight or its mask, and add it up. */
#define FLOORS(kind)                                                                                 \
  double read_and_add_##kind(rows x, rows beside, int64_t n) { return add_##kind(x, beside, 0, n); } \
  double read_and_add_##kind##_on_two_threads(rows x, rows beside, int64_t n) {                      \
    return on_two_threads(add_##kind, x, beside, n);                                                 \
  }

/* From `eight`, eight rows at i, and `one`. */
#define FLOORS_FROM(kind, eight, one)                                   \
  static double add_##kind(rows x, rows beside, int64_t i, int64_t n) { \
    vec a[4] = {{0}};                                                   \
    for (; i + 32 <= n; i += 32)                                        \
      for (int r = 0; r < 4; ++r) a[r] += eight(x, beside, i + 8 * r);  \
    double s = 0;                                                       \
    for (; i < n; ++i) s += one(x, beside, i);                          \
    a[0] += a[1] + a[2] + a[3];                                         \
    for (int k = 0; k < 8; ++k) s += a[0][k];                           \
    return s;                                                           \
  }                                                                     \
  FLOORS(kind)

static inline vec eight_doubles(rows x, rows beside, int64_t i) { return doubles(x, i); }
static inline double one_double(rows x, rows beside, int64_t i) { return ((const double*)x)[i]; }
FLOORS_FROM(float64, eight_doubles, one_double)

static inline vec eight_floats(rows x, rows beside, int64_t i) {
  floats v;
  memcpy(&v, (const float*)x + i, sizeof v);
  return __builtin_convertvector(v, vec);
}
static inline double one_float(rows x, rows beside, int64_t i) { return ((const float*)x)[i]; }
FLOORS_FROM(float32, eight_floats, one_float)

static inline vec eight_apart(rows x, rows beside, int64_t i) {
  return __builtin_shuffle(doubles(x, 2 * i), doubles(x, 2 * i + 8), (longs){0, 2, 4, 6, 8, 10, 12, 14});
}
static inline double one_apart(rows x, rows beside, int64_t i) { return ((const double*)x)[2 * i]; }
FLOORS_FROM(strided, eight_apart, one_apart)

static inline vec eight_weighted(rows x, rows weights, int64_t i) {
  return doubles(x, i) * doubles(weights, i);
}
static inline double one_weighted(rows x, rows weights, int64_t i) {
  return ((const double*)x)[i] * ((const double*)weights)[i];
}
FLOORS_FROM(weighted, eight_weighted, one_weighted)

static inline vec eight_unmasked(rows x, rows mask, int64_t i) {
  bytes m;
  memcpy(&m, (const int8_t*)mask + i, sizeof m);
  return (vec)((longs)doubles(x, i) & __builtin_convertvector(m == 0, longs));
}
static inline double one_unmasked(rows x, rows mask, int64_t i) {
  return ((const int8_t*)mask)[i] ? 0 : ((const double*)x)[i];
}
FLOORS_FROM(masked, eight_unmasked, one_unmasked)

/* Integers as integers: 2^15 of these cannot leave 32 bits. */
static double add_int16(rows x, rows beside, int64_t i, int64_t n) {
  const int16_t* v = x;
  int64_t s = 0;
  while (i < n) {
    int64_t stop = i + 32768 < n ? i + 32768 : n;
    int32_t part = 0;
    for (; i < stop; ++i) part += v[i];
    s += part;
  }
  return (double)s;
}
FLOORS(int16)

/* Latency: stochastic ascent on Normal(mu, sigma) as its formulas stand, rows in their order, every
 * multiply-and-add fused: subtract, divide, multiply, fma, fma from one sigma to the next. */
#define CHAIN(name)                                                                   \
  void name(const double* x, int64_t n, int64_t epochs, double rate, double* theta) { \
    double mu = theta[0], sigma = theta[1];                                           \
    for (int64_t e = 0; e < epochs; ++e)                                              \
      for (int64_t i = 0; i < n; ++i) {                                               \
        double d = x[i] - mu, q = 1.0 / sigma, z = d / sigma;                         \
        mu = fma(rate, z * q, mu);                                                    \
        sigma = fma(rate, fma(z * z, q, -q), sigma);                                  \
      }                                                                               \
    theta[0] = mu, theta[1] = sigma;                                                  \
  }

CHAIN(normal_chain)

/* The same where the compiler may not pack both parameters into one register, which lengthens the chain. */
#ifdef __clang__
CHAIN(scalar_normal_chain)
#else
__attribute__((optimize("no-tree-slp-vectorize"))) CHAIN(scalar_normal_chain)
#endif
