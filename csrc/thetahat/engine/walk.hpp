// Steps of a stochastic ascent: on one row after another, or on batches; and taking stock of rows behind.
//
// There are three loops. The notebook's is in textbook coordinates with the summed score, in units of a power
// of two near the scale of its first theta: no product of its steps overflows, and no digit changes. The
// scaled one is in free coordinates, times the inverse of the information of one row. All other rules share
// one, which is slower.
#pragma once
#include "thetahat/engine/feed.hpp"
#include "thetahat/engine/newton.hpp"
#include "thetahat/engine/rule.hpp"
#include "thetahat/engine/tree.hpp"

namespace thetahat::THETAHAT_ISA {

template <class Family>
int is_valid(const double* theta) {
  return Family::valid(theta);
}

template <class Family>
constexpr parameters parameters_of() {
  return {Family::n_params, Family::domain, Family::dimension, is_valid<Family>};
}

inline bool is_plain(const thetahat_rule& r) {
  return !r.logarithmic && !r.scaled && !r.mean && !r.averaged && !r.implicit && r.kind == thetahat_plain;
}
inline bool is_tuned(const thetahat_rule& r) {
  return r.logarithmic && r.scaled && !r.mean && !r.averaged && !r.implicit && r.kind == thetahat_plain;
}

// A power of two near the scale at theta, within 2^-most and 2^most.
template <class Family>
inline double unit_near(const double* theta, int most) {
  int exponent;
  frexp(Family::scale_of(theta), &exponent);
  return ldexp(1.0, exponent > most ? most : exponent < -most ? -most : exponent);
}

// One rate for parameters of several dimensions has no units.
template <class Family>
inline double unit_of_rate(const double* theta) {
  for (int d : Family::dimension)
    if (d != 1) return 1.0;
  return unit_near<Family>(theta, 500);  // whose square is a double
}

// The free coordinate of a parameter.
inline double free_coordinate(int domain, double theta, double unit) {
  if (domain == thetahat_positive) return log(theta);
  if (domain == thetahat_unit) return log(theta / (1.0 - theta));
  return theta / unit;
}

template <class Family>
THETAHAT_COLD void set_out(const thetahat_rule* rule, thetahat_walk* walk) {
  walk->unit = rule->scaled      ? unit_near<Family>(walk->theta, 1000)
               : is_plain(*rule) ? unit_of_rate<Family>(walk->theta)
                                 : 1.0;
  walk->fading[0] = walk->fading[1] = 1.0;
  for (int j = 0; j < Family::n_params; ++j)
    walk->origin[j] = rule->scaled ? free_coordinate(Family::domain[j], walk->theta[j],
                                                     Family::dimension[j] ? walk->unit : 1.0)
                                   : 0.0;
}

// The derivatives of the parameters by the coordinates of the steps, in units of the scale.
template <class Family>
THETAHAT_INLINE void slopes(bool logarithmic, const double* theta, double scale, double unit, double* m) {
  for (int j = 0; j < Family::n_params; ++j) {
    const int domain = Family::domain[j], dimension = Family::dimension[j];
    if (!logarithmic)
      m[j] = times_power(1.0, scale, -dimension);
    else if (domain == thetahat_positive)
      m[j] = times_power(theta[j], scale, -dimension);
    else if (domain == thetahat_unit)
      m[j] = times_power(theta[j] * (1.0 - theta[j]), scale, -dimension);
    else
      m[j] = times_power(1.0, unit / scale, dimension);
  }
}

template <class Pass>
THETAHAT_NOINLINE counted_sums<typename Pass::sums> large_batch(const double* theta, const block& b) {
  if (b.n <= block_rows) return sum_block(Pass(theta), b);
  tree<Pass> t;
  t.clear(theta);
  t.add(b);
  return t.total();
}

constexpr int64_t few_rows = 1024;  // up to here a batch is not worth a pass

// The score of a batch at theta, in units of the scale: eight lanes of rows at a time, the same at every
// level.
template <class Family, bool weighted>
inline void few_scores(const Family& at, const block& b, double* g) {
  constexpr int p = Family::n_params, few = 8, registers_of_few = few / width;
  vec sum[p][registers_of_few] = {};
  double lane[p][few];
  int64_t i = 0;
  for (; i + few <= b.n; i += few)
    for (int k = 0; k < registers_of_few; ++k) {
      vec s[p];
      at.row_score(load(b.x + i + k * width), s);
      for (int j = 0; j < p; ++j) sum[j][k] += weighted ? load(b.w + i + k * width) * s[j] : s[j];
    }
  for (int j = 0; j < p; ++j) {
    for (int k = 0; k < registers_of_few; ++k) store(lane[j] + k * width, sum[j][k]);
    for (int half = few / 2; half > 0; half /= 2)
      for (int k = 0; k < half; ++k) lane[j][k] += lane[j][k + half];
    g[j] = lane[j][0];
  }
  for (; i < b.n; ++i) {
    double s[p];
    at.row_score(b.x[i], s);
    for (int j = 0; j < p; ++j) g[j] += weighted ? b.w[i] * s[j] : s[j];
  }
}

template <class Family>
THETAHAT_NOINLINE void batch_score(const double* theta, const block& b, double* g) {
  const Family at(theta);
  if (b.n >= few_rows)
    at.score(large_batch<sums_pass<Family>>(theta, b).sums, g);
  else if (b.w)
    few_scores<Family, true>(at, b, g);
  else
    few_scores<Family, false>(at, b, g);
}

// theta becomes next, but for what is held, unless that lies outside the domain.
template <class Family>
THETAHAT_INLINE bool move(const int* held, double* theta, double* next) {
  if (held)
    for (int j = 0; j < Family::n_params; ++j)
      if (held[j]) next[j] = theta[j];
  if (!Family::valid(next)) return false;
  for (int j = 0; j < Family::n_params; ++j) theta[j] = next[j];
  return true;
}

// The notebook's steps: theta + rate * score, theta and rate in units.
template <class Family>
struct plain_step {
  static constexpr int p = Family::n_params;
  using pass = sums_pass<Family>;

