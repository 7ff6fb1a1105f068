// Stochastic gradient ascent in segments: steps on some rows, then the quadratic model of their
// log-likelihood. One machine serves epochs over a sample, whose rows it reads, and streams, whose rows are
// passed in.
#include "thetahat/isa/baseline.hpp"

#include "thetahat/data/epoch_reader.hpp"
#include "thetahat/engine/batch_score.hpp"
#include "thetahat/engine/follow_maximum.hpp"
#include "thetahat/engine/implicit_step.hpp"
#include "thetahat/kernels/units.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr int64_t most_segment_rows = 1024;
constexpr int64_t slice_rows = 1 << 17;     // between two checks for signals,
constexpr int64_t implicit_slice = 1 << 9;  // where each step takes many evaluations
constexpr int64_t group_rows = 32;          // neighbouring rows that are loaded together
constexpr int64_t window_rows = 1 << 16;    // rows that are shuffled together
constexpr int64_t read_at_once = 256;       // rows that share a call
constexpr int64_t long_stream = 1 << 16;    // rows

void general_steps(const thetahat_model& m, thetahat_sgd& a, const double* x, const double* w, int64_t n) {
  const thetahat_update_rule& r = a.rule;
  thetahat_sgd_state& state = a.state;
  for (int64_t i = 0; i < n && state.diverged == 0; i += r.batch) {
    const block b = {x + i, w ? w + i : nullptr, n - i < r.batch ? n - i : r.batch};
    double g[max_p], weight = b.w ? 0.0 : double(b.n);
    state.t = count_in(r, state.t, b.w, b.n);
    state.steps += 1;
    for (int64_t k = 0; b.w && k < b.n; ++k) weight += b.w[k];
    if (r.implicit) {
      implicit_step(m, r, state, b, rate_at(r, state.t), weight, g);
      apply_step(m, r, state, g);
      continue;
    }
    const double scale = m.scale(&m, state.theta);
    batch_score(m, state.theta, b, g);
    for (int j = 0; j < m.n_params; ++j)
      g[j] *= r.free_coordinates ? jacobian(m.parameters[j], state.theta[j], scale, state.unit)
                                 : times_power(1.0, scale, -m.parameters[j].scale_power);
    step_by_rule(m, r, state, g, rate_at(r, state.t), weight);
  }
}

void steps(const thetahat_model& m, thetahat_sgd& a, thetahat_epoch_reader* reader, double* x,
           const double* w, int64_t n) {
  if (a.state.diverged != 0) return;
  if (!m.textbook_steps)
    general_steps(m, a, x, w, n);
  else if (is_textbook(a.rule))
    m.textbook_steps(&m, &a.rule, &a.state, reader, x, w, n);
  else if (is_preconditioned(a.rule))
    m.preconditioned_steps(&m, &a.rule, &a.state, reader, x, w, n);
  else
    general_steps(m, a, x, w, n);
}

void record(const thetahat_model& m, thetahat_sgd& a) {
  if (a.trace && a.traced < a.trace_rows)
    reported_theta(m, a.rule, a.state, a.trace + a.traced++ * m.n_params);
}

void record_steps(const thetahat_model& m, thetahat_sgd& a) {
  if (a.trace_every && int64_t(a.state.steps) % a.trace_every == 0 && a.state.diverged == 0) record(m, a);
}

// How many rows to read next: some, or to the end of a batch, of the segment, or to the next trace.
int64_t wanted_rows(const thetahat_sgd& a) {
  const int64_t b = a.rule.batch, begun = a.filled - a.stepped;
  int64_t wanted = b >= read_at_once ? b - begun : read_at_once / b * b - begun;
  if (a.filled + wanted > a.segment) wanted = a.segment - a.filled;
  if (a.trace && a.trace_every) {
    const int64_t left = a.trace_every - int64_t(a.state.steps) % a.trace_every;
    if (left * b - begun < wanted) wanted = left * b - begun;
  }
  return wanted;
}

// Adds rows that steps were taken on to the quadratic model, if the rule has one.
void add_segment(const thetahat_model& m, thetahat_sgd& a, const block& rows) {
  if (!a.rule.preconditioned || rows.n == 0 || a.state.diverged != 0) return;
  (follows_maximum(a.rule) ? follow_segment : update_information)(m, a.rule, a.state, rows);
}

// Whether the sums of a batch, which is a segment then, give both its step and its place in the model. In
// later epochs they do not: all rows are expanded about the anchor.
bool follows_batches(const thetahat_sgd& a) {
  return a.rule.batch == a.segment && is_preconditioned(a.rule) && follows_maximum(a.rule) &&
         a.rule.forgetting_factor == 1 && a.state.epochs == 0;
}

