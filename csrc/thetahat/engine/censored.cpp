// Models of exact rows and intervals together, by the derivatives of both.
#include "thetahat/isa/baseline.hpp"

#include <string.h>
#include <algorithm>
#include <functional>
#include <mutex>
#include <new>
#include "thetahat/censored_api.h"
#include "thetahat/engine/limits.hpp"
#include "thetahat/engine/transform.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

class sorted_limits {
 public:
  std::vector<double> x, w;

  void add(double limit, double weight) { x.push_back(limit), w.push_back(weight); }
  // Equal limits become one.
  void sort() {
    if (!std::is_sorted(x.begin(), x.end())) sort_both();
    size_t n = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const bool repeats = n > 0 && x[n - 1] == x[i];
      if (repeats)
        w[n - 1] += w[i];
      else
        x[n] = x[i], w[n] = w[i], ++n;
    }
    x.resize(n), w.resize(n);
  }

 private:
  // Of equal limits, the lighter ones first: one order of additions. Limits alone are quicker to sort.
  void sort_both() {
    if (std::adjacent_find(w.begin(), w.end(), std::not_equal_to<double>()) == w.end())
      return std::sort(x.begin(), x.end());
    std::vector<std::pair<double, double>> both(x.size());
    for (size_t i = 0; i < x.size(); ++i) both[i] = {x[i], w[i]};
    std::sort(both.begin(), both.end());
    for (size_t i = 0; i < x.size(); ++i) x[i] = both[i].first, w[i] = both[i].second;
  }
};

sorted_limits limits_of(const thetahat_interval_rows& rows, bool upper) {
  sorted_limits out;
  for (int64_t i = 0; i < rows.rows; ++i)
    if (upper ? rows.b[i] == HUGE_VAL && rows.a[i] > -HUGE_VAL
              : rows.a[i] == -HUGE_VAL && rows.b[i] < HUGE_VAL)
      out.add(upper ? rows.a[i] : rows.b[i], rows.w[i]);
  out.sort();
  return out;
}

}  // namespace

static void apply_log(const double* x, double* out, int64_t n) {
  const thetahat_function* logarithm = level->functions;
  while (strcmp(logarithm->name, "log")) ++logarithm;
  logarithm->apply(x, out, n);
}
// The sum of the logarithms of a block of positive rows: of mantissas by their products, below 2^512 each.
static double log_of_product(const double* x, int64_t n) {
  constexpr int lanes = 4;
  static_assert(block_rows <= 512 * lanes);
  double product[lanes] = {1.0, 1.0, 1.0, 1.0}, logs[block_rows], sum = 0.0;
  int64_t exponents = 0;
  bool normal = true;
  for (int64_t i = 0; i < n; ++i) {
    uint64_t bits;
    memcpy(&bits, x + i, sizeof bits);
    normal &= bits >> 52 != 0;
    exponents += int64_t(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffff) | 0x3ff0000000000000;
    double mantissa;
    memcpy(&mantissa, &bits, sizeof mantissa);
    product[i % lanes] *= mantissa;
  }
  apply_log(normal ? product : x, logs, normal ? lanes : n);
  for (int64_t i = 0; i < (normal ? lanes : n); ++i) sum += logs[i];
  return normal ? sum + double(exponents) * 0.6931471805599453 : sum;
}

// What intervals add at one theta, kept until another is asked for.
class interval_sums {
 public:
  explicit interval_sums(const thetahat_interval_rows& rows)
      : n(rows.n),
        threads(rows.threads),
        interrupted(rows.interrupted),
        upper(make(rows, true)),
        lower(make(rows, false)) {
    for (int64_t i = 0; i < rows.rows; ++i)
      if (rows.a[i] > -HUGE_VAL && rows.b[i] < HUGE_VAL)
        a.push_back(rows.a[i]), b.push_back(rows.b[i]), w.push_back(rows.w[i]);
    add_censored(rows);
  }

  const double n;

  probability_sum at(const thetahat_model& model, const double* theta) const {
    const std::lock_guard<std::mutex> one_at_a_time(in_use);
    const bool same = known_of == &model && !memcmp(known_at, theta, size_t(model.n_params) * sizeof(double));
    if (!same) compute(model, theta);
    return known;
  }

