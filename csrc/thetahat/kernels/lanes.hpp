// Independent ascents side by side: textbook steps on single rows, from several thetas, at several rates.
// While one waits for its step before, the others go on; each takes a lane of a register, and has the bits of
// the same ascent alone.
#pragma once
#include "thetahat/sgd_api.h"
#include "thetahat/families/concept.hpp"
#include "thetahat/kernels/units.hpp"

namespace thetahat::THETAHAT_ISA {

static_assert(lanes == thetahat_n_lanes);

// A register's lanes, in units: theta + rate * score where that stays in the domain, else as it is, from then
// on.
template <class Family>
struct ascent_lanes {
  static constexpr int p = Family::n_params;
  using mask = decltype(vec{} > vec{});
  vec theta[p], rate, unit, inverse;
  mask running;

  THETAHAT_INLINE void row(vec x) {
    vec next[p];
    for (int j = 0; j < p; ++j) next[j] = theta[j];
    if constexpr (brings<Family>(own_steps)) {
      Family::row_step(next, x * inverse, rate);
    } else {
      vec g[p], full[p];
      for (int j = 0; j < p; ++j) full[j] = Family::parameters[j].scale_power ? theta[j] * unit : theta[j];
      const vec scale = Family::lane_score(full, x, g) * inverse;
      for (int j = 0; j < p; ++j)
        next[j] = theta[j] + rate * (Family::parameters[j].scale_power ? g[j] / scale : g[j]);
    }
    for (int j = 0; j < p; ++j) {
      running = running & (next[j] - next[j] == 0.0);
      if (Family::parameters[j].low > -HUGE_VAL) running = running & (next[j] > Family::parameters[j].low);
    }
    for (int j = 0; j < p; ++j) theta[j] = select(running, next[j], theta[j]);
  }
};

template <class Family>
void lane_rows(const thetahat_model*, thetahat_lanes* state, const double* x, int shared, int64_t n) {
  constexpr int p = Family::n_params;
  thetahat_lanes& c = *state;
  ascent_lanes<Family> lane[registers];
  double scaled[p][lanes], rate[lanes], unit[lanes], inverse[lanes];
  for (int k = 0; k < lanes; ++k) {
    const units<Family> of(c.unit[k]);
    double theta[p];
    of.in_units(c.theta[k], theta);
    for (int j = 0; j < p; ++j) scaled[j][k] = theta[j];
    unit[k] = of.unit;
    inverse[k] = of.inverse;
    rate[k] = c.rate[k] * (inverse[k] * inverse[k]);
  }
  for (int r = 0; r < registers; ++r) {
    for (int j = 0; j < p; ++j) lane[r].theta[j] = load(scaled[j] + r * width);
    lane[r].rate = load(rate + r * width);
    lane[r].unit = load(unit + r * width);
    lane[r].inverse = load(inverse + r * width);
    lane[r].running = load(c.running + r * width) > 0.0;
  }
  for (int64_t i = 0; i < n; ++i)
    for (int r = 0; r < registers; ++r)
      lane[r].row(shared ? broadcast(x[i]) : load(x + i * lanes + r * width));
  for (int r = 0; r < registers; ++r) {
    for (int j = 0; j < p; ++j) store(scaled[j] + r * width, lane[r].theta[j]);
    store(c.running + r * width, select(lane[r].running, splat<vec>(1.0), vec{}));
  }
  for (int k = 0; k < lanes; ++k) {
    double theta[p];
    for (int j = 0; j < p; ++j) theta[j] = scaled[j][k];
    if (!units<Family>(unit[k]).leave(theta, c.theta[k])) c.running[k] = 0.0;
  }
}

}  // namespace thetahat::THETAHAT_ISA