// A step on a batch that is a segment, or the last rows of one.
void step_on_segment(const thetahat_model& m, thetahat_sgd& a, double* x, const double* w, int64_t n) {
  if (follows_batches(a) && a.state.diverged == 0) return follow_batch(m, a.rule, a.state, {x, w, n});
  steps(m, a, nullptr, x, w, n);
  add_segment(m, a, {x, w, n});
}

void end_segment(const thetahat_model& m, thetahat_sgd& a) {
  if (a.rule.batch < a.segment) add_segment(m, a, {a.x, a.w, a.filled});
  a.last = a.filled;
  a.filled = a.stepped = 0;
}

void end_epoch(const thetahat_model& m, thetahat_sgd& a) {
  end_segment(m, a);
  if (follows_maximum(a.rule) && a.state.diverged == 0) follow_epoch(m, a.rule, a.state);
  a.epoch += 1;
  // The last step's theta, if it is in the trace, becomes where the epoch ends.
  if (a.trace_every && a.traced > 0 && int64_t(a.state.steps) % a.trace_every == 0) a.traced -= 1;
  if (!a.trace_every) record(m, a);
  record_steps(m, a);
}

// Takes steps on the whole batches that are there, or on all rows; whether there were any.
bool step_on_rows(const thetahat_model& m, thetahat_sgd& a, bool all) {
  const int64_t ready = a.filled - a.stepped, n = all ? ready : ready - ready % a.rule.batch;
  if (n == 0) return false;
  double *x = a.x + a.stepped, *w = a.w ? a.w + a.stepped : nullptr;
  a.rule.batch < a.segment ? steps(m, a, nullptr, x, w, n) : step_on_segment(m, a, x, w, n);
  a.stepped += n;
  return true;
}

// Batches so large that each is a segment are read where they lie, if they can be: among the rows, or in a
// window, if it holds whole batches in their order.
bool reads_in_place(const thetahat_sgd& a) {
  const thetahat_rows& r = *a.reader.rows;
  if (a.rule.batch != a.segment) return false;
  if (a.reader.shuffle == thetahat_shuffle_spread) return a.reader.capacity % a.rule.batch == 0;
  return a.reader.group_rows == 0 && r.in_place && (!r.weights || r.weights->in_place);
}

int64_t next_in_place(thetahat_epoch_reader& f, int64_t wanted, const double** x, const double** w) {
  const thetahat_rows& r = *f.rows;
  if (f.group_rows) return has_window(f) ? take_window(f, wanted, x, w) : 0;
  int64_t first = 0;
  const int64_t n = next_rows(f, wanted, &first);
  *x = reinterpret_cast<const double*>(r.data) + first;
  *w = r.weights ? reinterpret_cast<const double*>(r.weights->data) + first : nullptr;
  return n;
}

int64_t step_in_place(const thetahat_model& m, thetahat_sgd& a) {
  const double *x, *w;
  const int64_t n = next_in_place(a.reader, a.rule.batch, &x, &w);
  if (n == 0) return 0;
  step_on_segment(m, a, const_cast<double*>(x), w, n);  // x is only read
  record_steps(m, a);
  return n;
}

// Single rows or batches of a window, drawn among the steps. Rows are kept for the quadratic model.
int64_t step_among_draws(const thetahat_model& m, thetahat_sgd& a) {
  if (!has_window(a.reader)) return 0;
  const int64_t b = a.rule.batch, wanted = wanted_rows(a) / b, left = a.reader.loaded - a.reader.used,
                n = left < wanted ? left : wanted;
  steps(m, a, &a.reader, a.x + a.filled, nullptr, n);
  if (b == 1) {
    a.filled += n;
    a.stepped += n;
    if (a.filled == a.segment) end_segment(m, a);
  }
  record_steps(m, a);
  return n * b;
}

// Batches of neighbouring rows come whole, the short one alone; at the end of an epoch, steps on what is
// left.
int64_t step_on_copies(const thetahat_model& m, thetahat_sgd& a) {
  const int64_t n = read_rows(a.reader, wanted_rows(a), a.x + a.filled, a.w ? a.w + a.filled : nullptr);
  a.filled += n;
  const bool stepped = step_on_rows(m, a, n == 0 || a.reader.shuffle == thetahat_shuffle_batches);
  if (a.filled == a.stepped && a.filled + a.rule.batch > a.segment) end_segment(m, a);
  if (stepped) record_steps(m, a);
  return n;
}

// Whether each step is taken on a unit of the window: a row without a weight, or a batch, of which the
// textbook rule keeps nothing.
bool draws_among_steps(const thetahat_model& m, const thetahat_sgd& a) {
  if (!m.textbook_steps || !a.reader.group_rows || a.reader.shuffle == thetahat_shuffle_spread ||
      a.reader.batch_unit != a.rule.batch)
    return false;
  if (a.rule.batch == 1) return !a.w && (is_textbook(a.rule) || is_preconditioned(a.rule));
  return is_textbook(a.rule);
}

}  // namespace

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

