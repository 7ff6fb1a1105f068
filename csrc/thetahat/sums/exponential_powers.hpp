// Sums of w y^j, j = 0 .. 4, over rows of weight w = exp(a y + b): the first three give the score and the
// information, and all five extrapolate these three to a and b near by.
#pragma once
#include "thetahat/sums/terms.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int n_powers = 5;

// Of a Gumbel variable: scale / standard deviation = sqrt(6) / pi, and (mean - mode) / scale, Euler's
// constant.
constexpr double gumbel_scale = 0.7796968012336761, euler = 0.5772156649015329;

template <class V>
THETAHAT_INLINE void exponential_powers(V y, V w, V* t) {
  t[0] = w;
  for (int j = 1; j < n_powers; ++j) t[j] = y * t[j - 1];
}

// Whether a mean weight is one: exponentials that would be less, or more, are held at the ends.
inline bool middling(double weight) { return 1e-290 < weight && weight < 1e290; }

// By what factor the scale is to grow, where few rows of weight w so far outweigh n others that the score is
// theirs alone: they lie `distance` scales from the mean and log(n / w) from where the location is best for
// them. Where they lie as far from the others, the weights are equal. 1 where they do not outweigh them.
inline double far_growth(double distance, double log_weight, double variance) {
  if (!(distance > 3 && variance < distance)) return 1.0;
  const double growth = distance / (log_weight > 1 ? log_weight : 1.0);
  return growth > 2 ? growth : 1.0;
}

// The first three of y' = c y + d and w' = f exp(h y) w, by the series of exp(h y); false where that is too
// short.
inline bool shift_powers(const double_double* powers, double c, double d, double f, double h,
                         double_double* shifted) {
  double sum[3];
  for (int j = 0; j < 3; ++j) {
    double term = 1.0;  // h^k / k!
    sum[j] = powers[j].hi;
    for (int k = 1; j + k < n_powers; ++k) sum[j] += (term *= h / k) * powers[j + k].hi;
    if (!(fabs(term * powers[n_powers - 1].hi) < 1e-3 * fabs(sum[0]))) return false;
  }
  shifted[0] = {f * sum[0], 0.0};
  shifted[1] = {f * (c * sum[1] + d * sum[0]), 0.0};
  shifted[2] = {f * (c * c * sum[2] + 2 * c * d * sum[1] + d * d * sum[0]), 0.0};
  return true;
}

}  // namespace thetahat::THETAHAT_ISA
