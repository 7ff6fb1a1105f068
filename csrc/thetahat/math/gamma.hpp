// log Gamma and its derivatives for x > 0, and what is left of them without their leading terms: where those
// cancel, a sum of families' terms keeps its digits by taking the remainder as one function.
//
// Every remainder f follows one pattern. f(x) - f(x + 1) is elementary and of the sign of f, so up to x = 6
// such differences are added, none of them cancelling; from there on f is a power of 1/x times a minimax
// polynomial in 1/x^2. At 0 and infinity each function is its limit; of negative numbers it is NaN.
#pragma once
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr double asymptotic_from = 6;

// NaN for negative numbers; -0 counts as 0.
inline double from_zero(double x) { return x >= 0 ? x + 0.0 : not_a_number(x); }

// c[0] + c[1] x + ... + c[n - 1] x^(n - 1).
template <int n, class V>
inline V polynomial(const double (&c)[n], V x) {
  V p = splat<V>(c[n - 1]);
  for (int i = n - 2; i >= 0; --i) p = p * x + c[i];
  return p;
}

// atanh(z) / z - 1 = w / 3 + w^2 / 5 + ... for 0 <= w = z^2 <= 4/9; max error 2 ULP.
inline double atanh_excess(double w) {
  constexpr double c[] = {
      0.3333333333333333,  0.20000000000000123, 0.14285714285677628,   0.11111111115444725,
      0.09090908820547107, 0.07692317973889418, 0.06666407036427721,   0.05886954333076339,
      0.05203734606321774, 0.05335685246795719, 0.0013320131972180344, 0.2779986739076482,
      -1.00095077210338,   3.5262458671078507,  -8.95538392307397,     17.436097719574196,
      -24.58260049182261,  24.110760693640007,  -14.664237567188897,   4.306210039459229};
  return w * polynomial(c, w);
}

// stirling_remainder(x) + (x + 1/2) log(4 x) for 0 <= x <= 1/4.
inline double stirling_remainder_near_zero(double x) {
  constexpr double c[] = {-0.22579135264472744, 1.8090786962183585,   0.8224670334239325,
                          -0.4006856343679204,  0.2705808074251215,   -0.20738551856603388,
                          0.16955649330582115,  -0.14404006943897474, 0.12541046127503627,
                          -0.11062042173498172, 0.09642627820775658,  -0.07753495543078687,
                          0.049133268977074145, -0.01727902311650855};
  return polynomial(c, x);
}

// stirling_remainder(1 / y) for 0 <= y <= 1/6.
template <class V>
inline V stirling_remainder_tail(V y) {
  constexpr double c[] = {0.08333333333333333,    -0.002777777777777551, 0.0007936507934316619,
                          -0.0005952380131643024, 0.0008417353128972711, -0.0019158553219704195,
                          0.006302222071914903,   -0.02530045615535285,  0.07944960996448742};
  return y * polynomial(c, y * y);
}

// log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2) ~ 1 / (12 x); max error 6 ULP.
// f(x) - f(x + 1) = (x + 1/2) log(1 + 1/x) - 1 = atanh(z) / z - 1 with z = 1 / (2 x + 1).
inline double stirling_remainder(double x) {
  x = from_zero(x);
  if (x < 0.25) return stirling_remainder_near_zero(x) - (x + 0.5) * log(4 * x);
  double sum = 0;
  for (; x < asymptotic_from; x += 1) {
    double z = 1 / (2 * x + 1);
    sum += atanh_excess(z * z);
  }
  return sum + stirling_remainder_tail(1 / x);
}

// log_minus_digamma(1 / y) / y - 1/2 for 0 <= y <= 1/6.
template <class V>
inline V digamma_tail(V y) {
  constexpr double c[] = {0.08333333333333333,    -0.008333333333333073, 0.003968253967943307,
                          -0.0041666665215518255, 0.007575722872081567,  -0.021087974182607102,
                          0.08291804608218464,    -0.4204131808193634,   2.244886244108677,
                          -8.022278241705997};
  return y * polynomial(c, y * y);
}

// log x - Gamma'(x) / Gamma(x) ~ 1 / (2 x); max error 4 ULP.
// f(x) - f(x + 1) = 1/x - log(1 + 1/x) = z / x - 2 (atanh(z) - z) with z = 1 / (2 x + 1).
inline double log_minus_digamma(double x) {
  x = from_zero(x);
  if (x < 0x1p-60) return 1 / x;
  double sum = 0;
  if (x < 0.25) {
    sum = 1 / x + log(x / (x + 1));
    x += 1;
  }
  for (; x < asymptotic_from; x += 1) {
    double z = 1 / (2 * x + 1);
    sum += z / x - 2 * z * atanh_excess(z * z);
  }
  double y = 1 / x;
  return sum + y * (0.5 + digamma_tail(y));
}

// trigamma_minus_inverse(1 / y) / y^2 - 1/2 for 0 <= y <= 1/6.
template <class V>
inline V trigamma_tail(V y) {
  constexpr double c[] = {0.16666666666666666,  -0.03333333333332822, 0.023809523803399697,
                          -0.03333333046934837, 0.07575688956848248,  -0.2530179350953666,
                          1.1583942744220648,   -6.633669744938341,   38.51949126915011,
                          -144.50546659735338};
  return y * polynomial(c, y * y);
}

