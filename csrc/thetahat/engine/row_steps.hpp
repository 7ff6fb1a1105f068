// Stochastic steps as templates of a family: on one row after another, or on batches. There are two loops.
// The textbook one moves theta itself, in units of a power of two near the scale of its first theta. The
// preconditioned one moves free coordinates, times the inverse of the information of one row. All other rules
// share one in sgd.cpp, which is slower.
#pragma once
#include "thetahat/data/epoch_reader.hpp"
#include "thetahat/engine/batch_score.hpp"
#include "thetahat/engine/update_rule.hpp"
#include "thetahat/families/concept.hpp"
#include "thetahat/kernels/units.hpp"

namespace thetahat::THETAHAT_ISA {

// theta becomes next, but for what is fixed, unless that lies outside the domain.
template <class Family>
THETAHAT_INLINE bool replace_theta(const int* fixed, double* theta, double* next) {
  if (fixed)
    for (int j = 0; j < Family::n_params; ++j)
      if (fixed[j]) next[j] = theta[j];
  if (!Family::valid(next)) return false;
  for (int j = 0; j < Family::n_params; ++j) theta[j] = next[j];
  return true;
}

// theta + rate * score, theta and rate in units.
template <class Family>
struct textbook_step : units<Family> {
  static constexpr int p = Family::n_params;
  using base = units<Family>;
  using sums = typename Family::sums;

  const thetahat_model& model;
  const int* const fixed;

  textbook_step(const thetahat_model& m, double power_of_two, const int* kept)
      : base(power_of_two), model(m), fixed(kept) {}

  THETAHAT_INLINE bool row(double* theta, double x, double rate) const {
    if constexpr (brings<Family>(own_steps)) {
      double next[p];
      for (int j = 0; j < p; ++j) next[j] = theta[j];
      Family::row_step(next, x * base::inverse, rate);
      return replace_theta<Family>(fixed, theta, next);
    } else {
      double g[p], full[p];
      base::in_full(theta, full);
      const Family at(full);
      at.row_score(x, g);
      return by_score(at.scale(), theta, g, rate);
    }
  }
  THETAHAT_INLINE bool batch(double* theta, const block& b, double rate) const {
    if constexpr (brings<Family>(own_steps)) {
      if (b.n < 32) return by_sums(theta, Family::batch(b, base::inverse), rate);
      double node[thetahat_max_node];
      sum_rows(model, nullptr, b, node);
      return whole(theta, *reinterpret_cast<const sums*>(node + 1), rate);
    } else {
      double g[p], full[p];
      base::in_full(theta, full);
      batch_score(model, full, b, g);
      return by_score(Family::scale_of(full), theta, g, rate);
    }
  }
  bool whole(double* theta, const sums& s, double rate) const {
    if constexpr (brings<Family>(own_steps)) {
      int exponent;
      frexp(base::unit, &exponent);
      return by_sums(theta, Family::batch(s, exponent - 1), rate);
    } else {
      double g[p], full[p];
      base::in_full(theta, full);
      Family(full).score(s, g);
      return by_score(Family::scale_of(full), theta, g, rate);
    }
  }

 private:
  // theta + rate (score / scale^scale_power), by a score in units of the scale.
  THETAHAT_INLINE bool by_score(double scale, double* theta, const double* g, double rate) const {
    scale *= base::inverse;
    double next[p];
    for (int j = 0; j < p; ++j)
      next[j] = theta[j] + rate * times_power(g[j], scale, -Family::parameters[j].scale_power);
    return replace_theta<Family>(fixed, theta, next);
  }
  template <class Batch>
  bool by_sums(double* theta, const Batch& b, double rate) const {
    double next[p];
    for (int j = 0; j < p; ++j) next[j] = theta[j];
    Family::batch_step(next, b, rate);
    return replace_theta<Family>(fixed, theta, next);
  }
};

// Single rows for the steps of a loop: copied beforehand, or shuffled among the steps, in whose latency that
// hides; then they are kept for the quadratic model.
struct copied_rows {
  const double* x;

  THETAHAT_INLINE double operator()(int64_t i) { return x[i]; }
};

struct shuffled_rows {
  static constexpr int64_t ahead = 16;  // drawn in one go
  thetahat_epoch_reader& reader;
  double* x;

