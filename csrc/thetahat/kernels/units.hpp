// The notebook's steps are taken in units of a power of two near the scale of their first theta: no product
// of them overflows, and no digit changes.
#pragma once
#include "thetahat/math/small_matrix.hpp"

namespace thetahat::THETAHAT_ISA {

// A power of two near a scale, within 2^-most and 2^most.
inline double unit_near(double scale, int most) {
  int exponent;
  frexp(scale, &exponent);
  return ldexp(1.0, exponent > most ? most : exponent < -most ? -most : exponent);
}

// One rate for parameters of several scale powers has no units.
inline double unit_of_rate(int p, const thetahat_parameter* parameters, double scale) {
  for (int j = 0; j < p; ++j)
    if (parameters[j].scale_power != 1) return 1.0;
  return unit_near(scale, 500);  // whose square is a double
}

template <class Family>
struct units {
  const double unit, inverse;  // powers of two

  explicit units(double power_of_two) : unit(power_of_two), inverse(1 / power_of_two) {}
  THETAHAT_INLINE void in_full(const double* theta, double* out) const {
    for (int j = 0; j < Family::n_params; ++j)
      out[j] = times_power(theta[j], unit, Family::parameters[j].scale_power);
  }
  THETAHAT_INLINE void in_units(const double* theta, double* out) const {
    for (int j = 0; j < Family::n_params; ++j)
      out[j] = times_power(theta[j], inverse, Family::parameters[j].scale_power);
  }
  // Back to theta; false, and theta as it was, where it would leave its domain on the way.
  bool leave(const double* scaled, double* theta) const {
    double full[Family::n_params];
    in_full(scaled, full);
    if (!Family::valid(full)) return false;
    for (int j = 0; j < Family::n_params; ++j) theta[j] = full[j];
    return true;
  }
};

}  // namespace thetahat::THETAHAT_ISA
