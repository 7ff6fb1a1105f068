#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include "thetahat/engine/formula_variable.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr int half_nodes = n_nodes / 2;
constexpr double nodes[half_nodes] = {0.9894009349916499, 0.9445750230732326, 0.8656312023878318,
                                      0.755404408355003,  0.6178762444026438, 0.45801677765722737,
                                      0.2816035507792589, 0.09501250983763744};
constexpr double weights[half_nodes] = {0.027152459411754096, 0.062253523938647894, 0.09515851168249279,
                                        0.12462897125553388,  0.14959598881657674,  0.16915651939500254,
                                        0.18260341504492358,  0.1894506104550685};

// 1 / (1 + exp(-u)).
double share_at(double u) {
  const double e = exp(-fabs(u));
  return u < 0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
}

}  // namespace

formula_places::formula_places(const thetahat_formula& f, const double* theta) {
  const bool has_units = f.scale_of >= 0;
  for (int j = 0; j < f.n_params; ++j) {
    const thetahat_parameter& parameter = f.parameters[j];
    if (has_units && parameter.scale_power != 1) continue;
    if (parameter.coordinate == thetahat_identity) places.push_back(theta[j]);
    if (parameter.coordinate == thetahat_log && parameter.low == 0) widths.push_back(theta[j]);
  }
  if (widths.empty() && has_units) widths.push_back(f.model.scale(&f.model, theta));
}

formula_variable::formula_variable(const thetahat_formula& f, const formula_places& of)
    : parts(16),
      low(f.low),
      high(f.high),
      centre(of.places.empty() ? 0.0 : of.places[0]),
      width(of.widths.empty() ? 1.0 : of.widths[0]) {
  const bool from = low > -HUGE_VAL, to = high < HUGE_VAL;
  is = from && to ? (f.open_low || f.open_high ? logit : plain) : from ? upwards : to ? downwards : line;
  if (is != line) centre = 0.0;
}

formula_variable::formula_variable(double from, double to)
    : is(plain), parts(1), low(from), high(to), centre(0.0), width(1.0) {}

double formula_variable::row_of(double u) const {
  switch (is) {
    case plain:
      return u;
    case line:
      return centre + width * (0.5 * exp(u) - 0.5 * exp(-u));
    case upwards:
      return low + width * exp(u);
    case downwards:
      return high - width * exp(u);
    default:
      return low + (high - low) * share_at(u);
  }
}

double formula_variable::slope_of(double u) const {
  switch (is) {
    case plain:
      return 1.0;
    case line:
      return width * (0.5 * exp(u) + 0.5 * exp(-u));
    case upwards:
    case downwards:
      return width * exp(u);
    default:
      return (high - low) * share_at(u) * share_at(-u);
  }
}

double formula_variable::of_row(double x) const {
  const double z = (x - centre) / width;
  switch (is) {
    case plain:
      return x;
    case line:
      if (fabs(z) > 0x1p64) return z < 0 ? -log(-2.0 * z) : log(2.0 * z);
      return z < 0 ? -log(sqrt(z * z + 1.0) - z) : log(sqrt(z * z + 1.0) + z);
    case upwards:
      return log((x - low) / width);
    case downwards:
      return log((high - x) / width);
    default:
      return log((x - low) / (high - x));
  }
}

std::vector<double> formula_variable::usual_ends(const formula_places& of) const {
  const double first = usual_low(), last = usual_high();
  std::vector<double> ends, near = of.places;
  for (int k = 0; k <= parts; ++k) ends.push_back(first + (last - first) * k / parts);
  if (is == upwards) near.push_back(low);
  if (is == downwards) near.push_back(high);
  for (double c : near)
    for (double s : of.widths)
      for (double z : {-8.0, -3.0, -1.0, 0.0, 1.0, 3.0, 8.0}) {
        const double u = of_row(c + z * s);
        if (u > first && u < last) ends.push_back(u);
      }
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  return ends;
}

void formula_variable::put_nodes(double from, double to, double* x, double* weight) const {
  const double half = 0.5 * (to - from), middle = from + half;
  for (int i = 0; i < n_nodes; ++i) {
    const int k = i < half_nodes ? i : n_nodes - 1 - i;
    const double u = middle + (i < half_nodes ? -half : half) * nodes[k];
    x[i] = row_of(u);
    weight[i] = half * weights[k] * slope_of(u);
  }
}

}  // namespace thetahat::THETAHAT_ISA