// The derivative of Gamma'(x) / Gamma(x), less 1/x; ~ 1 / (2 x^2); max error 5 ULP.
// f(x) - f(x + 1) = 1 / (x^2 (x + 1)).
inline double trigamma_minus_inverse(double x) {
  x = from_zero(x);
  double sum = 0;
  for (; x < asymptotic_from; x += 1) sum += 1 / x / x / (x + 1);
  double y = 1 / x;
  return sum + y * (y * (0.5 + trigamma_tail(y)));
}

// What is left of log Gamma(x) and its two derivatives after the terms that differences of them take apart:
// stirling_remainder(x), log x - Gamma'(x) / Gamma(x) - 1 / (2x), and the latter's derivative, its sign
// turned.
template <class V>
struct gamma_rest {
  V stirling_remainder, digamma, trigamma;
};

// At 1 / y, for 0 <= y <= 1/6.
template <class V>
THETAHAT_INLINE gamma_rest<V> gamma_rest_far(V y) {
  return {stirling_remainder_tail(y), y * digamma_tail(y), y * y * trigamma_tail(y)};
}

THETAHAT_INLINE gamma_rest<double> gamma_rest_at(double x) {
  const double y = 1 / x;
  if (x >= asymptotic_from) return gamma_rest_far(y);
  return {stirling_remainder(x), log_minus_digamma(x) - 0.5 * y, trigamma_minus_inverse(x) - 0.5 * y * y};
}

// r(h) = log Gamma(h + 1/2) - log Gamma(h) - log(h) / 2 ~ -1 / (8 h); max error 5 ULP.
// r(h + 1) - r(h) = log(1 + 1/(4q)) / 2 = atanh(1 / (8q + 1)) with q = h (h + 1).
inline double log_gamma_half_ratio(double h) {
  constexpr double c[] = {-0.125,
                          0.00520833333333288,
                          -0.0015624999995617374,
                          0.00118582572870987,
                          -0.0016818265812400064,
                          0.0038307743576182053,
                          -0.012603662021403865,
                          0.0506000243826137,
                          -0.1588981312456112};
  h = from_zero(h);
  double sum = 0;
  if (h < 0.0625) {
    double q4 = 4 * (h * (h + 1));
    sum = 0.5 * log(q4 / (q4 + 1));
    h += 1;
  }
  for (; h < asymptotic_from; h += 1) {
    double y = 1 / (8 * (h * (h + 1)) + 1);
    sum -= y + y * atanh_excess(y * y);
  }
  double y = 1 / h;
  return sum + y * polynomial(c, y * y);
}

// r'(h) ~ 1 / (8 h^2); max error 5 ULP.
// r'(h) - r'(h + 1) = 1 / (2h (h + 1) (2h + 1)).
inline double log_gamma_half_ratio_slope(double h) {
  constexpr double c[] = {0.125,
                          -0.015624999999999481,
                          0.0078124999993786776,
                          -0.008300780959770502,
                          0.01513664934269123,
                          -0.04216564915424007,
                          0.16582592012542835,
                          -0.8408128596606108,
                          4.489749991973249,
                          -16.044520786094306};
  h = from_zero(h);
  double sum = 0;
  for (; h < asymptotic_from; h += 1) sum += 0.5 / (h * (h + 1) * (2 * h + 1));
  double y = 1 / h;
  return sum + y * (y * polynomial(c, y * y));
}

// r''(h) ~ -1 / (4 h^3); max error 7 ULP.
// r''(h) - r''(h + 1) = -(6q + 1) / (2 q^2 (4q + 1)) with q = h (h + 1).
inline double log_gamma_half_ratio_curvature(double h) {
  constexpr double c[] = {-0.25,
                          0.06249999999999918,
                          -0.04687499999881386,
                          0.06640624932461262,
                          -0.1513669887256192,
                          0.5060690259186258,
                          -2.32940186650417,
                          13.91001932749361,
                          -96.63045059798674,
                          619.7142715666403,
                          -2373.363417888715};
  h = from_zero(h);
  double sum = 0;
  for (; h < asymptotic_from; h += 1) {
    double q = h * (h + 1);
    sum -= (6 * q + 1) / (8 * q + 2) / q / q;
  }
  double y = 1 / h;
  return sum + y * (y * (y * polynomial(c, y * y)));
}

// log Gamma(x). Max error 2e-15 of the value, or 1e-15 near its zeros 1 and 2.
inline double lgamma(double x) {
  return (x - 0.5) * (log(x) - 1) + (half_log_2pi - 0.5) + stirling_remainder(x);
}

// Gamma'(x) / Gamma(x). Max error 2e-15 of the value, or 1e-15 near its zero 1.46.
inline double digamma(double x) { return log(x) - log_minus_digamma(x); }

// The derivative of Gamma'(x) / Gamma(x); max error 5 ULP.
inline double trigamma(double x) { return 1 / from_zero(x) + trigamma_minus_inverse(x); }

}  // namespace thetahat::THETAHAT_ISA