  const double unit, inverse;  // powers of two
  const int* const held;

  plain_step(double power_of_two, const int* kept)
      : unit(power_of_two), inverse(1 / power_of_two), held(kept) {}

  // theta + rate (score / scale^dimension), by a score in units of the scale.
  THETAHAT_INLINE bool climb(double scale, double* theta, const double* g, double rate) const {
    scale *= inverse;
    double next[p];
    for (int j = 0; j < p; ++j) next[j] = theta[j] + rate * times_power(g[j], scale, -Family::dimension[j]);
    return move<Family>(held, theta, next);
  }
  THETAHAT_INLINE bool row(double* theta, double x, double rate) const {
    if constexpr (has_step<Family>) {
      double next[p];
      for (int j = 0; j < p; ++j) next[j] = theta[j];
      Family::row_step(next, x * inverse, rate);
      return move<Family>(held, theta, next);
    } else {
      double g[p];
      double full[p];
      in_full(theta, full);
      const Family at(full);
      at.row_score(x, g);
      return climb(at.scale(), theta, g, rate);
    }
  }
  THETAHAT_INLINE bool batch(double* theta, const block& b, double rate) const {
    if constexpr (has_step<Family>) {
      if (b.n < 32) return by_sums(theta, Family::batch(b, inverse), rate);
      return whole(theta, large_batch<pass>(nullptr, b).sums, rate);
    } else {
      double g[p], full[p];
      in_full(theta, full);
      batch_score<Family>(full, b, g);
      return climb(Family::scale_of(full), theta, g, rate);
    }
  }
  bool whole(double* theta, const typename pass::sums& s, double rate) const {
    if constexpr (has_step<Family>) {
      int exponent;
      frexp(unit, &exponent);
      return by_sums(theta, Family::batch(s, exponent - 1), rate);
    } else {
      double g[p], full[p];
      in_full(theta, full);
      Family(full).score(s, g);
      return climb(Family::scale_of(full), theta, g, rate);
    }
  }
  THETAHAT_INLINE void in_full(const double* theta, double* out) const {
    for (int j = 0; j < p; ++j) out[j] = times_power(theta[j], unit, Family::dimension[j]);
  }
  THETAHAT_INLINE void in_units(const double* theta, double* out) const {
    for (int j = 0; j < p; ++j) out[j] = times_power(theta[j], inverse, Family::dimension[j]);
  }

