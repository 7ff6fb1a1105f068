// The mathematical functions by name, for tests and for the layers above: whole registers where there is a
// formula for them, then the tail one by one.
#pragma once
#include "thetahat/api.h"
#include "thetahat/math/bessel.hpp"
#include "thetahat/math/exp_log.hpp"
#include "thetahat/math/gamma.hpp"
#include "thetahat/math/log_ratio.hpp"
#include "thetahat/math/trig.hpp"

namespace thetahat::THETAHAT_ISA {

template <double (*f)(double)>
void apply_scalar(const double* x, double* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = f(x[i]);
}

template <vec (*registers_of)(vec), double (*f)(double)>
void apply_vector(const double* x, double* out, int64_t n) {
  int64_t i = 0;
  for (; i + width <= n; i += width) store(out + i, registers_of(load(x + i)));
  apply_scalar<f>(x + i, out + i, n - i);
}

template <class V>
inline V sin(V x) {
  V s, c;
  sincos(x, s, c);
  return s;
}

template <class V>
inline V cos(V x) {
  V s, c;
  sincos(x, s, c);
  return c;
}

// log(x / 3): of rows that are neither tiny nor huge as passes take it, of others as densities do.
template <class V>
inline V log_third(V x) {
  constexpr double r = 1.0 / 3.0;
  const auto middling = (x > 0x1p-500) & (x < 0x1p500);
  return select(middling, log_of_ratio(split_ratio(x, 3.0, r)), log_ratio(x, 3.0, r));
}

inline double atan(double x) { return atan2(x, 1.0); }

constexpr thetahat_function function_list[] = {
    {"log", apply_vector<log<vec>, log<double>>},
    {"exp", apply_vector<exp<vec>, exp<double>>},
    {"exp_in_range", apply_vector<exp_in_range<vec>, exp_in_range<double>>},
    {"log_third", apply_vector<log_third<vec>, log_third<double>>},
    {"log1p", apply_vector<log1p<vec>, log1p<double>>},
    {"expm1", apply_vector<expm1<vec>, expm1<double>>},
    {"sin", apply_vector<sin<vec>, sin<double>>},
    {"cos", apply_vector<cos<vec>, cos<double>>},
    {"atan", apply_scalar<atan>},
    {"lgamma", apply_scalar<lgamma>},
    {"digamma", apply_scalar<digamma>},
    {"trigamma", apply_scalar<trigamma>},
    {"stirling_remainder", apply_scalar<stirling_remainder>},
    {"log_minus_digamma", apply_scalar<log_minus_digamma>},
    {"trigamma_minus_inverse", apply_scalar<trigamma_minus_inverse>},
    {"log_gamma_half_ratio", apply_scalar<log_gamma_half_ratio>},
    {"log_gamma_half_ratio_slope", apply_scalar<log_gamma_half_ratio_slope>},
    {"log_gamma_half_ratio_curvature", apply_scalar<log_gamma_half_ratio_curvature>},
    {"log_bessel_i0e", apply_scalar<log_bessel_i0e>},
    {"one_minus_bessel_ratio", apply_scalar<one_minus_bessel_ratio>},
    {"bessel_slope", apply_scalar<bessel_slope>},
};
constexpr int n_functions = sizeof function_list / sizeof *function_list;

}  // namespace thetahat::THETAHAT_ISA
