#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/formula.hpp"
#include "thetahat/engine/formula_probability.hpp"
#include "thetahat/kernels/formula_functions.hpp"
#include "thetahat/math/small_matrix.hpp"

namespace thetahat::THETAHAT_ISA {

// Share of a probability whose derivatives may be those of the rest.
static constexpr double most_lost = 1e-9;

formula_probability::formula_probability(const thetahat_model& model, const double* at)
    : f(formula_of(&model)), theta(at) {
  f.tabulate(&f, theta, uniforms);
  if (f.normalize) f.normalize(&f, theta, uniforms, 0, normalization);
}

void formula_probability::open(double& a, double& b) const {
  if (f.counts) a = floor(a), b = floor(b);
  const auto all_above = [&](double x) { return f.counts ? x < f.low : x <= f.low; };
  const auto all_below = [&](double x) { return f.counts ? x + 1 > f.high : x >= f.high; };
  a = all_above(a) ? -HUGE_VAL : all_below(a) ? HUGE_VAL : a;
  b = all_below(b) ? HUGE_VAL : all_above(b) ? -HUGE_VAL : b;
}

void formula_probability::between(double a, double b, thetahat_log_probability* out) {
  const int p = f.n_params;
  formula_integral integral(f, theta, uniforms);
  const bool found = integral.find_between(a, b) && integral.lost <= most_lost;
  const formula_moments& m = integral.total;
  const double* second = normalization + 1 + p;
  const double scale = f.model.scale(&f.model, theta);
  out->value = found ? m.top + log(m.z) + normalization[0] : NAN;
  for (int i = 0, k = 0; i < p; ++i) {
    const int power = f.parameters[i].scale_power;
    out->first[i] = times_power(m.first[i] / m.z + normalization[1 + i], scale, power);
    for (int j = 0; j <= i; ++j, ++k)
      out->second[k] = times_power(m.second[k] / m.z - m.first[i] / m.z * (m.first[j] / m.z) + second[k],
                                   scale, power + f.parameters[j].scale_power);
  }
}

}  // namespace thetahat::THETAHAT_ISA