 private:
  template <class Batch>
  bool by_sums(double* theta, const Batch& b, double rate) const {
    double next[p];
    for (int j = 0; j < p; ++j) next[j] = theta[j];
    Family::batch_step(next, b, rate);
    return move<Family>(held, theta, next);
  }
};

// Back from units to theta; false, and theta as it was, where it would leave its domain on the way.
template <class Family>
inline bool out_of_units(const plain_step<Family>& step, const double* scaled, double* theta) {
  double full[Family::n_params];
  step.in_full(scaled, full);
  if (!Family::valid(full)) return false;
  for (int j = 0; j < Family::n_params; ++j) theta[j] = full[j];
  return true;
}

// Single rows for the steps of a loop: copied beforehand, or shuffled among the steps, in whose latency that
// hides; then they are kept for what takes stock of them.
struct copied_rows {
  const double* x;

  THETAHAT_INLINE double operator()(int64_t i) { return x[i]; }
};

struct shuffled_rows {
  static constexpr int64_t ahead = 16;  // drawn in one go
  thetahat_feed& feed;
  double* x;

  THETAHAT_INLINE double operator()(int64_t i) {
    if (feed.used == feed.drawn) {
      const int64_t until = feed.drawn + ahead < feed.loaded ? feed.drawn + ahead : feed.loaded;
      feed.drawn = draw(feed.words, feed.units, feed.loaded, feed.drawn, until);
    }
    return x[i] = feed.x[feed.units[feed.used++]];
  }
};

// Calls step(x, rate) for each of n rows while it can be made.
template <class Rows, class Step>
THETAHAT_INLINE bool each_row(const thetahat_rule& r, thetahat_walk& walk, Rows rows, const double* w,
                              int64_t n, Step step) {
  double rate[group_rows];
  bool good = true;
  for (int64_t i = 0; i < n && good;) {
    const int64_t some = n - i < group_rows ? n - i : group_rows, first = i;
    row_rates(r, walk, w ? w + i : nullptr, some, rate);
    for (; i < first + some && good; ++i) good = step(rows(i), rate[i - first]);
  }
  walk.steps += double(n);
  return good;
}

// Calls step(batch, rate) for each batch of n rows while it can be made.
template <class Step>
THETAHAT_INLINE bool each_batch(const thetahat_rule& r, thetahat_walk& walk, const double* x, const double* w,
                                int64_t n, Step step) {
  bool good = true;
  for (int64_t i = 0; i < n && good; i += r.batch) {
    const block b = {x + i, w ? w + i : nullptr, n - i < r.batch ? n - i : r.batch};
    walk.t = count_in(r, walk.t, b.w, b.n);
    walk.steps += 1;
    good = step(b, rate_at(r, walk.t));
  }
  return good;
}

template <class Family>
void plain_steps(const thetahat_rule& r, thetahat_walk& walk, thetahat_feed* feed, double* x, const double* w,
                 int64_t n) {
  const plain_step<Family> step(walk.unit, r.held);
  const double in_units = step.inverse * step.inverse;
  double theta[Family::n_params];
  step.in_units(walk.theta, theta);
  auto row = [&](double v, double rate) THETAHAT_INLINED { return step.row(theta, v, rate * in_units); };
  auto batch = [&](const block& b, double rate) { return step.batch(theta, b, rate * in_units); };
  const bool good = feed           ? each_row(r, walk, shuffled_rows{*feed, x}, nullptr, n, row)
                    : r.batch == 1 ? each_row(r, walk, copied_rows{x}, w, n, row)
                                   : each_batch(r, walk, x, w, n, batch);
  walk.diverged = !out_of_units(step, theta, walk.theta) || !good;
}

// Steps in free coordinates, times the inverse of the information of one row.
template <class Family>
struct tuned_step {
  static constexpr int p = Family::n_params;
  double theta[p], metric[p * p], limit[p], unit;

