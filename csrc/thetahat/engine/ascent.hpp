// Ascents: on the whole sample's sums, and stochastic ones over epochs.
#pragma once
#include "thetahat/engine/feed.hpp"
#include "thetahat/engine/walk.hpp"

namespace thetahat::THETAHAT_ISA {

template <class Family>
int64_t gradient_ascent(const typename sums_pass<Family>::sums& s, double rate, int64_t epochs,
                        const int* held, double* theta, double* trace) {
  constexpr int p = Family::n_params;
  const plain_step<Family> step(unit_of_rate<Family>(theta), held);
  const double scaled_rate = rate * step.inverse * step.inverse;
  double scaled[p];
  step.in_units(theta, scaled);
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    if (!step.whole(scaled, s, scaled_rate) || !out_of_units(step, scaled, theta)) return epoch;
    for (int j = 0; trace && j < p; ++j) trace[epoch * p + j] = theta[j];
  }
  return epochs;
}

inline parameters parameters_in(const thetahat_family& family) {
  return {family.n_params, family.domain, family.dimension, family.valid};
}

inline void report(const thetahat_family* family, const thetahat_rule* rule, const thetahat_walk* walk,
                   double* theta) {
  reported(*rule, *walk, parameters_in(*family), theta);
}

inline void record(const thetahat_family& family, thetahat_ascent& a) {
  if (a.trace) report(&family, &a.rule, &a.walk, a.trace + a.traced++ * family.n_params);
}

inline void record_steps(const thetahat_family& family, thetahat_ascent& a) {
  if (a.trace_every && int64_t(a.walk.steps) % a.trace_every == 0 && a.walk.diverged == 0) record(family, a);
}

constexpr int64_t fed_rows = 256;  // rows that share a call

// How many rows to feed next: some, or to the end of a batch, of the segment, or to the next trace.
inline int64_t wanted_rows(const thetahat_ascent& a) {
  const int64_t b = a.rule.batch, begun = a.filled - a.stepped;
  int64_t wanted = b >= fed_rows ? b - begun : fed_rows / b * b - begun;
  if (a.filled + wanted > a.segment) wanted = a.segment - a.filled;
  if (a.trace && a.trace_every) {
    const int64_t steps = a.trace_every - int64_t(a.walk.steps) % a.trace_every;
    if (steps * b - begun < wanted) wanted = steps * b - begun;
  }
  return wanted;
}

inline void end_segment(const thetahat_family& family, thetahat_ascent& a) {
  if (a.rule.scaled && a.filled > 0 && a.walk.diverged == 0)
    family.take_stock(&a.rule, &a.walk, a.x, a.w, a.filled);
  a.filled = a.stepped = 0;
}

inline void end_epoch(const thetahat_family& family, thetahat_ascent& a) {
  end_segment(family, a);
  a.epoch += 1;
  if (!a.trace_every) record(family, a);
}

// Takes steps on the whole batches that are there, at the end of an epoch also on what is left. (Batches of
// neighbouring rows come whole, the short one alone.)
inline void step_on_rows(const thetahat_family& family, thetahat_ascent& a, bool over) {
  const int64_t ready = a.filled - a.stepped;
  const bool all = over || a.feed.order == thetahat_batches;
  const int64_t n = all ? ready : ready - ready % a.rule.batch;
  if (n == 0) return;
  family.steps(&a.rule, &a.walk, nullptr, a.x + a.stepped, a.w ? a.w + a.stepped : nullptr, n);
  a.stepped += n;
  record_steps(family, a);
}

// Batches so large that each is a segment are taken where they lie, if they can be.
inline bool reads_in_place(const thetahat_ascent& a) {
  const thetahat_rows& r = *a.feed.rows;
  return a.rule.batch == a.segment && a.feed.order != thetahat_samples && a.feed.run == 0 && r.in_place &&
         (!r.weights || r.weights->in_place);
}

inline int64_t step_in_place(const thetahat_family& family, thetahat_ascent& a) {
  const thetahat_rows& r = *a.feed.rows;
  int64_t first;
  const int64_t n = next_rows(a.feed, a.rule.batch, &first);
  if (n == 0) return 0;
  double* x = const_cast<double*>(reinterpret_cast<const double*>(r.data)) + first;  // to be read alone
  const double* w = r.weights ? reinterpret_cast<const double*>(r.weights->data) + first : nullptr;
  family.steps(&a.rule, &a.walk, nullptr, x, w, n);
  if (a.walk.diverged != 0) return n;
  if (a.rule.scaled) family.take_stock(&a.rule, &a.walk, x, w, n);
  record_steps(family, a);
  return n;
}

// Single rows of a window, shuffled among the steps on them.
inline int64_t step_among_draws(const thetahat_family& family, thetahat_ascent& a) {
  if (!has_window(a.feed)) return 0;
  const int64_t wanted = wanted_rows(a), left = a.feed.loaded - a.feed.used,
                n = left < wanted ? left : wanted;
  family.steps(&a.rule, &a.walk, &a.feed, a.x + a.filled, nullptr, n);
  a.filled += n;
  a.stepped += n;
  record_steps(family, a);
  if (a.filled == a.segment) end_segment(family, a);
  return n;
}

inline int64_t step_on_copies(const thetahat_family& family, thetahat_ascent& a) {
  const int64_t n = feed(&a.feed, wanted_rows(a), a.x + a.filled, a.w ? a.w + a.filled : nullptr);
  a.filled += n;
  step_on_rows(family, a, n == 0);
  if (a.filled == a.stepped && a.filled + a.rule.batch > a.segment) end_segment(family, a);
  return n;
}

inline int stochastic_ascent(const thetahat_family* family, thetahat_ascent* ascent, int64_t rows) {
  thetahat_ascent& a = *ascent;
  auto step = reads_in_place(a)                                                        ? step_in_place
              : a.feed.run && a.feed.unit == 1 && !a.w && shuffles_among_steps(a.rule) ? step_among_draws
                                                                                       : step_on_copies;
  while (rows > 0 && a.epoch < a.epochs && a.walk.diverged == 0) {
    if (a.rule.averaged == thetahat_of_epoch && starts_epoch(a.feed)) a.walk.means = 0.0;
    const int64_t n = step(*family, a);
    rows -= n > 0 ? n : 1;
    if (n == 0 && a.walk.diverged == 0) end_epoch(*family, a);
  }
  return a.epoch < a.epochs && a.walk.diverged == 0;
}

}  // namespace thetahat::THETAHAT_ISA
