// Sums of w y^j, j = 0 .. 8, over rows of weight w = exp(a y + b): the first three give the score and the
// information, and all nine these three at other a and b.
#pragma once
#include "thetahat/sums/taylor_sums.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int n_powers = taylor_order + 1;

// Of a Gumbel variable: scale / standard deviation = sqrt(6) / pi, and (mean - mode) / scale, Euler's
// constant.
constexpr double gumbel_scale = 0.7796968012336761, euler = 0.5772156649015329;

// As many of them as there is room for.
template <int count, class V>
THETAHAT_INLINE void exponential_powers(V y, V w, V* t) {
  t[0] = w;
  THETAHAT_UNROLLED
  for (int j = 1; j < count; ++j) t[j] = y * t[j - 1];
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

// y' = c y + d, w' = f exp(h y) w, where w = exp(a y + b).
struct exponential_shift {
  double a, c, d, f, h;
};

// The first three of y' and w' by the series of exp(h y). Returns the error that its end leaves in the score,
// and rounding where y' is far from y, as a share of what both are per row; infinity where the series is too
// short for the rows that make most of the sums, whatever f.
inline double shift_powers(double n, const exponential_shift& to, double_double* powers) {
  double sum[3], term = 1.0;  // h^k / k!
  for (int j = 0; j < 3; ++j) sum[j] = powers[j].hi;
  for (int k = 1; k <= taylor_order; ++k) {
    term *= to.h / k;
    for (int j = 0; j < 3 && j + k < n_powers; ++j) sum[j] += term * powers[j + k].hi;
  }
  const double c = to.c, d = to.d, f = to.f;
  const double last = powers[taylor_order].hi, ratio = sqrt(last / powers[taylor_order - 2].hi);
  const double rest = next_moment(last, last / ratio);  // odd moments may cancel
  const double of_w = fabs(to.h * term) * rest / n_powers, rounding = 0x1p-52 * fabs(to.a * d) * sum[0];
  const double missing = fabs(to.a * c * term) * rest + (1 + fabs(to.a * d)) * of_w;
  const bool converges = fabs(to.h) <= 0.5 * fabs(to.a) && of_w <= 1e-2 * sum[0];
  powers[0] = {f * sum[0], 0.0};
  powers[1] = {f * (c * sum[1] + d * sum[0]), 0.0};
  powers[2] = {f * (c * c * sum[2] + 2 * c * d * sum[1] + d * d * sum[0]), 0.0};
  return converges ? f * (missing + rounding) / (n + powers[0].hi) : HUGE_VAL;
}

// Whether all exponents a y + b are so small, as where a scale is far above that of the rows, that sum w - n
// has lost digits: by the sums of w and of w (a y)^2.
inline bool small_exponents(double n, double w, double squares) {
  return squares < 0x1p-20 * n && w > 0.5 * n;
}

// Terms for sum_terms: w - 1 to its last digits, w = exp((y - centre) factor).
struct less_one_terms {
  double centre, factor;
  THETAHAT_INLINE void terms(vec y, vec* t, vec*) const { t[0] = expm1((y - centre) * factor); }
};

// The sum of w of a block whose exponents are small.
inline double_double sum_near_one(double n, const less_one_terms& at, const block& b) {
  return double_double{n, 0.0} + sum_terms<1, 0>(at, b).sum[0];
}

}  // namespace thetahat::THETAHAT_ISA