thetahat_reader_memory thetahat_reader_plan(thetahat_epoch_reader* r, int64_t batch) {
  thetahat_reader_memory needs = {0, 0};
  const bool spread = r->shuffle == thetahat_shuffle_spread;
  r->batch_unit = spread || r->shuffle == thetahat_shuffle_rows ? 1 : batch;
  if (r->shuffle == thetahat_shuffle_none) return needs;
  if (r->batch_unit < group_rows) {
    r->group_rows = spread ? run_rows : group_rows / r->batch_unit * r->batch_unit;
    if (r->capacity == 0) r->capacity = spread ? spread_window_rows : window_rows;
    needs.window = r->capacity;
  }
  needs.row_groups = ceil_div(r->rows->n, r->group_rows ? r->group_rows : r->batch_unit);
  return needs;
}

int64_t thetahat_read_rows(thetahat_epoch_reader* r, int64_t wanted, double* x, double* w) {
  return read_rows(*r, wanted, x, w);
}

void thetahat_start_epoch(thetahat_epoch_reader* r) { start_epoch(*r); }

// Fewer where rows are forgotten: an eighth of the half-life.
int64_t thetahat_segment_rows(const thetahat_update_rule* r) {
  double rows = most_segment_rows;
  if (r->forgetting_factor < 1) {
    const double few = 0.09 / (1 - r->forgetting_factor);
    rows = few < rows ? few : rows;
  }
  return double(r->batch) > rows ? r->batch : int64_t(rows) / r->batch * r->batch;
}

void thetahat_sgd_begin(const thetahat_model* m, thetahat_sgd* a, const double* x, const double* w,
                        int64_t n) {
  init_state(*m, a->rule, a->state);
  if (!x) return;
  update_information(*m, a->rule, a->state, {x, w, n});
  a->state.t = a->state.n;
  // The known rows count as steps that end where their maximum is.
  if (a->rule.average) a->state.averaged_steps = double(ceil_div(n, a->rule.batch));
}

int thetahat_sgd_run(const thetahat_model* m, thetahat_sgd* sgd, int64_t until, int64_t rows) {
  thetahat_sgd& a = *sgd;
  const int64_t slice = a.rule.implicit ? implicit_slice : slice_rows;
  auto step = reads_in_place(a)          ? step_in_place
              : draws_among_steps(*m, a) ? step_among_draws
                                         : step_on_copies;
  if (rows > slice) rows = slice;
  while (rows > 0 && a.epoch < until && a.state.diverged == 0) {
    if (a.rule.average == thetahat_average_epoch && starts_epoch(a.reader)) a.state.averaged_steps = 0.0;
    const int64_t n = step(*m, a);
    rows -= n > 0 ? n : 1;
    if (n == 0 && a.state.diverged == 0) end_epoch(*m, a);
  }
  return a.epoch < until && a.state.diverged == 0;
}

// Far into a stream, few rows hardly move theta.
void thetahat_sgd_settle(thetahat_sgd* a) {
  if (a->rule.later_batch > 0 && a->state.rows >= long_stream)
    a->rule.batch = a->segment = a->rule.later_batch;
}

int64_t thetahat_sgd_feed(const thetahat_model* m, thetahat_sgd* a, const double* x, const double* w,
                          int64_t n) {
  thetahat_sgd_settle(a);
  const int64_t room = a->segment - a->filled, size = n < room ? n : room;
  memcpy(a->x + a->filled, x, size * sizeof(double));
  for (int64_t i = 0; a->w && i < size; ++i) a->w[a->filled + i] = w ? w[i] : 1.0;
  a->filled += size;
  step_on_rows(*m, *a, false);
  if (a->filled == a->segment) end_segment(*m, *a);
  return size;
}

void thetahat_sgd_finish(const thetahat_model* m, thetahat_sgd* a) {
  step_on_rows(*m, *a, true);
  end_segment(*m, *a);
}

void thetahat_sgd_report(const thetahat_model* m, const thetahat_sgd* a, double* theta) {
  reported_theta(*m, a->rule, a->state, theta);
}

void thetahat_sgd_evaluate(const thetahat_model* m, const thetahat_sgd* a, thetahat_values* v) {
  summarize_state(*m, a->rule, a->state, v);
}

void thetahat_sgd_merge(const thetahat_model* m, thetahat_sgd* a, const thetahat_sgd* other) {
  merge_states(*m, a->rule, a->state, other->state);
}

void thetahat_begin_lanes(const thetahat_model* m, thetahat_lanes* c) {
  for (int k = 0; k < lanes; ++k) {
    c->unit[k] = unit_of_rate(m->n_params, m->parameters, m->scale(m, c->theta[k]));
    c->running[k] = 1.0;
  }
}

void thetahat_lane_rows(const thetahat_model* m, thetahat_lanes* c, const double* x, int shared, int64_t n) {
  (m->kernel->lanes ? m->kernel->lanes : m->lane_rows)(m, c, x, shared, n);
}
