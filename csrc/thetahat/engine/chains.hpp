// Independent ascents side by side: the notebook's steps on single rows, from several thetas, at several
// rates. While one waits for its step before, the others go on; families that can do it take each in a lane
// of a register. Every chain has the bits of the same ascent alone.
#pragma once
#include "thetahat/engine/walk.hpp"

namespace thetahat::THETAHAT_ISA {

static_assert(lanes == thetahat_chains_n);

// A register's lanes of chains, in units: theta + rate * score where that stays in the domain, else as it is,
// from then on.
template <class Family>
struct chain_lanes {
  static constexpr int p = Family::n_params;
  using mask = decltype(vec{} > vec{});
  vec theta[p], rate, unit, inverse;
  mask going;

  THETAHAT_INLINE void row(vec x) {
    vec next[p];
    for (int j = 0; j < p; ++j) next[j] = theta[j];
    if constexpr (has_step<Family>) {
      Family::row_step(next, x * inverse, rate);
    } else {
      vec g[p], full[p];
      for (int j = 0; j < p; ++j) full[j] = Family::dimension[j] ? theta[j] * unit : theta[j];
      const vec scale = Family::lane_scores(full, x, g) * inverse;
      for (int j = 0; j < p; ++j) next[j] = theta[j] + rate * (Family::dimension[j] ? g[j] / scale : g[j]);
    }
    for (int j = 0; j < p; ++j) {
      going = going & (next[j] - next[j] == 0.0);
      if (Family::domain[j] == thetahat_positive) going = going & (next[j] > 0.0);
    }
    for (int j = 0; j < p; ++j) theta[j] = select(going, next[j], theta[j]);
  }
};

template <class Family>
inline void lane_rows(thetahat_chains& c, const double* x, bool shared, int64_t n) {
  constexpr int p = Family::n_params;
  chain_lanes<Family> lane[registers];
  double scaled[p][lanes], rate[lanes], unit[lanes], inverse[lanes];
  for (int k = 0; k < lanes; ++k) {
    const plain_step<Family> step(c.unit[k], nullptr);
    double theta[p];
    step.in_units(c.theta[k], theta);
    for (int j = 0; j < p; ++j) scaled[j][k] = theta[j];
    unit[k] = step.unit;
    inverse[k] = step.inverse;
    rate[k] = c.rate[k] * (inverse[k] * inverse[k]);
  }
  for (int r = 0; r < registers; ++r) {
    for (int j = 0; j < p; ++j) lane[r].theta[j] = load(scaled[j] + r * width);
    lane[r].rate = load(rate + r * width);
    lane[r].unit = load(unit + r * width);
    lane[r].inverse = load(inverse + r * width);
    lane[r].going = load(c.going + r * width) > 0.0;
  }
  for (int64_t i = 0; i < n; ++i)
    for (int r = 0; r < registers; ++r)
      lane[r].row(shared ? broadcast(x[i]) : load(x + i * lanes + r * width));
  for (int r = 0; r < registers; ++r) {
    for (int j = 0; j < p; ++j) store(scaled[j] + r * width, lane[r].theta[j]);
    store(c.going + r * width, select(lane[r].going, splat<vec>(1.0), vec{}));
  }
  for (int k = 0; k < lanes; ++k) {
    double theta[p];
    for (int j = 0; j < p; ++j) theta[j] = scaled[j][k];
    const plain_step<Family> step(unit[k], nullptr);
    if (!out_of_units(step, theta, c.theta[k])) c.going[k] = 0.0;
  }
}

// Chain by chain, a few rows at a time.
template <class Family>
inline void scalar_rows(thetahat_chains& c, const double* x, bool shared, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    for (int k = 0; k < lanes; ++k) {
      const plain_step<Family> step(c.unit[k], nullptr);
      double theta[Family::n_params];
      step.in_units(c.theta[k], theta);
      const double rate = c.rate[k] * (step.inverse * step.inverse);
      if (c.going[k] > 0 &&
          !(step.row(theta, shared ? x[i] : x[i * lanes + k], rate) && out_of_units(step, theta, c.theta[k])))
        c.going[k] = 0.0;
    }
}

// Steps on n rows: the same for all chains, or one for each.
template <class Family>
void chain_rows(thetahat_chains* chains, const double* x, int shared, int64_t n) {
  if constexpr (has_step<Family> || has_lanes<Family>)
    lane_rows<Family>(*chains, x, shared, n);
  else
    scalar_rows<Family>(*chains, x, shared, n);
}

// Each chain's unit, before its first step.
template <class Family>
THETAHAT_COLD void begin_chains(thetahat_chains* chains) {
  for (int k = 0; k < lanes; ++k) {
    chains->unit[k] = unit_of_rate<Family>(chains->theta[k]);
    chains->going[k] = 1.0;
  }
}

}  // namespace thetahat::THETAHAT_ISA
