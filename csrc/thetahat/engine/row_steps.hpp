// Stochastic steps as templates of a family: on one row after another, or on batches. There are two loops.
// The textbook one moves theta itself, in units of a power of two near the scale of its first theta. The
// preconditioned one moves free coordinates, times the inverse of the information of one row. All other rules
// share one in sgd.cpp, which is slower.
#pragma once
#include "thetahat/engine/batch_score.hpp"
#include "thetahat/engine/step_units.hpp"
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

// The least values of the parameters in some steps, of those with a lower bound. A theta that is not finite
// stays so, and the domain of a family with steps of its own is what the bounds of its parameters say: where
// the last theta is valid and the least values are above their bounds, all thetas were valid.
template <class Family>
struct least_values {
  static constexpr int p = Family::n_params;
  double least[p];

  explicit least_values(const double* theta) {
    for (int j = 0; j < p; ++j) least[j] = theta[j];
  }
  THETAHAT_INLINE void take(const double* theta) {
    for (int j = 0; j < p; ++j) least[j] = theta[j] < least[j] ? theta[j] : least[j];
  }
  THETAHAT_INLINE bool stayed_valid(const double* theta) const {
    bool inside = Family::valid(theta);
    for (int j = 0; j < p; ++j)
      if (Family::parameters[j].low > -HUGE_VAL) inside &= least[j] > Family::parameters[j].low;
    return inside;
  }
};

// Steps on some units at once: those of a family with steps of its own are checked together, and where one
// left the domain, they are taken back and repeated with checks. A single one is checked as it is.
constexpr int64_t units_at_once = 32;

// Calls step(batch, rate) for each batch while it can be made.
template <class Step>
THETAHAT_INLINE bool checked_batches(const thetahat_update_rule& r, thetahat_sgd_state& state,
                                     const step_batches& batches, int64_t n, Step step) {
  for (int64_t k = 0; k < n; ++k) {
    const block b = batches(k);
    state.t = count_in(r, state.t, b.w, b.n);
    state.steps += 1;
    if (!step(b, rate_at(r, state.t))) return false;
  }
  return true;
}

// Textbook steps from a theta on, in units.
template <class Family>
struct textbook_ascent {
  static constexpr int p = Family::n_params;
  const textbook_step<Family> step;
  const double in_units;
  double theta[p];

  textbook_ascent(const thetahat_model& m, const thetahat_update_rule& r, const thetahat_sgd_state& state)
      : step(m, state.unit, r.any_fixed ? r.fixed : nullptr), in_units(step.inverse * step.inverse) {
    step.in_units(state.theta, theta);
  }

  template <class Rows>
  THETAHAT_INLINE bool on_rows(const Rows& rows, const double* rate, int64_t n) {
    if constexpr (brings<Family>(own_steps))
      if (n > 1 && !step.fixed && unchecked_rows(rows, rate, n)) return true;
    return checked_rows(rows, rate, n);
  }
  THETAHAT_INLINE bool on_batches(const thetahat_update_rule& r, thetahat_sgd_state& state,
                                  const step_batches& batches, int64_t n) {
    if constexpr (brings<Family>(own_steps))
      if (!step.fixed && r.batch < 32 && unchecked_batches(r, state, batches, n)) return true;
    return checked_batches(r, state, batches, n, [&](const block& b, double rate) {
      return step.batch(theta, b, rate * in_units);
    });
  }

 private:
  template <class Rows>
  THETAHAT_INLINE bool checked_rows(const Rows& rows, const double* rate, int64_t n) {
    for (int64_t k = 0; k < n; ++k)
      if (!step.row(theta, rows(k), rate[k] * in_units)) return false;
    return true;
  }
  // False, and theta as it was, where a step left the domain.
  template <class Rows>
  THETAHAT_INLINE bool unchecked_rows(const Rows& rows, const double* rate, int64_t n) {
    double next[p];
    for (int j = 0; j < p; ++j) next[j] = theta[j];
    least_values<Family> values(next);
    for (int64_t k = 0; k < n; ++k) {
      Family::row_step(next, rows(k) * step.inverse, rate[k] * in_units);
      values.take(next);
    }
    return becomes(next, values);
  }
  THETAHAT_INLINE bool unchecked_batches(const thetahat_update_rule& r, thetahat_sgd_state& state,
                                         const step_batches& batches, int64_t n) {
    double next[p], t = state.t;
    for (int j = 0; j < p; ++j) next[j] = theta[j];
    least_values<Family> values(next);
    for (int64_t k = 0; k < n; ++k) {
      const block b = batches(k);
      t = count_in(r, t, b.w, b.n);
      const double rate = r.power == 0 ? r.rate : rate_at(r, t);
      Family::batch_step(next, Family::batch(b, step.inverse), rate * in_units);
      values.take(next);
    }
    if (!becomes(next, values)) return false;
    state.t = t;
    state.steps += double(n);
    return true;
  }
  THETAHAT_INLINE bool becomes(const double* next, const least_values<Family>& values) {
    if (!values.stayed_valid(next)) return false;
    for (int j = 0; j < p; ++j) theta[j] = next[j];
    return true;
  }
};

