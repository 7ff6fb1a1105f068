// The exact fit: equations of the sums where there are some, else Newton's method, on pilots of a long sample
// first.
#include "thetahat/isa/baseline.hpp"

#include <string.h>
#include <new>
#include <vector>
#include "thetahat/engine/explore.hpp"
#include "thetahat/engine/shifted.hpp"
#include "thetahat/engine/slices.hpp"
#include "thetahat/engine/subsample.hpp"
#include "thetahat/engine/tree.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr int64_t start_rows = 3000;  // that start values are taken from, and the first pilot

constexpr double fewest_pilot = 8e4, most_pilot = 1.6e5;

// How many rows of a pilot put Newton's method on all n so near the maximum that its third evaluation is the
// last: from m rows the error, in standard errors of one row, is m^(-1/2); after two steps it is m^-2, and
// the third finds a decrement of n / m^4. It has converged where that is below 1e-12 and 1e-19 n.
int64_t large_pilot(int64_t n) {
  const double rows = fewest_pilot * sqrt(sqrt(double(n) / 1e7));
  return int64_t(rows < fewest_pilot ? fewest_pilot : rows < most_pilot ? rows : most_pilot);
}

// Sums of a pilot that are off by no more than this give its maximum as near as its rows can.
constexpr double rough_shift = 1e-6;

// The second pilot of so long a sample. Where sums shift, one pass over all rows from there is the last: the
// series of the shift is exact over some percent of a shape, several times the error of a pilot of these
// rows.
int64_t second_pilot(const thetahat_model& m, int64_t n) {
  return m.shift ? (n / 16 < 20000 ? n / 16 : 20000) : large_pilot(n);
}

bool fixes_all(int p, const thetahat_exact& e) {
  for (int j = 0; j < p; ++j)
    if (!e.fixed[j]) return false;
  return true;
}

bool is_regular(const thetahat_model& m) {
  for (int j = 0; j < m.n_params; ++j)
    if (m.parameters[j].regularity != thetahat_regular) return false;
  return true;
}

// Whether the sums give the maximum over what is not fixed.
bool is_solved(const thetahat_model& m, const thetahat_exact& e) {
  return m.sufficient && m.maximum && (!any_fixed(m.n_params, e.fixed) || !is_regular(m));
}

void with_fixed(int p, const thetahat_exact& e, double* theta) {
  for (int j = 0; j < p; ++j)
    if (e.fixed[j]) theta[j] = e.fixed_values[j];
}

void begin_newton(const thetahat_model& m, const double* theta, const thetahat_exact& e, thetahat_newton& c) {
  c = {};
  for (int j = 0; j < m.n_params; ++j) {
    c.theta[j] = theta[j];
    c.fixed[j] = e.fixed[j];
  }
}

// Whether the sample is so long that Newton's method begins on this pilot; a start that is given is one for
// all rows.
bool has_pilot(const thetahat_model& m, const thetahat_exact& e, int64_t rows) {
  return !m.sufficient && !e.has_start && rows >= start_rows && 2 * rows < e.size;
}

// The next pilot, or the first pass over all rows.
void go_on(const thetahat_model& m, thetahat_exact& e) {
  const int64_t sizes[] = {start_rows, second_pilot(m, e.size)};
  for (; e.next_pilot < 2; ++e.next_pilot)
    if (has_pilot(m, e, sizes[e.next_pilot])) {
      e.pilot_rows = sizes[e.next_pilot];
      e.state = thetahat_wants_pilot;
      return;
    }
  begin_newton(m, e.theta, e, e.newton);
  e.newton.evaluations = e.explored;  // so that what has stalled there does so here
  e.state = thetahat_wants_pass;
}

// Newton's method on some of the rows until their maximum is near beside the standard errors there: from a
// decrement L on, the next step leaves L^2 / n or so. Where they have no maximum, theta stays: all rows may
// have one all the same.
void iterate_on_pilot(const thetahat_model& m, thetahat_exact& e, const thetahat_pilot& rows) {
  const double enough = sqrt(double(rows.n)) / 100;
  double node[thetahat_max_node], error;
  thetahat_newton c;
  begin_newton(m, e.theta, e, c);
  do {
    sum_rows(m, c.theta, {rows.x, rows.w, rows.n}, node);
    double theta[thetahat_max_params], sums[thetahat_max_sums];
    memcpy(theta, c.theta, sizeof theta), memcpy(sums, node + 1, sizeof sums);
    if (m.shift && maximize_by_shifts(m, e.fixed, theta, sums, &error) && error <= rough_shift) {
      memcpy(e.theta, theta, sizeof theta);
      return;
    }
    newton_iterate(m, node + 1, c);
  } while (c.state == thetahat_running && !(c.decrement <= enough));
  if (c.state == thetahat_converged || c.decrement <= enough)
    for (int j = 0; j < m.n_params; ++j) e.theta[j] = c.theta[j];
}

