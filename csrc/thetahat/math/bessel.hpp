// The Bessel functions I0 and I1 as the von Mises distribution needs them, for x >= 0: log(I0(x) exp(-x)),
// and 1 - A(x), A(x) = I1(x) / I0(x), with its derivative. NaN for negative numbers.
//
// Up to x = 16 by power series in t = x^2 / 4, all terms of which are positive (Watson 1922, 5.41):
// I0^2 - I1^2 = sum b_k t^k / (k + 1) and I0^2 - I1^2 - I0 I1 / x = sum b_k t^k / (2 (k + 1)^2), with
// b_k = (2k)! / k!^4. From there on by minimax polynomials in 1/x.
#pragma once
#include "thetahat/math/gamma.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr double bessel_asymptotic_from = 16;

// The sums for one x: I0(x) - 1, 2 I1(x) / x, and the two above.
struct bessel_series {
  double i0_less_1 = 0, twice_i1_over_x = 1, squares = 1, squares_less_product = 0.5;

  explicit bessel_series(double x) {
    const double t = 0.25 * x * x;
    double i = 1, b = 1;  // t^k / k!^2, b_k t^k
    for (int k = 1; b > 0x1p-60 * squares; ++k) {
      const double next = k + 1.0;
      i *= t / (double(k) * k);
      b *= (4.0 - 2.0 / k) * t / (double(k) * k);
      i0_less_1 += i;
      twice_i1_over_x += i / next;
      squares += b / next;
      squares_less_product += b / (2 * next * next);
    }
  }
};

// log(I0(x)) - x ~ -log(2 pi x) / 2; max error 5 ULP.
inline double log_bessel_i0e(double x) {
  constexpr double c[] = {0.125,
                          0.0625000000000047,
                          0.06510416665949323,
                          0.10156250431229767,
                          0.2095689556313463,
                          0.5367157640055783,
                          1.6060872835438513,
                          8.54831764489944,
                          -143.5607941586927,
                          7506.117978860549,
                          -239660.91445728706,
                          5709288.806710385,
                          -97952583.96427743,
                          1181697334.6519616,
                          -9476561895.406027,
                          45264872850.23307,
                          -96775843734.54012};
  x = from_zero(x);
  if (x < bessel_asymptotic_from) return log1p(bessel_series(x).i0_less_1) - x;
  double y = 1 / x;
  return y * polynomial(c, y) - 0.5 * log(x) - half_log_2pi;
}

// 1 - A(x) ~ 1 / (2 x): (1 - A^2) / (1 + A); max error 10 ULP.
inline double one_minus_bessel_ratio(double x) {
  constexpr double c[] = {0.5,
                          0.12499999999997828,
                          0.12500000002925218,
                          0.19531248454677613,
                          0.40625425008485777,
                          1.0471515159927236,
                          3.293607773925364,
                          6.007046571005516,
                          326.23134328632,
                          -10017.85882433056,
                          268778.6671417275,
                          -4958876.342037538,
                          63520327.12309919,
                          -529328110.46973056,
                          2572064843.9132395,
                          -5389920679.497449};
  x = from_zero(x);
  if (x < bessel_asymptotic_from) {
    const bessel_series s(x);
    const double i0 = 1 + s.i0_less_1;
    return s.squares / i0 / (i0 + 0.5 * x * s.twice_i1_over_x);
  }
  double y = 1 / x;
  return y * polynomial(c, y);
}

// A'(x) = 1 - A^2 - A / x ~ 1 / (2 x^2); max error 15 ULP.
inline double bessel_slope(double x) {
  constexpr double c[] = {0.5,
                          0.24999999999998185,
                          0.3750000000315002,
                          0.7812499781913064,
                          2.0312580044576234,
                          6.285314607803515,
                          22.798306144476523,
                          63.95111415020229,
                          2507.7612900282106,
                          -113937.73308820177,
                          4826697.920088963,
                          -149639650.16582638,
                          3470018547.872438,
                          -58992066612.37358,
                          713807001568.8793,
                          -5808238334480.322,
                          28438586978771.516,
                          -63043683258120.85};
  x = from_zero(x);
  if (x < bessel_asymptotic_from) {
    const bessel_series s(x);
    const double i0 = 1 + s.i0_less_1;
    return s.squares_less_product / i0 / i0;
  }
  double y = 1 / x;
  return y * (y * polynomial(c, y));
}

}  // namespace thetahat::THETAHAT_ISA
