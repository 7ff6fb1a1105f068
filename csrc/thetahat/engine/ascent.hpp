// Gradient ascent on the log-likelihood: on the whole sample's sums, or on mini-batches, one after another.
#pragma once
#include <math.h>
#include "thetahat/engine/finish.hpp"
#include "thetahat/engine/order.hpp"
#include "thetahat/engine/tree.hpp"

namespace thetahat::THETAHAT_ISA {

// An ascent runs in units of a power of two near the scale of its first theta, so that no product of its
// steps overflows or underflows; this changes no digit. (One rate for parameters of several dimensions has no
// such units: they stay as they are.)
template <class Family>
struct units {
  int exponent = 0;
  double in[Family::n_params], out[Family::n_params];  // powers of two: into units, and back

  explicit units(const double* theta) {
    bool alike = true;
    for (int d : Family::dimension) alike &= d == 1;
    if (alike) frexp(Family::scale_of(theta), &exponent);
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

// theta becomes next, but for what is held, unless that lies outside the domain.
template <class Family>
inline bool move(const int* held, double* theta, double* next) {
  if (held)
    for (int j = 0; j < Family::n_params; ++j)
      if (held[j]) next[j] = theta[j];
  if (!Family::valid(next)) return false;
  for (int j = 0; j < Family::n_params; ++j) theta[j] = next[j];
  return true;
}

template <class Pass>
THETAHAT_NOINLINE typename Pass::sums large_batch(const double* theta, block b) {
  tree<Pass> t;
  t.clear(theta);
  t.add(b);
  return t.total().sums;
}

// Steps on rows, batches and whole samples; theta is scaled, and stays where it is when a step would leave
// the domain. This is theta + rate * score, the score summed over the rows of a small batch, or from a pass.
template <class Family, bool own = has_step<Family>>
struct steps {
  static constexpr int p = Family::n_params;
  using pass = sums_pass<Family>;
  using sample = typename pass::sums;

  const units<Family> unit;
  const double rate;
  const int* const held;

  steps(const double* theta, double r, const int* kept)
      : unit(theta), rate(ldexp(r, -2 * unit.exponent)), held(kept) {}

  static const sample& prepare(const sample& s) { return s; }

  bool row(double* theta, double x, double w) const {
    const Family at = family(theta);
    double g[p];
    at.row_score(x, g);
    return climb(at, theta, g, w);
  }
  bool batch(double* theta, const block& b) const {
    if (b.n >= 32) return whole(theta, large_batch<pass>(family_theta(theta).value, b));
    const Family at = family(theta);
    double total[p] = {}, g[p];
    for (int64_t i = 0; i < b.n; ++i) {
      at.row_score(b.x[i], g);
      for (int j = 0; j < p; ++j) total[j] += b.w ? b.w[i] * g[j] : g[j];
    }
    return climb(at, theta, total, 1.0);
  }
  bool whole(double* theta, const sample& s) const {
    const Family at = family(theta);
    double g[p];
    at.score(s, g);
    return climb(at, theta, g, 1.0);
  }

 private:
  struct values {
    double value[p];
  };
  values family_theta(const double* theta) const {
    values v;
    for (int j = 0; j < p; ++j) v.value[j] = theta[j] * unit.out[j];
    return v;
  }
  Family family(const double* theta) const { return Family(family_theta(theta).value); }

  bool climb(const Family& at, double* theta, const double* g, double w) const {
    const double scale = ldexp(at.scale(), -unit.exponent);
    double next[p];
    for (int j = 0; j < p; ++j)
      next[j] = theta[j] + rate * w * times_power(g[j], scale, -Family::dimension[j]);
    return move<Family>(held, theta, next);
  }
};

template <class Family>
struct steps<Family, true> {
  static constexpr int p = Family::n_params;
  using pass = sums_pass<Family>;

  const units<Family> unit;
  const double rate, to_unit;
  const int* const held;

  steps(const double* theta, double r, const int* kept)
      : unit(theta), rate(ldexp(r, -2 * unit.exponent)), to_unit(ldexp(1.0, -unit.exponent)), held(kept) {}

  auto prepare(const typename pass::sums& s) const { return Family::batch(s, unit.exponent); }

  bool row(double* theta, double x, double w) const {
    double next[p];
    for (int j = 0; j < p; ++j) next[j] = theta[j];
    Family::row_step(next, x * to_unit, rate * w);
    return move<Family>(held, theta, next);
  }
  THETAHAT_INLINE bool batch(double* theta, const block& b) const {
    return whole(theta, b.n < 32 ? Family::batch(b, to_unit) : prepare(large_batch<pass>(nullptr, b)));
  }
  template <class Batch>
  bool whole(double* theta, const Batch& b) const {
    double next[p];
    for (int j = 0; j < p; ++j) next[j] = theta[j];
    Family::batch_step(next, b, rate);
    return move<Family>(held, theta, next);
  }
};

template <class Family>
void record(double* trace, int64_t row, const double* theta) {
  if (trace)
    for (int j = 0; j < Family::n_params; ++j) trace[row * Family::n_params + j] = theta[j];
}

template <class Family>
int64_t gradient_ascent(const typename sums_pass<Family>::sums& s, double rate, int64_t epochs,
                        const int* held, double* theta, double* trace) {
  const steps<Family> step(theta, rate, held);
  const auto& sample = step.prepare(s);
  double scaled[Family::n_params];
  step.unit.into(theta, scaled);
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    if (!step.whole(scaled, sample) || !step.unit.out_of(scaled, theta)) return epoch;
    record<Family>(trace, epoch, theta);
  }
  return epochs;
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
template <class Family, batching kind, bool weighted>
int64_t go_on(thetahat_ascent& a, int64_t rows) {
  const bool shuffled = a.order != thetahat_sequential;
  const int64_t unit_rows = kind == batching::neighbours ? a.batch_size : 1;
  const int64_t n_units = (a.n + unit_rows - 1) / unit_rows;
  const int shared = shared_draws(n_units);
  const steps<Family> step(a.theta, a.learning_rate, a.held);
  double theta[Family::n_params];
  step.unit.into(a.theta, theta);

  auto take = [&](int64_t u, bool last) {
    if constexpr (kind == batching::row) {
      return step.row(theta, a.x[u], weighted ? a.weights[u] : 1.0);
    } else if constexpr (kind == batching::neighbours) {
      int64_t start = u * unit_rows, rest = a.n - start;
      return step.batch(
          theta, {a.x + start, weighted ? a.weights + start : nullptr, rest < unit_rows ? rest : unit_rows});
    } else {
      double* weights = a.batch + a.batch_size;
      if (weighted) weights[a.gathered] = a.weights[u];
      a.batch[a.gathered++] = a.x[u];
      if (a.gathered < a.batch_size && !last) return true;
      int64_t n = a.gathered;
      a.gathered = 0;
      return step.batch(theta, {a.batch, weighted ? weights : nullptr, n});
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
  a.diverged = !step.unit.out_of(theta, a.theta) || !good;
  if (i == n_units && !a.diverged) {
    a.position = a.filled = a.drawn = 0;
    record<Family>(a.trace, ++a.epoch, a.theta);
  }
  return rows;
}

template <class Family, bool weighted>
bool run_slices(thetahat_ascent& a, int64_t rows) {
  auto slice = a.batch_size == 1             ? go_on<Family, batching::row, weighted>
               : a.order == thetahat_samples ? go_on<Family, batching::gathered, weighted>
                                             : go_on<Family, batching::neighbours, weighted>;
  while (rows > 0 && !a.diverged && a.epoch < a.epochs) rows = slice(a, rows);
  return !a.diverged && a.epoch < a.epochs;
}

template <class Family>
bool stochastic_ascent(thetahat_ascent* a, int64_t rows) {
  return a->weights ? run_slices<Family, true>(*a, rows) : run_slices<Family, false>(*a, rows);
}

}  // namespace thetahat::THETAHAT_ISA