// Whether the sums of a pass show the maximum themselves: then they become those there. Sums of the first
// pass that show it roughly lead to the next one.
bool end_by_shift(const thetahat_model& m, thetahat_exact& e, double* sums) {
  double theta[thetahat_max_params], there[thetahat_max_sums], error;
  memcpy(theta, e.theta, sizeof theta), memcpy(there, sums, m.n_sums * sizeof(double));
  if (!maximize_by_shifts(m, e.fixed, theta, there, &error)) return false;
  const bool exact = error <= exact_shift;
  if (!exact && !(error <= rough_shift && e.newton.evaluations == 0)) return false;
  memcpy(e.theta, theta, sizeof theta);
  if (!exact) {
    begin_newton(m, theta, e, e.newton);
    e.newton.evaluations = 1;
    return true;
  }
  memcpy(e.evaluated, theta, sizeof theta);
  memcpy(sums, there, m.n_sums * sizeof(double));
  e.state = thetahat_fit_converged;
  return true;
}

// Start values from the rows and others put on both sides of each, so far from it in its own size: equal rows
// may have a maximum where a parameter is fixed.
bool start_beside(const thetahat_model& m, const thetahat_pilot& rows, double* theta) {
  for (double width : {0x1p-30, 0x1p-10, 0x1p-1}) {
    std::vector<double> x(3 * rows.n), w(rows.w ? 3 * rows.n : 0);
    for (int64_t i = 0; i < rows.n; ++i) {
      const double off = width * (rows.x[i] == 0 ? 1.0 : rows.x[i]);
      x[i] = rows.x[i] - off, x[rows.n + i] = rows.x[i], x[2 * rows.n + i] = rows.x[i] + off;
      for (int k = 0; rows.w && k < 3; ++k) w[k * rows.n + i] = rows.w[i];
    }
    const thetahat_pilot wider = {x.data(), rows.w ? w.data() : nullptr, 3 * rows.n};
    if (m.start(&m, &wider, theta) && m.valid(&m, theta)) return true;
  }
  return false;
}

// Start values from a pilot, or from all rows where those are too much alike. Parameters that are fixed start
// where they stay.
void find_start(const thetahat_model& m, thetahat_exact& e, const thetahat_pilot& rows) {
  const bool all = e.state == thetahat_wants_all, fixes = any_fixed(m.n_params, e.fixed);
  if (!e.found) e.found = m.start(&m, &rows, e.theta);
  if (!e.found && all && fixes) e.found = start_beside(m, rows, e.theta);
  const bool exists = fixes || !m.existence || m.existence(&m, &rows, e.figures);
  if (!(e.found && exists)) {
    e.state = all ? thetahat_no_start : thetahat_wants_all;
    return;
  }
  e.started = m.valid(&m, e.theta);
  if (!e.started) e.state = thetahat_no_start;
  with_fixed(m.n_params, e, e.theta);
}

// The best of several starts, and one near fixed parameters, are found on the pilot.
void explore(const thetahat_model& m, thetahat_exact& e, const thetahat_pilot& rows) {
  for (int j = 0; j < m.n_params; ++j) e.starts[0][j] = e.theta[j];
  e.n_starts = e.next_start = 1;
  if (m.other_starts) e.n_starts += m.other_starts(&m, &rows, e.starts + 1);
  for (int k = 1; k < e.n_starts; ++k) with_fixed(m.n_params, e, e.starts[k]);
  if (m.other_starts || any_fixed(m.n_params, e.fixed))
    e.explored = landscape(m, e.fixed, rows).maximize(e.n_starts, e.starts, e.theta);
  e.last_pass = e.explored && rows.n == e.size;  // the maximum of all rows is found
}

