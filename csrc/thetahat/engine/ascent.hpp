// Gradient ascent on the log-likelihood: on the whole sample's sums, or on mini-batches, one after another.
#pragma once
#include <math.h>
#include "thetahat/engine/order.hpp"
#include "thetahat/engine/tree.hpp"

namespace thetahat::THETAHAT_ISA {

// An ascent runs in units of a power of two near the scale of its first theta, so that no product of its
// steps overflows or underflows; this changes no digit.
template <class Family>
struct units {
  int exponent = 0;
  double in[Family::n_params], out[Family::n_params];  // powers of two: into units, and back

  explicit units(const double* theta) {
    frexp(Family(theta).scale(), &exponent);
    exponent = exponent > 500 ? 500 : exponent < -500 ? -500 : exponent;
    for (int j = 0; j < Family::n_params; ++j) {
      out[j] = ldexp(1.0, exponent * Family::dimension[j]);
      in[j] = 1.0 / out[j];
    }
  }
  void into(const double* theta, double* scaled) const {
    for (int j = 0; j < Family::n_params; ++j) scaled[j] = theta[j] * in[j];
  }
  // False, and theta as it was, where it would leave its domain on the way.
  bool out_of(const double* scaled, double* theta) const {
    double back[Family::n_params];
    for (int j = 0; j < Family::n_params; ++j) back[j] = scaled[j] * out[j];
    if (!Family::valid(back)) return false;
    for (int j = 0; j < Family::n_params; ++j) theta[j] = back[j];
    return true;
  }
};

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
  const units<Family> unit(theta);
  const auto batch = Family::batch(s, unit.exponent);
  double scaled[Family::n_params];
  unit.into(theta, scaled);
  rate = ldexp(rate, -2 * unit.exponent);
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    if (!step<Family>(scaled, batch, rate) || !unit.out_of(scaled, theta)) return epoch;
    record<Family>(trace, epoch, theta);
  }
  return epochs;
}

template <class Family>
THETAHAT_NOINLINE auto large_batch(const double* x, int64_t n, int exponent) {
  tree<Family> t;
  t.clear();
  t.add(plain_rows(x, n), 0, n, 1);
  return Family::batch(t.total(), exponent);
}

// What a step takes: one row, neighbouring rows where they lie, or shuffled rows gathered beforehand.
enum class batching { row, neighbours, gathered };

// Goes on with the identity that an epoch's order starts from; returns what that cost, in rows.
inline int64_t fill(thetahat_ascent& a, int64_t n_units, int64_t rows) {
  constexpr int64_t per_row = 16;  // it is that much quicker than a step, or more
  int64_t first = a.filled, count = n_units - first < per_row * rows ? n_units - first : per_row * rows;
  for (int64_t i = first; i < first + count; ++i) a.index[i] = uint32_t(i);
  a.filled += count;
  return (count + per_row - 1) / per_row;
}

// Goes on with the present epoch until its end, until about so many rows are used, or until a step diverges;
// returns the rows left. theta is a local variable throughout: it lives in registers.
template <class Family, batching kind>
int64_t go_on(thetahat_ascent& a, int64_t rows) {
  const bool shuffled = a.order != thetahat_sequential;
  const int64_t unit_rows = kind == batching::neighbours ? a.batch_size : 1;
  const int64_t n_units = (a.n + unit_rows - 1) / unit_rows;
  const int shared = shared_draws(n_units);
  const units<Family> unit(a.theta);
  const double rate = ldexp(a.learning_rate, -2 * unit.exponent), to_unit = ldexp(1.0, -unit.exponent);
  double theta[Family::n_params];
  unit.into(a.theta, theta);

  auto step_on = [&](const double* x, int64_t n) {
    return step<Family>(
        theta, n < 32 ? Family::batch(x, n, unit.exponent) : large_batch<Family>(x, n, unit.exponent), rate);
  };
  auto take = [&](int64_t u, bool last) {
    if constexpr (kind == batching::row) {
      return step<Family>(theta, a.x[u] * to_unit, rate);
    } else if constexpr (kind == batching::neighbours) {
      int64_t start = u * unit_rows, rest = a.n - start;
      return step_on(a.x + start, rest < unit_rows ? rest : unit_rows);
    } else {
      a.batch[a.gathered++] = a.x[u];
      if (a.gathered < a.batch_size && !last) return true;
      int64_t n = a.gathered;
      a.gathered = 0;
      return step_on(a.batch, n);
    }
  };

  if (shuffled) rows -= fill(a, n_units, rows);
  bool good = true;
  int64_t i = a.position, ready = shuffled ? a.drawn : n_units;
  while (i < n_units && rows > 0 && good) {
    if (i == ready) {
      int count = n_units - i < shared ? int(n_units - i) : shared;
      draw(a.words, a.index, n_units, i, count, shared);
      ready += count;
    }
    const int64_t first = i, affordable = (rows + unit_rows - 1) / unit_rows;
    const int64_t stop = ready - i < affordable ? ready : i + affordable;
    for (; i < stop && good; ++i) good = take(shuffled ? a.index[i] : i, i + 1 == n_units);
    rows -= (i - first) * unit_rows;
  }
  a.position = i;
  a.drawn = ready;
  a.diverged = !unit.out_of(theta, a.theta) || !good;
  if (i == n_units && !a.diverged) {
    a.position = a.filled = a.drawn = 0;
    record<Family>(a.trace, ++a.epoch, a.theta);
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
