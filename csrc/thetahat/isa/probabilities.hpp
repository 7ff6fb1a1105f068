// Probabilities of intervals in closed form, as C functions of a model.
#pragma once
#include "thetahat/families/concept.hpp"
#include "thetahat/kernels/units.hpp"
#include "thetahat/math/tails.hpp"

namespace thetahat::THETAHAT_ISA {

template <class Family>
constexpr bool has_closed_form() {
  return brings<Family>(hazard) || brings<Family>(reversed_hazard) || brings<Family>(closed_tails);
}

template <class Family>
struct closed_form {
  static constexpr int p = Family::n_params;
  using value = jet<p>;

  // Parameters with derivatives in units of the scale.
  struct parameters {
    value at[p];
    explicit parameters(const double* theta) {
      const double scale = Family::scale_of(theta);
      for (int j = 0; j < p; ++j)
        at[j] = variable<p>(theta[j], j, times_power(1.0, scale, Family::parameters[j].scale_power));
    }
  };
  static void write(const value& x, thetahat_log_probability* out) {
    out->value = x.v;
    for (int j = 0; j < p; ++j) out->first[j] = x.g[j];
    for (int k = 0; k < value::n_second; ++k) out->second[k] = x.h[k];
  }
  static bool find([[maybe_unused]] const value* theta, double a, double b, value& found) {
    [[maybe_unused]] const bool upper = b == HUGE_VAL, lower = a == -HUGE_VAL;
    if constexpr (brings<Family>(hazard)) {
      found = lower   ? log_one_less_exp(Family::cumulative_hazard(theta, a, b))
              : upper ? -Family::cumulative_hazard(theta, -HUGE_VAL, a)
                      : log_one_less_exp(Family::cumulative_hazard(theta, a, b)) -
                            Family::cumulative_hazard(theta, -HUGE_VAL, a);
      return true;
    } else if constexpr (brings<Family>(reversed_hazard)) {
      found = upper   ? log_one_less_exp(Family::reversed_hazard_between(theta, a, b))
              : lower ? -Family::reversed_hazard_between(theta, b, HUGE_VAL)
                      : log_one_less_exp(Family::reversed_hazard_between(theta, a, b)) -
                            Family::reversed_hazard_between(theta, b, HUGE_VAL);
      return true;
    } else if constexpr (brings<Family>(closed_tails)) {
      if (lower || upper) found = Family::log_tail(theta, upper ? a : b, upper);
      return lower || upper;
    }
    return false;
  }
  static int log_probability(const thetahat_model*, const double* theta, double a, double b,
                             thetahat_log_probability* out) {
    const parameters of(theta);
    value found;
    const bool known = find(of.at, a, b, found);
    write(found, out);
    return known;
  }
  static void log_hazard(const thetahat_model*, [[maybe_unused]] const double* theta,
                         [[maybe_unused]] double n, [[maybe_unused]] double sum_log,
                         [[maybe_unused]] thetahat_log_probability* out) {
    if constexpr (brings<Family>(power_hazard)) {
      const parameters of(theta);
      write(Family::log_hazards(of.at, n, sum_log), out);
    }
  }
};

}  // namespace thetahat::THETAHAT_ISA