// Where Newton's method has failed: the next start, or the family's own after one that was given.
bool next_start(const thetahat_model& m, thetahat_exact& e) {
  if (m.intervals) return false;  // exact rows alone give no start values
  if (e.has_start) {
    e.has_start = 0;
    thetahat_exact_begin(&m, &e);
    return true;
  }
  if (m.sufficient || e.next_start >= e.n_starts) return false;
  begin_newton(m, e.starts[e.next_start++], e, e.newton);
  for (int j = 0; j < m.n_params; ++j) e.theta[j] = e.newton.theta[j];
  e.state = thetahat_wants_pass;
  return true;
}

void end_newton(const thetahat_model& m, thetahat_exact& e) {
  for (int j = 0; j < m.n_params; ++j) e.theta[j] = e.newton.theta[j];
  if (e.newton.state == thetahat_converged) {
    // After a large pilot, the last step is far below a standard error; sufficient sums are known.
    e.last_pass = !m.sufficient && !has_pilot(m, e, second_pilot(m, e.size));
    e.state = e.last_pass ? thetahat_wants_pass : thetahat_fit_converged;
    return;
  }
  e.at_limit |= e.newton.state == thetahat_at_limit;
  if (!next_start(m, e)) e.state = e.at_limit ? thetahat_fit_failed : thetahat_fit_unfinished;
}

// Newton's method on sufficient sums, which takes no passes.
void solve_sums(const thetahat_model& m, const double* sums, thetahat_exact& e) {
  double start[1][max_p];
  for (int j = 0; j < m.n_params; ++j) start[0][j] = e.newton.theta[j];
  do newton_iterate(m, sums, e.newton);
  while (e.newton.state == thetahat_running);
  if (e.newton.state == thetahat_converged || !landscape(m, e.fixed, sums).maximize(1, start, start[0]))
    return;
  begin_newton(m, start[0], e, e.newton);
  do newton_iterate(m, sums, e.newton);
  while (e.newton.state == thetahat_running);
}

}  // namespace

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

void thetahat_exact_begin(const thetahat_model* m, thetahat_exact* e) {
  e->found = e->next_pilot = e->last_pass = e->n_starts = e->next_start = e->explored = 0;
  e->started = e->has_start;
  for (int j = 0; j < m->n_params; ++j) e->theta[j] = e->has_start ? e->start[j] : 0.0;
  with_fixed(m->n_params, *e, e->theta);
  e->pilot_rows = start_rows;
  e->last_pass = fixes_all(m->n_params, *e);
  e->state = thetahat_wants_pass;
  if (e->last_pass || is_solved(*m, *e)) return;
  if (e->started)
    go_on(*m, *e);
  else
    e->state = thetahat_wants_pilot;
}

void thetahat_exact_pilot(const thetahat_model* m, thetahat_exact* e, const thetahat_pilot* rows) {
  const bool asked_for_all = e->state == thetahat_wants_all;
  if (!e->started) {
    find_start(*m, *e, *rows);
    if (!e->started) return;
    explore(*m, *e, *rows);
    if (asked_for_all || !has_pilot(*m, *e, start_rows)) return go_on(*m, *e);
  }
  iterate_on_pilot(*m, *e, *rows);
  e->next_pilot += 1;
  go_on(*m, *e);
}

void thetahat_exact_pass(const thetahat_model* m, thetahat_exact* e, double* node) {
  for (int j = 0; j < m->n_params; ++j) e->evaluated[j] = e->theta[j];
  if (e->last_pass) {
    e->state = thetahat_fit_converged;
    return;
  }
  if (is_solved(*m, *e)) {
    const bool found = m->maximum(m, node + 1, e->fixed, e->theta);
    for (int j = 0; j < m->n_params; ++j) e->evaluated[j] = e->theta[j];
    e->state = found ? thetahat_fit_converged : thetahat_no_maximum;
    return;
  }
  if (m->shift && end_by_shift(*m, *e, node + 1)) return;
  thetahat_newton& c = e->newton;
  if (m->sufficient)
    solve_sums(*m, node + 1, *e);
  else
    newton_iterate(*m, node + 1, c);
  for (int j = 0; j < m->n_params; ++j) e->theta[j] = c.theta[j];
  if (c.state != thetahat_running) end_newton(*m, *e);
  if (m->sufficient)
    memcpy(e->evaluated, e->theta, sizeof e->evaluated);  // whose sums are those at any theta
}