  explicit tuned_step(const thetahat_walk& walk) : unit(walk.unit) {
    for (int j = 0; j < p; ++j) {
      theta[j] = walk.theta[j];
      limit[j] = walk.limit[j];
    }
    for (int j = 0; j < p * p; ++j) metric[j] = walk.metric[j];
  }
  THETAHAT_INLINE bool climb(const double* g, double scale, double rate) {
    double m[p], next[p];
    slopes<Family>(true, theta, scale, unit, m);
    for (int i = 0; i < p; ++i) {
      double step = 0.0;
      for (int j = 0; j < p; ++j) step += metric[i * p + j] * (m[j] * g[j]);
      next[i] = moved(Family::domain[i], theta[i], limited(Family::domain[i], rate * step, limit[i]),
                      Family::dimension[i] ? unit : 1.0);
    }
    return move<Family>(nullptr, theta, next);
  }
};

template <class Family>
void tuned_steps(const thetahat_rule& r, thetahat_walk& walk, thetahat_feed* feed, double* x, const double* w,
                 int64_t n) {
  tuned_step<Family> step(walk);
  auto row = [&](double v, double rate) THETAHAT_INLINED {
    double g[Family::n_params];
    const Family at(step.theta);
    at.row_score(v, g);
    return step.climb(g, at.scale(), rate);
  };
  auto batch = [&](const block& b, double rate) {
    double g[Family::n_params];
    batch_score<Family>(step.theta, b, g);
    return step.climb(g, Family::scale_of(step.theta), rate);
  };
  const bool good = feed           ? each_row(r, walk, shuffled_rows{*feed, x}, nullptr, n, row)
                    : r.batch == 1 ? each_row(r, walk, copied_rows{x}, w, n, row)
                                   : each_batch(r, walk, x, w, n, batch);
  for (int j = 0; j < Family::n_params; ++j) walk.theta[j] = step.theta[j];
  walk.diverged = !good;
}

// Score and information of some rows at theta, in the coordinates of the steps: with m the slopes and b the
// bends of the parameters, m g and m J m - diag(b m g).
template <class Family>
struct in_coordinates {
  static constexpr int p = Family::n_params;
  double log_likelihood, score[p], information[p * p];

