// From sums to log-likelihood, score, information and its inverse: the same cost for 10 rows or 10^10.
#pragma once
#include <math.h>
#include <string.h>
#include "thetahat/api.h"
#include "thetahat/engine/pass.hpp"

namespace thetahat::THETAHAT_ISA {

// C = J^-1 by the Cholesky factor J = R R'; false where J is not positive definite.
template <int p>
inline bool invert(const double* J, double* C) {
  double R[p][p], Q[p][p] = {};  // Q = R^-1
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

// value * scale^power; power may be negative.
inline double times_power(double value, double scale, int power) {
  for (; power > 0; --power) value *= scale;
  for (; power < 0; ++power) value /= scale;
  return value;
}

// Families give score and information in units of their scale, which neither overflow nor underflow.
// The covariance is that of the parameters that are not held: rows and columns of the others are zero.
template <class Family>
struct at_theta {
  static constexpr int p = Family::n_params;
  double score[p], rest[p];  // rest: of the score, what a maximum must not leave
  double information[p * p], covariance[p * p] = {};
  bool concave;

  THETAHAT_COLD at_theta(const Family& family, const typename sums_pass<Family>::sums& s,
                         const int* held = nullptr) {
    family.score(s, score);
    family.information(s, information);
    bool any = false;
    for (int j = 0; held && j < p; ++j) any |= held[j] != 0;
    if constexpr (has_peak<Family>) {
      concave = family.covariance(s, covariance);
      for (int i = 0; any && i < p * p; ++i)
        if (held[i / p] || held[i % p]) covariance[i] = 0.0;
      family.residual(s, rest);
      return;
    }
    for (int j = 0; j < p; ++j) rest[j] = score[j];
    if (any)
      concave = invert_free(held);
    else if constexpr (has_covariance<Family>)
      concave = family.covariance(s, covariance);
    else
      concave = invert<p>(information, covariance);
  }
  double decrement() const {
    double L = concave ? 0.0 : NAN;
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) L += rest[i] * covariance[i * p + j] * rest[j];
    return L;
  }

 private:
  bool invert_free(const int* held) {
    double J[p * p];
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) J[i * p + j] = held[i] || held[j] ? double(i == j) : information[i * p + j];
    const bool done = invert<p>(J, covariance);
    for (int j = 0; j < p; ++j)
      if (held[j]) covariance[j * p + j] = 0.0;
    return done;
  }
};

// C M C, M given by its lower triangle.
template <int p>
inline void sandwich(const double_double* triangle, double* C) {
  double M[p * p], CM[p * p];
  for (int i = 0; i < p; ++i)
    for (int j = 0; j <= i; ++j) M[i * p + j] = M[j * p + i] = (triangle++)->hi;
  auto product = [](const double* A, const double* B, double* out) {
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) {
        out[i * p + j] = 0.0;
        for (int k = 0; k < p; ++k) out[i * p + j] += A[i * p + k] * B[k * p + j];
      }
  };
  double inner[p * p];
  product(C, M, CM);
  product(CM, C, inner);
  memcpy(C, inner, sizeof inner);
}

template <class Family>
THETAHAT_COLD void evaluate(const typename sums_pass<Family>::sums& s,
                            const typename products_pass<Family>::sums* products, const double* theta,
                            const int* held, thetahat_values* v) {
  constexpr int p = Family::n_params;
  constexpr const int* dimension = Family::dimension;
  const Family family(theta);
  const double scale = family.scale();
  at_theta<Family> at(family, s, held);

  v->log_likelihood = family.log_likelihood(s);
  v->decrement = at.decrement();
  if (products) sandwich<p>(products->sum, at.covariance);
  for (int i = 0; i < p; ++i) {
    for (int j = 0; j < p; ++j) {
      int at_ij = i * p + j, power = dimension[i] + dimension[j];
      v->information[at_ij] = times_power(at.information[at_ij], scale, -power);
      v->covariance[at_ij] = at.concave ? times_power(at.covariance[at_ij], scale, power) : NAN;
    }
    double variance = at.covariance[i * p + i];
    v->standard_error[i] = at.concave ? times_power(sqrt(variance), scale, dimension[i]) : NAN;
    v->score[i] = times_power(at.score[i], scale, -dimension[i]);
  }
}

}  // namespace thetahat::THETAHAT_ISA