// Whether all rows are one block in place, which needs no tree.
static bool is_one_block(const thetahat_fit* f) {
  const thetahat_rows& r = *f->chunks[0];
  return f->n_chunks == 1 && r.n > 0 && r.n <= block_rows && r.in_place && !filtered(r) &&
         (!r.weights || r.weights->in_place);
}

static block block_of(const thetahat_rows& r) {
  return {reinterpret_cast<const double*>(r.data),
          r.weights ? reinterpret_cast<const double*>(r.weights->data) : nullptr, r.n};
}

static int give_pilot(const thetahat_model* m, thetahat_fit* f, const thetahat_pilot& pilot) {
  const thetahat_rows rows = plain_rows(pilot.x, pilot.n);
  int64_t at;
  if (!f->rows_are_good && m->count_outside(m, nullptr, &rows, 0, pilot.n, &at)) return thetahat_fit_check;
  thetahat_exact_pilot(m, &f->exact, &pilot);
  return f->exact.state == thetahat_wants_all ? thetahat_fit_ended : thetahat_fit_slice;
}

// The answer to a wanted pilot. Rows that may be none are checked first, so that an error names their places.
static int answer_pilot(const thetahat_model* m, thetahat_fit* f) {
  const int level = level_of(f->exact.size, f->exact.pilot_rows);
  const thetahat_rows* all = f->n_chunks == 1 && level == 0 ? f->chunks[0] : nullptr;
  if (all && all->n > 0 && all->in_place && !all->weights && !filtered(*all))
    return give_pilot(m, f, {block_of(*all).x, nullptr, all->n});
  subsample taken(level, false);
  taken.reserve(f->exact.size, f->n_chunks && f->chunks[0]->weights);
  for (int64_t c = 0; c < f->n_chunks; ++c) taken.add(*f->chunks[c], 0, f->chunks[c]->n);
  const int64_t n = taken.drop_unweighted();
  if (n > 0) return give_pilot(m, f, {taken.x.data(), taken.w.empty() ? nullptr : taken.w.data(), n});
  if (n < 0 && !f->rows_are_good) return thetahat_fit_check;
  f->exact.state = thetahat_wants_all;
  return thetahat_fit_ended;
}

static int end_pass(const thetahat_model* m, thetahat_fit* f) {
  const bool finite = f->node[0] - f->node[0] == 0 && m->finite(m, f->node + 1);
  if (!finite && !f->rows_are_good) return thetahat_fit_check;
  f->in_pass = 0;
  f->passes += 1;
  if (finite && f->node[0] == 0 && !m->intervals) return thetahat_fit_empty;
  f->rows_are_good = 1;
  if (!finite && m->sufficient) return thetahat_fit_check;
  thetahat_exact_pass(m, &f->exact, f->node);
  return thetahat_fit_slice;
}

static int advance(const thetahat_model* m, thetahat_fit* f) {
  if (f->exact.state == thetahat_wants_pilot) return answer_pilot(m, f);
  if (f->n_chunks > 0 && is_one_block(f)) {
    sum_rows(*m, f->exact.theta, block_of(*f->chunks[0]), f->node);
    return end_pass(m, f);
  }
  if (!f->in_pass) {
    thetahat_tree_clear(f->tree, m, f->exact.theta, 0);
    f->chunk = f->row = 0;
    f->in_pass = 1;
  }
  while (f->chunk < f->n_chunks && f->row == f->chunks[f->chunk]->n) f->chunk += 1, f->row = 0;
  if (f->chunk < f->n_chunks) f->row += thetahat_tree_add(f->tree, f->chunks[f->chunk], f->row, f->threads);
  while (f->chunk < f->n_chunks && f->row == f->chunks[f->chunk]->n) f->chunk += 1, f->row = 0;
  if (f->chunk < f->n_chunks) return thetahat_fit_slice;
  thetahat_tree_total(f->tree, f->node);
  return end_pass(m, f);
}

int thetahat_fit_advance(const thetahat_model* m, thetahat_fit* f) try {
  // Short samples do not check for signals between one pass and the next.
  int answer = thetahat_fit_slice;
  for (int64_t rows = 0; answer == thetahat_fit_slice && rows < slice_rows; rows += f->exact.size + 1000) {
    if (f->exact.state >= thetahat_fit_converged) return thetahat_fit_ended;
    answer = advance(m, f);
  }
  return answer;
} catch (const std::bad_alloc&) {
  return thetahat_fit_no_memory;
}