  THETAHAT_COLD in_coordinates(bool logarithmic, double unit, const double* theta,
                               const typename sums_pass<Family>::sums& s) {
    const Family family(theta);
    const at_theta<Family> at(family, s);
    double m[p], J[p * p];
    log_likelihood = family.log_likelihood(s);
    slopes<Family>(logarithmic, theta, family.scale(), unit, m);
    for (int i = 0; i < p * p; ++i) J[i] = at.information[i];
    // What the rows say of a median, no second derivative shows.
    if constexpr (has_peak<Family>) invert<p>(at.covariance, J);
    for (int i = 0; i < p; ++i) {
      score[i] = m[i] * at.score[i];
      for (int j = 0; j < p; ++j) information[i * p + j] = m[i] * m[j] * J[i * p + j];
    }
    for (int i = 0; i < p && logarithmic && !has_peak<Family>; ++i)
      information[i * p + i] -= free_parameter<Family>(i, theta[i], 1.0).bend() * score[i];
  }
  bool finite() const {
    double sum = log_likelihood - log_likelihood;
    for (double v : score) sum += v - v;
    for (double v : information) sum += v - v;
    return sum == 0;
  }
};

// The inverse but for what is held, whose rows and columns are zeros; false where there is none.
template <int p>
inline bool invert_but(const int* held, const double* J, double* C) {
  double free[p * p], inverse[p * p];
  for (int i = 0; i < p * p; ++i)
    free[i] = held && (held[i / p] || held[i % p]) ? double(i % (p + 1) == 0) : J[i];
  if (!invert<p>(free, inverse)) return false;
  for (int i = 0; i < p * p; ++i) C[i] = held && (held[i / p] || held[i % p]) ? 0.0 : inverse[i];
  return true;
}

// A step to where the score of the batch, taken there, leads: the maximum of
//   F(d) = log-likelihood(u + d) - d' Q d / (2 rate),  Q = the information of one row, or 1,
// by Newton's method from d = 0 on, its steps halved until F rises. Where it does not, d stays. A mean is
// over the weight of the batch.
template <class Family>
THETAHAT_COLD void implicit_step(const thetahat_rule& r, thetahat_walk& walk, const block& b, double rate,
                                 double weight, double* d) {
  constexpr int p = Family::n_params;
  double Q[p * p], theta[p], best = -HUGE_VAL, to[p] = {}, step[p] = {};
  for (int i = 0; i < p * p; ++i)
    Q[i] = (r.scaled ? walk.information[i] / walk.n : double(i % (p + 1) == 0)) / rate;
  for (int j = 0; j < p; ++j) d[j] = 0.0;
  for (int look = 0; look < 40; ++look) {
    for (int j = 0; j < p; ++j)
      theta[j] = moved(Family::domain[j], walk.theta[j], to[j], Family::dimension[j] ? walk.unit : 1.0);
    double F = -HUGE_VAL, largest = 0.0;
    if (Family::valid(theta)) {
      const in_coordinates<Family> at(true, walk.unit, theta, large_batch<sums_pass<Family>>(theta, b).sums);
      const double share = r.mean ? 1.0 / weight : 1.0;
      double c[p], J[p * p], C[p * p];
      if (at.finite()) F = share * at.log_likelihood;
      for (int i = 0; i < p; ++i) {
        c[i] = share * at.score[i];
        for (int j = 0; j < p; ++j) {
          J[i * p + j] = Q[i * p + j] + share * at.information[i * p + j];
          c[i] -= Q[i * p + j] * to[j];
          F -= 0.5 * to[i] * Q[i * p + j] * to[j];
        }
      }
      if (F > best) {
        best = F;
        if (!invert_but<p>(r.held, J, C) && !invert_but<p>(r.held, Q, C)) return;
        for (int i = 0; i < p; ++i) {
          d[i] = to[i];
          step[i] = 0.0;
          for (int j = 0; j < p; ++j) step[i] += C[i * p + j] * c[j];
          step[i] = step[i] > 1 ? 1.0 : step[i] < -1 ? -1.0 : step[i];
        }
      } else {
        for (double& s : step) s *= 0.5;
      }
    } else {
      for (double& s : step) s *= 0.5;
    }
    for (int j = 0; j < p; ++j) {
      to[j] = d[j] + step[j];
      largest = fabs(step[j]) > largest ? fabs(step[j]) : largest;
    }
    if (largest < 1e-12) return;
  }
}

// Steps of any rule.
template <class Family>
THETAHAT_COLD void steps_by_rule(const thetahat_rule& r, thetahat_walk& walk, const double* x,
                                 const double* w, int64_t n) {
  constexpr int p = Family::n_params;
  const parameters all = parameters_of<Family>();
  each_batch(r, walk, x, w, n, [&](const block& b, double rate) {
    double g[p], m[p], weight = b.w ? 0.0 : double(b.n);
    for (int64_t k = 0; b.w && k < b.n; ++k) weight += b.w[k];
    if (r.implicit) {
      implicit_step<Family>(r, walk, b, rate, weight, g);
      go(r, walk, all, g);
      return walk.diverged == 0;
    }
    batch_score<Family>(walk.theta, b, g);
    slopes<Family>(r.logarithmic, walk.theta, Family::scale_of(walk.theta), walk.unit, m);
    for (int j = 0; j < p; ++j) g[j] *= m[j];
    step_by(r, walk, all, g, rate, weight);
    return walk.diverged == 0;
  });
}

// Whether the loops of a rule shuffle single rows among their steps.
inline bool shuffles_among_steps(const thetahat_rule& r) {
  return r.batch == 1 && (is_plain(r) || is_tuned(r));
}

template <class Family>
void steps(const thetahat_rule* rule, thetahat_walk* walk, thetahat_feed* feed, double* x, const double* w,
           int64_t n) {
  if (walk->diverged != 0) return;
  if (is_plain(*rule))
    plain_steps<Family>(*rule, *walk, feed, x, w, n);
  else if (is_tuned(*rule))
    tuned_steps<Family>(*rule, *walk, feed, x, w, n);
  else
    steps_by_rule<Family>(*rule, *walk, x, w, n);
}

// The free coordinates of theta, from those of the first one on.
template <class Family>
inline void free_coordinates(const thetahat_walk& walk, double* u) {
  for (int j = 0; j < Family::n_params; ++j)
    u[j] = free_coordinate(Family::domain[j], walk.theta[j], Family::dimension[j] ? walk.unit : 1.0) -
           walk.origin[j];
}

// The metric of the steps to come, and how far one may go: four standard errors of theta as rows of weight 1
// would have them. C becomes the inverse of all information; false, and nothing new, where there is none.
template <int p>
inline bool scale_steps(const thetahat_rule& r, thetahat_walk& walk, double* C) {
  if (!invert_but<p>(r.held, walk.information, C)) return false;
  for (int i = 0; i < p * p; ++i) walk.metric[i] = walk.n * C[i];
  for (int i = 0; i < p; ++i) {
    const double error = sqrt(C[i * p + i] * walk.n / walk.counted);
    walk.limit[i] = error < 0.25 ? 4 * error : 1.0;
  }
  return true;
}

// Adds the information of some rows, and the parabola of their log-likelihood, to what is kept of those
// before; and scales the steps to come by that. Rows that theta makes impossible say nothing of it. From rows
// that show theta to be far away no short step leads; where rows fade, they show that the law has changed.
template <class Family>
THETAHAT_COLD void take_stock(const thetahat_rule* rule, thetahat_walk* walk, const double* x,
                              const double* w, int64_t n) {
  constexpr int p = Family::n_params;
  const auto total = large_batch<sums_pass<Family>>(walk->theta, {x, w, n});
  const in_coordinates<Family> at(true, walk->unit, walk->theta, total.sums);
  const double kept = rule->memory == 1 ? 1.0 : exp(double(n) * log(rule->memory));
  double u[p], C[p * p], surprise = 0.0;
  walk->rows += total.rows;
  if (!at.finite()) return;
  free_coordinates<Family>(*walk, u);
  walk->n = kept * walk->n + total.sums.n;
  walk->counted = kept * walk->counted + total.rows;
  walk->level = kept * walk->level + at.log_likelihood;
  for (int i = 0; i < p; ++i) {
    double Ju = 0.0;
    for (int j = 0; j < p; ++j) {
      double& J = walk->information[i * p + j];
      J = kept * J + at.information[i * p + j];
      Ju += at.information[i * p + j] * u[j];
    }
    walk->pull[i] = kept * walk->pull[i] + (at.score[i] + Ju);
    walk->level -= u[i] * (at.score[i] + 0.5 * Ju);
  }
  const bool concave = scale_steps<p>(*rule, *walk, C);
  for (int i = 0; i < p * p && concave; ++i) surprise += at.score[i / p] * C[i] * at.score[i % p];
  if (concave && surprise <= 100) return;
  walk->lost = rule->memory != 1;
  for (double& limit : walk->limit) limit = 1.0;
}

// theta's covariance from the information of all rows, each where theta was then, and its squared distance in
// standard errors to the maximum of the parabola that they make.
//
// Rows that fade, by a factor m each, make an estimate of the variance (sum m^2i) / (sum m^i)^2 times what
// one row has: (1 + m^n) / (1 + m) times the inverse of their information.
template <class Family>
THETAHAT_COLD void walked(const thetahat_rule* rule, const thetahat_walk* walk, thetahat_values* v) {
  constexpr int p = Family::n_params;
  double C[p * p], u[p], rest[p], slope[p], scale = Family::scale_of(walk->theta), fading = 1.0;
  const bool concave = invert_but<p>(rule->held, walk->information, C);
  if (rule->memory != 1)
    fading = walk->n / walk->t * (1.0 + exp(walk->rows * log(rule->memory))) / (1.0 + rule->memory);
  free_coordinates<Family>(*walk, u);
  slopes<Family>(true, walk->theta, scale, walk->unit, slope);
  v->log_likelihood = walk->level;
  v->decrement = concave ? 0.0 : NAN;
  for (int i = 0; i < p; ++i) {
    slope[i] = times_power(slope[i], scale, Family::dimension[i]);
    rest[i] = walk->pull[i];
    for (int j = 0; j < p; ++j) rest[i] -= walk->information[i * p + j] * u[j];
    v->log_likelihood += 0.5 * u[i] * (walk->pull[i] + rest[i]);
  }
  for (int i = 0; i < p; ++i) {
    for (int j = 0; j < p; ++j) {
      v->decrement += rest[i] * C[i * p + j] * rest[j];
      v->covariance[i * p + j] = concave ? fading * slope[i] * C[i * p + j] * slope[j] : NAN;
    }
    v->standard_error[i] = concave ? slope[i] * sqrt(fading * C[i * p + i]) : NAN;
  }
}

// Another stream's rows join those of a walk. Theta becomes where the parabolas of both together are highest,
// by what either theta is to its own: level + pull'v - v'Jv / 2, v = ours / ratio + shift.
template <class Family>
THETAHAT_COLD void join(const thetahat_rule* rule, thetahat_walk* walk, const thetahat_walk* other) {
  constexpr int p = Family::n_params;
  double ratio[p], shift[p], u[p], theirs[p], pulled[p] = {}, C[p * p];
  free_coordinates<Family>(*walk, u);
  free_coordinates<Family>(*other, theirs);
  for (int j = 0; j < p; ++j) {
    const bool scales = Family::dimension[j] && Family::domain[j] == thetahat_real;
    ratio[j] = scales ? other->unit / walk->unit : 1.0;
    shift[j] = walk->origin[j] / ratio[j] - other->origin[j];
  }
  walk->level += other->level;
  for (int i = 0; i < p; ++i) {
    double J_shift = 0.0;
    for (int j = 0; j < p; ++j) {
      const double J = other->information[i * p + j];
      J_shift += J * shift[j];
      pulled[i] += J / ratio[i] * (theirs[j] - (u[j] / ratio[j] + shift[j]));
      walk->information[i * p + j] += J / ratio[i] / ratio[j];
    }
    walk->pull[i] += (other->pull[i] - J_shift) / ratio[i];
    walk->level += shift[i] * (other->pull[i] - 0.5 * J_shift);
  }
  walk->t += other->t;
  walk->n += other->n;
  walk->rows += other->rows;
  walk->counted += other->counted;
  walk->steps += other->steps;
  if (other->diverged != 0) walk->diverged = other->diverged;
  if (!scale_steps<p>(*rule, *walk, C)) return;
  for (int i = 0; i < p; ++i) {
    double step = 0.0;
    for (int j = 0; j < p; ++j) step += C[i * p + j] * pulled[j];
    walk->theta[i] = moved(Family::domain[i], walk->theta[i], step, Family::dimension[i] ? walk->unit : 1.0);
  }
}

}  // namespace thetahat::THETAHAT_ISA
