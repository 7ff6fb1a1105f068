/* The floors that speed is measured against: what a loop costs when it does nothing but what it cannot avoid.
 * Compiled for this machine alone (-O3 -march=native), unlike anything in the library. */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef double vec __attribute__((vector_size(64)));

/* Memory: read every double once and add it up. */
double read_and_add(const double* x, int64_t n) {
  vec a[4] = {{0}}, v;
  int64_t i = 0;
  for (; i + 32 <= n; i += 32)
    for (int r = 0; r < 4; ++r) {
      memcpy(&v, x + i + 8 * r, sizeof v);
      a[r] += v;
    }
  double s = 0;
  for (; i < n; ++i) s += x[i];
  a[0] += a[1] + a[2] + a[3];
  for (int k = 0; k < 8; ++k) s += a[0][k];
  return s;
}

/* The same on two threads; OpenMP keeps the second one awake from call to call. */
double read_and_add_on_two_threads(const double* x, int64_t n) {
  double s = 0;
#pragma omp parallel for num_threads(2) reduction(+ : s)
  for (int half = 0; half < 2; ++half) s += read_and_add(x + half * (n / 2), half ? n - n / 2 : n / 2);
  return s;
}

/* Latency: stochastic ascent on Normal(mu, sigma) as its formulas stand, rows in their order, every
 * multiply-and-add fused: subtract, divide, multiply, fma, fma from one sigma to the next. */
void normal_chain(const double* x, int64_t n, int64_t epochs, double rate, double* theta) {
  double mu = theta[0], sigma = theta[1];
  for (int64_t e = 0; e < epochs; ++e)
    for (int64_t i = 0; i < n; ++i) {
      double d = x[i] - mu, q = 1.0 / sigma, z = d / sigma;
      mu = fma(rate, z * q, mu);
      sigma = fma(rate, fma(z * z, q, -q), sigma);
    }
  theta[0] = mu, theta[1] = sigma;
}
