// log k! for k < 128: sums of the logarithms of 2, ..., k, rounded once each.
#pragma once
#include "thetahat/math/log_double_double.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int n_factorials = 128;

struct factorial_logs {
  double of[n_factorials];

  constexpr factorial_logs() : of{} {
    double_double sum = {0.0, 0.0};
    for (int k = 2; k < n_factorials; ++k) {
      double f = k;
      int exponent = 0;
      for (; f > 1.4; f *= 0.5) ++exponent;
      sum = sum + log_double_double(f, exponent);
      of[k] = sum.hi;
    }
  }
};

constexpr factorial_logs log_factorial;

}  // namespace thetahat::THETAHAT_ISA