 private:
  const int threads;
  int (*const interrupted)(void);
  std::vector<double> a, b, w;
  double censored = 0.0, sum_log = 0.0;  // of right-censored rows among the exact ones
  mutable limits upper, lower;
  mutable std::mutex in_use;
  mutable const thetahat_model* known_of = nullptr;
  mutable double known_at[max_p];
  mutable probability_sum known;

  static limits make(const thetahat_interval_rows& rows, bool upper) {
    sorted_limits of = limits_of(rows, upper);
    return limits(upper, std::move(of.x), std::move(of.w));
  }
  // Blocks first, so that rounding grows little with the number of rows.
  void add_censored(const thetahat_interval_rows& rows) {
    double kept[2 * block_rows];
    int64_t waiting = 0;  // rows that are kept, of those between which events lie
    for (int64_t from = 0; from < rows.x_rows || waiting; from += block_rows) {
      int64_t size = std::clamp(rows.x_rows - from, int64_t(0), int64_t(block_rows));
      const double* x = rows.x + from;
      if (rows.x_events) {
        const unsigned char* events = rows.x_events + from;
        double* next = kept + waiting;
        for (int64_t i = 0; i < size; ++i) *next = x[i], next += 1 - events[i];  // each is 0 or 1
        waiting = next - kept;
        if (waiting < block_rows && from + size < rows.x_rows) continue;
        size = std::min(waiting, int64_t(block_rows)), x = kept;
      }
      add_block(x, rows.x_weights ? rows.x_weights + from : nullptr, size);
      if (rows.x_events) memmove(kept, kept + size, size_t(waiting -= size) * sizeof(double));
    }
  }
  void add_block(const double* x, const double* weights, int64_t size) {
    if (!weights) {
      censored += double(size), sum_log += log_of_product(x, size);
      return;
    }
    double log_x[block_rows], weight = 0.0, logs = 0.0;
    apply_log(x, log_x, size);
    for (int64_t i = 0; i < size; ++i) {
      weight += weights[i];
      if (weights[i] > 0) logs += weights[i] * log_x[i];
    }
    censored += weight, sum_log += logs;
  }
  void add_all(const thetahat_model& model, const double* theta, work& share, probability_sum& sum) const {
    upper.add_to(model, theta, share, sum);
    lower.add_to(model, theta, share, sum);
    add_intervals(model, theta, int64_t(w.size()), a.data(), b.data(), w.data(), share, sum);
    if (censored > 0) {
      log_probability hazards;
      model.log_hazard(&model, theta, censored, sum_log, &hazards);
      sum.add(model.n_params, -1.0, hazards);
    }
  }
  void compute(const thetahat_model& model, const double* theta) const {
    work share{threads, interrupted, interrupted && interrupted()};
    probability_sum sum;
    if (!share.stopped) add_all(model, theta, share, sum);
    if (share.stopped) sum.value = NAN;
    known = sum, known_of = share.stopped ? nullptr : &model;
    memcpy(known_at, theta, size_t(model.n_params) * sizeof(double));
  }
};

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

struct thetahat_intervals : interval_sums {  // named for C
  using interval_sums::interval_sums;
};

