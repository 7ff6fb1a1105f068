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

// Whether all exponents a y + b are so small, as where a scale is far above that of the rows, that sum w - n
// has lost digits: by the sums of w and of w (a y)^2.
inline bool small_exponents(double n, double w, double squares) {
  return squares < 0x1p-20 * n && w > 0.5 * n;
}

// Terms for sum_terms: w - 1 to its last digits, w = exp((y - centre) factor).
struct less_one_terms {
  double centre, factor;
  void terms(vec y, vec* t, vec*) const { t[0] = expm1((y - centre) * factor); }
};

// The sum of w of a block whose exponents are small.
inline double_double sum_near_one(double n, const less_one_terms& at, const block& b) {
  return double_double{n, 0.0} + sum_terms<1, 0>(at, b).sum[0];
}

}  // namespace thetahat::THETAHAT_ISA