  THETAHAT_INLINE double operator()(int64_t i) {
    if (reader.used == reader.drawn) {
      const int64_t until = reader.drawn + ahead < reader.loaded ? reader.drawn + ahead : reader.loaded;
      reader.drawn = draw(reader.random, reader.units, reader.loaded, reader.drawn, until);
    }
    return x[i] = reader.x[reader.units[reader.used++]];
  }
};

// Calls step(x, rate) for each of n rows while it can be made.
template <class Rows, class Step>
THETAHAT_INLINE bool each_row(const thetahat_update_rule& r, thetahat_sgd_state& state, Rows rows,
                              const double* w, int64_t n, Step step) {
  double rate[rate_rows];
  bool good = true;
  for (int64_t i = 0; i < n && good;) {
    const int64_t some = n - i < rate_rows ? n - i : rate_rows, first = i;
    row_rates(r, state, w ? w + i : nullptr, some, rate);
    for (; i < first + some && good; ++i) good = step(rows(i), rate[i - first]);
  }
  state.steps += double(n);
  return good;
}

// Calls step(batch, rate) for each batch of n rows while it can be made.
template <class Step>
THETAHAT_INLINE bool each_batch(const thetahat_update_rule& r, thetahat_sgd_state& state, const double* x,
                                const double* w, int64_t n, Step step) {
  bool good = true;
  for (int64_t i = 0; i < n && good; i += r.batch) {
    const block b = {x + i, w ? w + i : nullptr, n - i < r.batch ? n - i : r.batch};
    state.t = count_in(r, state.t, b.w, b.n);
    state.steps += 1;
    good = step(b, rate_at(r, state.t));
  }
  return good;
}

// Single rows or batches, as the rule says.
template <class Row, class Batch>
THETAHAT_INLINE bool each_step(const thetahat_update_rule& r, thetahat_sgd_state& state,
                               thetahat_epoch_reader* reader, double* x, const double* w, int64_t n, Row row,
                               Batch batch) {
  if (reader) return each_row(r, state, shuffled_rows{*reader, x}, nullptr, n, row);
  if (r.batch == 1) return each_row(r, state, copied_rows{x}, w, n, row);
  return each_batch(r, state, x, w, n, batch);
}

template <class Family>
void textbook_steps(const thetahat_model* m, const thetahat_update_rule* rule, thetahat_sgd_state* sgd,
                    thetahat_epoch_reader* reader, double* x, const double* w, int64_t n) {
  thetahat_sgd_state& state = *sgd;
  const textbook_step<Family> step(*m, state.unit, rule->any_fixed ? rule->fixed : nullptr);
  const double in_units = step.inverse * step.inverse;
  double theta[Family::n_params];
  step.in_units(state.theta, theta);
  auto row = [&](double v, double rate) THETAHAT_INLINED { return step.row(theta, v, rate * in_units); };
  auto batch = [&](const block& b, double rate) { return step.batch(theta, b, rate * in_units); };
  const bool good = each_step(*rule, state, reader, x, w, n, row, batch);
  state.diverged = !step.leave(theta, state.theta) || !good;
}

// Steps in free coordinates, times the inverse of the information of one row.
template <class Family>
struct preconditioned_step {
  static constexpr int p = Family::n_params;
  double theta[p], preconditioner[p * p], limit[p], unit;

  explicit preconditioned_step(const thetahat_sgd_state& state) : unit(state.unit) {
    for (int j = 0; j < p; ++j) {
      theta[j] = state.theta[j];
      limit[j] = state.step_limit[j];
    }
    for (int j = 0; j < p * p; ++j) preconditioner[j] = state.preconditioner[j];
  }
  THETAHAT_INLINE bool by_score(const double* g, double scale, double rate) {
    double m[p], next[p];
    for (int j = 0; j < p; ++j) m[j] = jacobian(Family::parameters[j], theta[j], scale, unit);
    for (int i = 0; i < p; ++i) {
      constexpr const thetahat_parameter* parameters = Family::parameters;
      double step = 0.0;
      for (int j = 0; j < p; ++j) step += preconditioner[i * p + j] * (m[j] * g[j]);
      next[i] = retract(parameters[i], theta[i], clip_step(parameters[i], rate * step, limit[i]),
                        parameters[i].scale_power ? unit : 1.0);
    }
    return replace_theta<Family>(nullptr, theta, next);
  }
};

template <class Family>
void preconditioned_steps(const thetahat_model* m, const thetahat_update_rule* rule,
                          thetahat_sgd_state* state, thetahat_epoch_reader* reader, double* x,
                          const double* w, int64_t n) {
  preconditioned_step<Family> step(*state);
  auto row = [&](double v, double rate) THETAHAT_INLINED {
    double g[Family::n_params];
    const Family at(step.theta);
    at.row_score(v, g);
    return step.by_score(g, at.scale(), rate);
  };
  auto batch = [&](const block& b, double rate) {
    double g[Family::n_params];
    batch_score(*m, step.theta, b, g);
    return step.by_score(g, Family::scale_of(step.theta), rate);
  };
  const bool good = each_step(*rule, *state, reader, x, w, n, row, batch);
  for (int j = 0; j < Family::n_params; ++j) state->theta[j] = step.theta[j];
  state->diverged = !good;
}

// Full-batch ascent on sums.
template <class Family>
int64_t gradient_ascent(const thetahat_model* m, const double* s, double rate, int64_t epochs,
                        const int* fixed, double* theta, double* trace) {
  constexpr int p = Family::n_params;
  const textbook_step<Family> step(*m, unit_of_rate(p, Family::parameters, Family::scale_of(theta)), fixed);
  const double scaled_rate = rate * step.inverse * step.inverse;
  const auto& sums = *reinterpret_cast<const typename Family::sums*>(s);
  double scaled[p];
  step.in_units(theta, scaled);
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    if (!step.whole(scaled, sums, scaled_rate) || !step.leave(scaled, theta)) return epoch;
    for (int j = 0; trace && j < p; ++j) trace[epoch * p + j] = theta[j];
  }
  return epochs;
}

// Ascents side by side, one after the other in each row.
template <class Family>
void lanes_in_turn(const thetahat_model* m, thetahat_lanes* state, const double* x, int shared, int64_t n) {
  thetahat_lanes& c = *state;
  for (int64_t i = 0; i < n; ++i)
    for (int k = 0; k < lanes; ++k) {
      const textbook_step<Family> step(*m, c.unit[k], nullptr);
      double theta[Family::n_params];
      step.in_units(c.theta[k], theta);
      const double rate = c.rate[k] * (step.inverse * step.inverse);
      if (c.running[k] > 0 &&
          !(step.row(theta, shared ? x[i] : x[i * lanes + k], rate) && step.leave(theta, c.theta[k])))
        c.running[k] = 0.0;
    }
}

}  // namespace thetahat::THETAHAT_ISA
