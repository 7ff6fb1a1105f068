// Matrices of a few parameters, p x p, by rows.
#pragma once
#include <math.h>
#include "thetahat/api.h"
#include "thetahat/math/simd.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int max_p = thetahat_max_params;

template <int value>
struct constant {
  constexpr operator int() const { return value; }
};

// Calls visit with p, as a constant of the compiler where it is that of most families: loops of one to three
// turns then cost no more than what is done in them. The functions below are inlined for that.
template <class Visit>
THETAHAT_INLINE void with_constant(int p, Visit visit) {
  switch (p) {
    case 1:
      return visit(constant<1>{});
    case 2:
      return visit(constant<2>{});
    case 3:
      return visit(constant<3>{});
    default:
      visit(p);
  }
}

// value * scale^power; power may be negative.
THETAHAT_INLINE double times_power(double value, double scale, int power) {
  for (; power > 0; --power) value *= scale;
  for (; power < 0; ++power) value /= scale;
  return value;
}

// C = J^-1 by the Cholesky factor J = R R'; false where J is not positive definite.
THETAHAT_INLINE bool invert(int p, const double* J, double* C) {
  double R[max_p][max_p], Q[max_p][max_p];  // Q = R^-1
  for (int i = 0; i < p; ++i)
    for (int j = 0; j <= i; ++j) {
      double s = J[i * p + j];
      for (int k = 0; k < j; ++k) s -= R[i][k] * R[j][k];
      if (i == j && !(s > 0 && s < HUGE_VAL)) return false;
      R[i][j] = i == j ? sqrt(s) : s / R[j][j];
    }
  for (int j = 0; j < p; ++j)
    for (int i = j; i < p; ++i) {
      double s = i == j ? 1.0 : 0.0;
      for (int k = j; k < i; ++k) s -= R[i][k] * Q[k][j];
      Q[i][j] = s / R[i][i];
    }
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j) {
      C[i * p + j] = 0.0;
      for (int k = i > j ? i : j; k < p; ++k) C[i * p + j] += Q[k][i] * Q[k][j];
    }
  return true;
}

inline bool any_fixed(int p, const int* fixed) {
  bool any = false;
  for (int j = 0; fixed && j < p; ++j) any |= fixed[j] != 0;
  return any;
}

// J with the rows and columns of fixed parameters those of the identity.
THETAHAT_INLINE void free_block(int p, const int* fixed, const double* J, double* free) {
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j)
      free[i * p + j] = fixed && (fixed[i] || fixed[j]) ? double(i == j) : J[i * p + j];
}

THETAHAT_INLINE void clear_fixed(int p, const int* fixed, double* C) {
  for (int i = 0; fixed && i < p * p; ++i)
    if (fixed[i / p] || fixed[i % p]) C[i] = 0.0;
}

// The inverse but for fixed parameters, whose rows and columns are zeros; false, and C as it was, where there
// is none. fixed may be NULL.
THETAHAT_INLINE bool invert_free(int p, const int* fixed, const double* J, double* C) {
  double free[max_p * max_p], inverse[max_p * max_p];
  free_block(p, fixed, J, free);
  if (!invert(p, free, inverse)) return false;
  clear_fixed(p, fixed, inverse);
  for (int i = 0; i < p * p; ++i) C[i] = inverse[i];
  return true;
}

// x' C y.
THETAHAT_INLINE double quadratic_form(int p, const double* x, const double* C, const double* y) {
  double sum = 0.0;
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j) sum += x[i] * C[i * p + j] * y[j];
  return sum;
}

// C M C; M is given by its lower triangle, each entry the first of two doubles.
inline void sandwich(int p, const double* triangle, double* C) {
  double M[max_p * max_p], CM[max_p * max_p], inner[max_p * max_p];
  for (int i = 0; i < p; ++i)
    for (int j = 0; j <= i; ++j, triangle += 2) M[i * p + j] = M[j * p + i] = *triangle;
  auto product = [p](const double* A, const double* B, double* out) {
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) {
        out[i * p + j] = 0.0;
        for (int k = 0; k < p; ++k) out[i * p + j] += A[i * p + k] * B[k * p + j];
      }
  };
  product(C, M, CM);
  product(CM, C, inner);
  for (int i = 0; i < p * p; ++i) C[i] = inner[i];
}

}  // namespace thetahat::THETAHAT_ISA
