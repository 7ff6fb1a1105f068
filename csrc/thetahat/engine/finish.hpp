// From sums to log-likelihood, score, information and its inverse: the same cost for 10 rows or 10^10.
#pragma once
#include <math.h>
#include "thetahat/api.h"

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
template <class Family>
void evaluate(const typename Family::sums& s, const double* theta, thetahat_values* v) {
  constexpr int p = Family::n_params;
  constexpr const int* dimension = Family::dimension;
  const Family family(theta);
  const double scale = family.scale();
  double score[p], J[p * p], C[p * p] = {};

  v->log_likelihood = family.log_likelihood(s);
  family.score(s, score);
  family.information(s, J);
  const bool concave = invert<p>(J, C);
  v->decrement = concave ? 0.0 : NAN;
  for (int i = 0; i < p; ++i) {
    for (int j = 0; j < p; ++j) {
      int power = dimension[i] + dimension[j];
      v->decrement += score[i] * C[i * p + j] * score[j];
      v->information[i * p + j] = times_power(J[i * p + j], scale, -power);
      v->covariance[i * p + j] = concave ? times_power(C[i * p + j], scale, power) : NAN;
    }
    v->standard_error[i] = concave ? times_power(sqrt(C[i * p + i]), scale, dimension[i]) : NAN;
    v->score[i] = times_power(score[i], scale, -dimension[i]);
  }
}

}  // namespace thetahat::THETAHAT_ISA