// Steps on n rows while they can be made.
template <class Rows, class Ascent>
THETAHAT_INLINE bool each_row(const thetahat_update_rule& r, thetahat_sgd_state& state, Rows rows,
                              const double* w, int64_t n, Ascent& ascent) {
  double rate[units_at_once];
  const bool constant = has_constant_rate(r) && !w;
  for (int64_t i = 0; constant && i < n && i < units_at_once; ++i) rate[i] = r.rate;
  bool good = true;
  for (int64_t i = 0; i < n && good; i += units_at_once) {
    const int64_t some = n - i < units_at_once ? n - i : units_at_once;
    if (constant)
      state.t += double(some);
    else
      row_rates(r, state, w ? w + i : nullptr, some, rate);
    for (int64_t k = 0; k < some && good;) {
      const int64_t ready = rows.ready(some - k);
      good = ascent.on_rows(rows, rate + k, ready);
      rows.pass(ready);
      k += ready;
    }
  }
  rows.leave();
  state.steps += double(n);
  return good;
}

// Steps on n batches while they can be made.
template <class Ascent>
THETAHAT_INLINE bool each_batch(const thetahat_update_rule& r, thetahat_sgd_state& state,
                                step_batches batches, int64_t n, Ascent& ascent) {
  bool good = true;
  for (int64_t i = 0; i < n && good;) {
    const int64_t ready = batches.ready(n - i < units_at_once ? n - i : units_at_once);
    good = ascent.on_batches(r, state, batches, ready);
    batches.pass(ready);
    i += ready;
  }
  batches.leave();
  return good;
}

// Steps on n units of a reader's window, or on n rows at x.
template <class Ascent>
THETAHAT_INLINE bool each_step(const thetahat_update_rule& r, thetahat_sgd_state& state,
                               thetahat_epoch_reader* reader, double* x, const double* w, int64_t n,
                               Ascent& ascent) {
  if (r.batch == 1)
    return reader ? each_row(r, state, drawn_rows(*reader, x), nullptr, n, ascent)
                  : each_row(r, state, copied_rows{x}, w, n, ascent);
  const step_batches batches = reader ? step_batches(*reader) : step_batches(x, w, n, r.batch);
  return each_batch(r, state, batches, reader ? n : ceil_div(n, r.batch), ascent);
}

template <class Family>
void textbook_steps(const thetahat_model* m, const thetahat_update_rule* rule, thetahat_sgd_state* sgd,
                    thetahat_epoch_reader* reader, double* x, const double* w, int64_t n) {
  const thetahat_update_rule& r = *rule;
  thetahat_sgd_state& state = *sgd;
  textbook_ascent<Family> ascent(*m, r, state);
  const bool good = each_step(r, state, reader, x, w, n, ascent);
  state.diverged = !ascent.step.leave(ascent.theta, state.theta) || !good;
}

// Steps in free coordinates, times the inverse of the information of one row.
template <class Family>
struct preconditioned_ascent {
  static constexpr int p = Family::n_params;
  const thetahat_model& model;
  double theta[p], preconditioner[p * p], limit[p], unit;

  preconditioned_ascent(const thetahat_model& m, const thetahat_sgd_state& state)
      : model(m), unit(state.unit) {
    for (int j = 0; j < p; ++j) {
      theta[j] = state.theta[j];
      limit[j] = state.step_limit[j];
    }
    for (int j = 0; j < p * p; ++j) preconditioner[j] = state.preconditioner[j];
  }

  template <class Rows>
  THETAHAT_INLINE bool on_rows(const Rows& rows, const double* rate, int64_t n) {
    for (int64_t k = 0; k < n; ++k) {
      double g[p];
      const Family at(theta);
      at.row_score(rows(k), g);
      if (!by_score(g, at.scale(), rate[k])) return false;
    }
    return true;
  }
  THETAHAT_INLINE bool on_batches(const thetahat_update_rule& r, thetahat_sgd_state& state,
                                  const step_batches& batches, int64_t n) {
    return checked_batches(r, state, batches, n, [&](const block& b, double rate) {
      double g[p];
      batch_score(model, theta, b, g);
      return by_score(g, Family::scale_of(theta), rate);
    });
  }

 private:
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
void preconditioned_steps(const thetahat_model* m, const thetahat_update_rule* rule, thetahat_sgd_state* sgd,
                          thetahat_epoch_reader* reader, double* x, const double* w, int64_t n) {
  const thetahat_update_rule& r = *rule;
  thetahat_sgd_state& state = *sgd;
  preconditioned_ascent<Family> ascent(*m, state);
  const bool good = each_step(r, state, reader, x, w, n, ascent);
  for (int j = 0; j < Family::n_params; ++j) state.theta[j] = ascent.theta[j];
  state.diverged = !good;
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
