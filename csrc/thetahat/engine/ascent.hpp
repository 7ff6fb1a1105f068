// Gradient ascent on the log-likelihood: on the whole sample's sums, or on mini-batches, one after another.
#pragma once
#include "thetahat/engine/order.hpp"
#include "thetahat/engine/tree.hpp"

namespace thetahat::THETAHAT_ISA {

// One step on a row or a batch; theta stays where it is when the step would leave the domain.
template <class Family, class Batch>
inline bool step(double* theta, const Batch& batch, double rate) {
  double next[Family::n_params];
  for (int j = 0; j < Family::n_params; ++j) next[j] = theta[j];
  Family::step(next, batch, rate);
  if (!Family::valid(next)) return false;
  for (int j = 0; j < Family::n_params; ++j) theta[j] = next[j];
  return true;
}

template <class Family>
void record(double* trace, int64_t row, const double* theta) {
  if (trace)
    for (int j = 0; j < Family::n_params; ++j) trace[row * Family::n_params + j] = theta[j];
}

template <class Family>
int64_t gradient_ascent(const typename Family::sums& s, double rate, int64_t epochs, double* theta,
                        double* trace) {
  const auto batch = Family::batch(s);
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    if (!step<Family>(theta, batch, rate)) return epoch;
    record<Family>(trace, epoch, theta);
  }
  return epochs;
}

template <class Family>
THETAHAT_NOINLINE auto large_batch(const double* x, int64_t n) {
  tree<Family> t;
  t.clear();
  t.add(plain_rows(x, n), 0, n, 1);
  return Family::batch(t.total());
}

// What a step takes: one row, neighbouring rows where they lie, or shuffled rows gathered beforehand.
enum class batching { row, neighbours, gathered };

// Goes on with the present epoch until its end, until about so many rows are used, or until a step diverges;
// returns the rows left. theta is a local variable throughout: it lives in registers.
template <class Family, batching kind>
int64_t go_on(thetahat_ascent& a, int64_t rows) {
  constexpr int p = Family::n_params;
  const bool shuffled = a.order != thetahat_sequential;
  const int64_t unit_rows = kind == batching::neighbours ? a.batch_size : 1;
  const int64_t units = (a.n + unit_rows - 1) / unit_rows;
  const int shared = shared_draws(units);
  const double rate = a.learning_rate;
  double theta[p];
  for (int j = 0; j < p; ++j) theta[j] = a.theta[j];

  auto step_on = [&](const double* x, int64_t n) {
    return step<Family>(theta, n < 32 ? Family::batch(x, n) : large_batch<Family>(x, n), rate);
  };
  auto take = [&](int64_t unit, bool last) {
    if constexpr (kind == batching::row) {
      return step<Family>(theta, a.x[unit], rate);
    } else if constexpr (kind == batching::neighbours) {
      int64_t start = unit * unit_rows, rest = a.n - start;
      return step_on(a.x + start, rest < unit_rows ? rest : unit_rows);
    } else {
      a.batch[a.gathered++] = a.x[unit];
      if (a.gathered < a.batch_size && !last) return true;
      int64_t n = a.gathered;
      a.gathered = 0;
      return step_on(a.batch, n);
    }
  };

  int64_t i = a.position;
  if (i == 0 && shuffled) identity(a.index, units);
  while (i < units && rows > 0 && !a.diverged) {
    const int count = units - i < shared ? int(units - i) : shared;
    if (shuffled) draw(a.words, a.index, units, i, count, shared);
    for (int64_t end = i + count; i < end && !a.diverged; ++i)
      if (!take(shuffled ? a.index[i] : i, i + 1 == units)) a.diverged = 1;
    rows -= count * unit_rows;
  }
  for (int j = 0; j < p; ++j) a.theta[j] = theta[j];
  a.position = i;
  if (i == units && !a.diverged) {
    a.position = 0;
    record<Family>(a.trace, ++a.epoch, theta);
  }
  return rows;
}

template <class Family>
bool stochastic_ascent(thetahat_ascent* a, int64_t rows) {
  auto slice = a->batch_size == 1             ? go_on<Family, batching::row>
               : a->order == thetahat_samples ? go_on<Family, batching::gathered>
                                              : go_on<Family, batching::neighbours>;
  while (rows > 0 && !a->diverged && a->epoch < a->epochs) rows = slice(*a, rows);
  return !a->diverged && a->epoch < a->epochs;
}

}  // namespace thetahat::THETAHAT_ISA
