// From sums to log-likelihood, score, information and its inverse: the same cost for 10 rows or 10^10.
#pragma once
#include <math.h>
#include "thetahat/api.h"
#include "thetahat/math/exp_log.hpp"

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

// Sums may be held in units of 2^exponent; the family's formulas then see parameters in the same units.
template <class Family>
struct units {
  double exponent;
  double scale(double value, int power) const { return ldexp(value, int(exponent) * power); }
  void into(const double* theta, double* scaled) const {
    for (int j = 0; j < Family::n_params; ++j) scaled[j] = scale(theta[j], -Family::dimension[j]);
  }
  void out_of(const double* scaled, double* theta) const {
    for (int j = 0; j < Family::n_params; ++j) theta[j] = scale(scaled[j], Family::dimension[j]);
  }
};

template <class Family>
bool maximum(const typename Family::sums& s, double* theta) {
  double scaled[Family::n_params];
  if (!Family::maximum(s, scaled)) return false;
  units<Family>{s.exponent}.out_of(scaled, theta);
  return true;
}

template <class Family>
void evaluate(const typename Family::sums& s, const double* theta, thetahat_values* v) {
  constexpr int p = Family::n_params;
  constexpr const int* dimension = Family::dimension;
  const units<Family> unit{s.exponent};
  double scaled[p], score[p], step[p];
  unit.into(theta, scaled);
  const Family family(scaled);

  v->log_likelihood = family.log_likelihood(s) - s.n * s.exponent * (ln2_hi + ln2_lo);
  family.score(s, score);
  family.information(s, v->information);
  v->concave = invert<p>(v->information, v->covariance);
  v->decrement = v->concave ? 0.0 : NAN;
  for (int i = 0; i < p; ++i) {
    step[i] = 0.0;
    for (int j = 0; j < p; ++j) step[i] += v->covariance[i * p + j] * score[j];
    v->decrement += score[i] * step[i];
    v->standard_error[i] = v->concave ? unit.scale(sqrt(v->covariance[i * p + i]), dimension[i]) : NAN;
    v->score[i] = unit.scale(score[i], -dimension[i]);
  }
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j) {
      int power = dimension[i] + dimension[j];
      v->information[i * p + j] = unit.scale(v->information[i * p + j], -power);
      v->covariance[i * p + j] = v->concave ? unit.scale(v->covariance[i * p + j], power) : NAN;
    }
}

}  // namespace thetahat::THETAHAT_ISA