namespace {

void no_rows(const thetahat_model& m, const double* theta, thetahat_derivatives* d) {
  const int p = m.n_params;
  d->n = d->log_likelihood = 0.0;
  d->scale = m.scale(&m, theta);
  d->has_covariance = d->has_residual = 0;
  for (int j = 0; j < p; ++j) d->score[j] = d->residual[j] = 0.0;
  for (int k = 0; k < p * p; ++k) d->information[k] = 0.0;
}

void add_intervals_to(const thetahat_intervals& intervals, const thetahat_model& exact, const double* theta,
                      thetahat_derivatives* d) {
  const int p = exact.n_params;
  const probability_sum more = intervals.at(exact, theta);
  d->n += intervals.n;
  d->log_likelihood += more.value;
  d->has_covariance = 0;  // that of the exact rows alone
  for (int j = 0; j < p; ++j) {
    d->score[j] += more.first[j];
    if (exact.parameters[j].regularity != thetahat_boundary) d->residual[j] += more.first[j];
  }
  for (int j = 0, at = 0; j < p; ++j)
    for (int k = 0; k <= j; ++k, ++at) {
      d->information[j * p + k] -= more.second[at];
      if (k < j) d->information[k * p + j] -= more.second[at];
    }
}

void derivatives(const thetahat_model* m, const double* theta, const double* sums, thetahat_derivatives* d) {
  const thetahat_model& exact = *m->exact;
  if (sums[0] != 0)
    exact.derivatives(&exact, theta, sums, d);
  else
    no_rows(exact, theta, d);
  add_intervals_to(*m->intervals, exact, theta, d);
}

void score(const thetahat_model* m, const double* theta, const double* sums, double* g) {
  thetahat_derivatives d;
  derivatives(m, theta, sums, &d);
  for (int j = 0; j < m->n_params; ++j) g[j] = d.score[j];
}

// Sums of no rows are the same everywhere.
int shift(const thetahat_model* m, const double* theta, const double* sums, const double* to, double* shifted,
          double* error) {
  if (sums[0] != 0) return m->exact->shift(m->exact, theta, sums, to, shifted, error);
  memcpy(shifted, sums, size_t(m->n_sums) * sizeof(double));
  *error = 0.0;
  return 1;
}

int64_t gradient_ascent(const thetahat_model* m, const double* sums, double rate, int64_t epochs,
                        const int* fixed, double* theta, double* trace) {
  const int p = m->n_params;
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    thetahat_derivatives d;
    double next[max_p];
    derivatives(m, theta, sums, &d);
    for (int j = 0; j < p; ++j) {
      const double step = rate * times_power(d.score[j], d.scale, -m->parameters[j].scale_power);
      next[j] = fixed && fixed[j] ? theta[j] : theta[j] + step;
    }
    if (!m->valid(m, next)) return epoch;
    for (int j = 0; j < p; ++j) theta[j] = next[j];
    for (int j = 0; trace && j < p; ++j) trace[epoch * p + j] = theta[j];
  }
  return epochs;
}

}  // namespace

thetahat_intervals* thetahat_new_intervals(const thetahat_interval_rows* rows) try {
  return new thetahat_intervals(*rows);
} catch (const std::bad_alloc&) {
  return nullptr;
}

void thetahat_free_intervals(thetahat_intervals* intervals) { delete intervals; }

void thetahat_attach(const thetahat_model* exact, const thetahat_intervals* intervals, thetahat_model* out) {
  *out = *exact;
  out->exact = exact, out->intervals = intervals;
  out->derivatives = derivatives, out->score = score, out->gradient_ascent = gradient_ascent;
  out->shift = exact->shift ? shift : nullptr;
  out->maximum = nullptr, out->profile = nullptr, out->leap = nullptr;
  out->existence = nullptr, out->other_starts = nullptr;
}

void thetahat_evaluate_intervals(const thetahat_model* m, const thetahat_intervals* intervals,
                                 const double* theta, thetahat_values* v) {
  thetahat_derivatives d;
  no_rows(*m, theta, &d);
  add_intervals_to(*intervals, *m, theta, &d);
  v->log_likelihood = d.log_likelihood;
  for (int j = 0; j < m->n_params; ++j) {
    const int power = m->parameters[j].scale_power;
    v->score[j] = times_power(d.score[j], d.scale, -power);
    for (int k = 0; k < m->n_params; ++k) {
      const int at = j * m->n_params + k;
      v->information[at] = times_power(d.information[at], d.scale, -power - m->parameters[k].scale_power);
    }
  }
}

void thetahat_interval_scores(const thetahat_model* m, const double* theta, const double* a, const double* b,
                              int64_t n, double* log_p, double* scores) {
  probabilities at(*m, theta);
  log_probability row;
  const double scale = m->scale(m, theta);
  const int p = m->n_params;
  for (int64_t i = 0; i < n; ++i) {
    at.of(a[i], b[i], &row);
    log_p[i] = row.value;
    for (int j = 0; scores && j < p; ++j)
      scores[i * p + j] = times_power(row.first[j], scale, -m->parameters[j].scale_power);
  }
}
