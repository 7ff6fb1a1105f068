#include "thetahat/isa/baseline.hpp"

#include <float.h>
#include <string.h>
#include <new>
#include "thetahat/data/rows.hpp"
#include "thetahat/engine/group_fit.hpp"
#include "thetahat/engine/transform.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr double converged = 1e-12;  // a Newton decrement of at most this is a maximum

bool has_parameter(const thetahat_model& m, int regularity) {
  for (int j = 0; j < m.n_params; ++j)
    if (m.parameters[j].regularity == regularity) return true;
  return false;
}

// Whether theta has values that doubles hold without losing digits.
bool middling_values(int p, const double* theta) {
  for (int j = 0; j < p; ++j)
    if (theta[j] - theta[j] != 0 || (theta[j] != 0 && fabs(theta[j]) < DBL_MIN)) return false;
  return true;
}

// The Newton decrement that rounding of the parameters explains: squared, in standard errors.
double rounding_of(int p, const double* theta, const double* error) {
  double sum = 0.0;
  for (int j = 0; j < p; ++j)
    if (error[j] > 0) {
      const double move = 0x1p-52 * theta[j] / error[j];
      sum += move * move;
    }
  return sum;
}

int status_of(const thetahat_model& m, const double* theta, const int* fixed, const thetahat_values& v) {
  const bool at_maximum =
      v.decrement <= converged || v.decrement - rounding_of(m.n_params, theta, v.standard_error) <= converged;
  if (!(v.decrement >= 0 && at_maximum)) return thetahat_group_precision;
  for (int j = 0; j < m.n_params; ++j)
    if (m.parameters[j].regularity == thetahat_boundary && !fixed[j]) return thetahat_group_boundary;
  return thetahat_group_converged;
}

THETAHAT_INLINE void write_values(int p, const thetahat_group_fits& out, int64_t g, const double* node,
                                  const double* theta, const thetahat_values& v) {
  for (int j = 0; j < p; ++j) {
    out.theta[g * p + j] = theta[j];
    out.standard_error[g * p + j] = v.standard_error[j];
  }
  for (int j = 0; out.covariance && j < p * p; ++j) out.covariance[g * p * p + j] = v.covariance[j];
  out.log_likelihood[g] = v.log_likelihood, out.decrement[g] = v.decrement;
  out.n[g] = node[1], out.rows[g] = int64_t(node[0]), out.reason[g] = thetahat_no_reason;
}

}  // namespace

void read_settings(const thetahat_group_task& task, int64_t g, thetahat_exact& e) {
  const int p = task.model->n_params;
  if (task.fixed)
    for (int j = 0; j < p; ++j) {
      const double value = task.fixed[g * task.fixed_stride + j];
      e.fixed[j] = value == value;
      e.fixed_values[j] = e.fixed[j] ? value : 0.0;
    }
  e.has_start = task.start != nullptr;
  for (int j = 0; e.has_start && j < p; ++j) {
    e.start[j] = task.start[g * task.start_stride + j];
    if (e.start[j] != e.start[j]) e.has_start = 0;
  }
}

void write_group_fit(const thetahat_group_task& task, int64_t g, const double* node, const double* theta,
                     const double* evaluated, const int* fixed, int64_t passes) {
  thetahat_values v;
  evaluate_errors(*task.model, node, evaluated, fixed, &v);
  const int status = status_of(*task.model, theta, fixed, v);
  with_constant(task.model->n_params, [&](auto p) { write_values(p, task.out, g, node, theta, v); });
  task.out.passes[g] = int32_t(passes), task.out.status[g] = uint8_t(status);
}

void write_no_fit(const thetahat_group_task& task, int64_t g, int status, int reason) {
  const thetahat_group_fits& out = task.out;
  const int p = task.model->n_params;
  for (int j = 0; j < p; ++j) out.theta[g * p + j] = out.standard_error[g * p + j] = NAN;
  for (int j = 0; out.covariance && j < p * p; ++j) out.covariance[g * p * p + j] = NAN;
  out.log_likelihood[g] = out.decrement[g] = NAN;
  out.status[g] = uint8_t(status), out.reason[g] = reason;
}

group_fit::group_fit(const thetahat_group_task& t)
    : task(t),
      model(*t.model),
      p(t.model->n_params),
      nonsmooth(has_parameter(model, thetahat_nonsmooth)),
      tree_memory(thetahat_tree_size()),
      fit() {
  if (model.solve && !task.fixed && !task.start)
    at_any_theta = std::make_unique<pass>(model, thetahat_all_sums, nullptr);
}

block group_fit::all() const {
  return {reinterpret_cast<const double*>(rows.data),
          rows.weights ? reinterpret_cast<const double*>(weights.data) : nullptr, rows.n};
}

int group_fit::n_free() const {
  int count = 0;
  for (int j = 0; j < p; ++j) count += !fixed()[j];
  return count;
}

// The maxima that the sums of short groups give by themselves, which is all that nearly every one needs: the
// same as by begin and advance. The groups solved follow one another from the first on; returns how many. One
// that takes begin and advance to say what there is instead, if any, is next. All sums come first: then a
// processor, which waits for nothing in them, begins with one group before it is done with another.
int64_t group_fit::solve(int64_t first, int64_t last) {
  if (!at_any_theta) return 0;
  double nodes[most_at_once][thetahat_max_node];
  const int64_t* const offsets = task.groups.offsets;
  int64_t n = 0;
  for (; n < most_at_once && first + n < last; ++n) {
    const int64_t row = offsets[first + n], size = offsets[first + n + 1] - row;
    if (size == 0 || size > block_rows) break;
    sum_block(*at_any_theta, {task.groups.x + row, task.groups.w ? task.groups.w + row : nullptr, size},
              nodes[n]);
  }
  for (int64_t i = 0; i < n; ++i)
    if (!solve(first + i, nodes[i])) return i;
  return n;
}

bool group_fit::solve(int64_t g, const double* node) {
  double theta[thetahat_max_params] = {};
  thetahat_values v;
  if (!(node[0] > 0) || !model.solve(&model, node + 1, theta, &v)) return false;
  with_constant(p, [&](auto p) { write_values(p, task.out, g, node, theta, v); });
  task.out.passes[g] = 1, task.out.status[g] = uint8_t(status_of(model, theta, fixed(), v));
  return true;
}

void group_fit::begin(int64_t g, int threads) {
  const int64_t first = task.groups.offsets[g], n = task.groups.offsets[g + 1] - first;
  group = g;
  rows = plain_rows(task.groups.x + first, n);
  if (task.groups.w) {
    weights = plain_rows(task.groups.w + first, n);
    rows.weights = &weights;
  }
  // What the fit before has left is written anew, here and by thetahat_exact_begin, or is not read.
  fit.exact.at_limit = fit.exact.newton.evaluations = 0;
  fit.in_pass = fit.rows_are_good = 0;
  fit.passes = 0;
  read_settings(task, g, fit.exact);
  fit.exact.size = n;
  fit.chunks = &chunk, fit.n_chunks = 1, fit.threads = threads;
  fit.tree = reinterpret_cast<thetahat_tree*>(tree_memory.data());
  thetahat_exact_begin(&model, &fit.exact);
  stage = at_median;
  if (nonsmooth && n > 0) search.begin(rows);
}

void group_fit::advance() {
  if (rows.n == 0) return fail(thetahat_group_too_few, thetahat_no_reason);
  if (nonsmooth && n_free() > 0) return advance_at_median();
  switch (thetahat_fit_advance(&model, &fit)) {
    case thetahat_fit_slice:
      return;
    case thetahat_fit_empty:
      return fail(thetahat_group_too_few, thetahat_no_reason);
    case thetahat_fit_no_memory:
      throw std::bad_alloc();
    case thetahat_fit_check:
      check();
      return;
  }
  fit.exact.state == thetahat_wants_all ? take_all() : conclude();
}

// Answers a machine that wants all rows: those of positive weight.
void group_fit::take_all() {
  const block b = all();
  std::vector<double> x, w;
  for (int64_t i = 0; b.w && i < b.n; ++i)
    if (b.w[i] > 0) x.push_back(b.x[i]), w.push_back(b.w[i]);
  const thetahat_pilot pilot = {b.w ? x.data() : b.x, b.w ? w.data() : nullptr,
                                b.w ? int64_t(x.size()) : b.n};
  if (b.w && reject_bad_rows()) return;
  if (pilot.n == 0) return fail(thetahat_group_too_few, thetahat_no_reason);
  thetahat_exact_pilot(&model, &fit.exact, &pilot);
}

// Sums that are not finite: the rows are bad, or beyond what doubles hold; whether the fit goes on.
bool group_fit::check() {
  if (reject_bad_rows()) return false;
  fit.rows_are_good = 1;
  if (model.sufficient) fail(thetahat_group_bad_rows, thetahat_reason_overflow);
  return busy();
}

bool group_fit::reject_bad_rows() {
  int64_t first = -1, count = 0;
  int reason = thetahat_reason_weight;
  if (rows.weights)
    count = count_bad(weights, 0, weights.n, &first, [](double w) { return !(w >= 0 && w - w == 0); });
  if (!count) {
    reason = thetahat_reason_not_finite;
    count = count_bad(rows, 0, rows.n, &first, [](double x) { return x - x != 0; });
  }
  if (!count) {
    reason = thetahat_reason_outside;
    count = model.count_outside(&model, nullptr, &rows, 0, rows.n, &first);
  }
  if (!count) return false;
  const int64_t g = group;
  fail(thetahat_group_bad_rows, reason);
  task.out.bad[g] = count, task.out.first_bad[g] = first;
  return true;
}

void group_fit::conclude() {
  const thetahat_exact& e = fit.exact;
  switch (e.state) {
    case thetahat_fit_converged:
      if (model.sufficient && model.maximum && !model.valid(&model, e.theta))
        return fail_without_maximum(thetahat_reason_overflow);
      return succeed(e.theta, model.sufficient ? e.theta : e.evaluated);
    case thetahat_no_start:
      if (reject_bad_rows()) return;
      return fail_without_maximum(violates_condition() ? int(thetahat_reason_condition)
                                                       : reason_of_limit(model, e, fit.node + 1));
    case thetahat_no_maximum:
      return fail_without_maximum(reason_of_limit(model, e, fit.node + 1));
  }
  conclude_unfinished();
}

bool group_fit::violates_condition() const {
  double figures[2];
  const block b = all();
  const thetahat_pilot pilot = {b.x, b.w, b.n};
  return n_free() == p && model.existence && !model.existence(&model, &pilot, figures);
}

// Newton's method has ended elsewhere than at a maximum.
void group_fit::conclude_unfinished() {
  const thetahat_exact& e = fit.exact;
  if (violates_condition()) return fail_without_maximum(thetahat_reason_condition);
  if (!middling_values(p, e.theta)) return fail_without_maximum(thetahat_reason_overflow);
  if (e.state == thetahat_fit_failed) return fail_without_maximum(reason_of_limit(model, e, fit.node + 1));
  fail(thetahat_group_not_finished, thetahat_no_reason);
}

// Sums at theta become the fit's node, slice by slice; whether they have.
bool group_fit::sum_up() {
  if (rows.n <= block_rows) {
    sum_rows(model, theta, all(), fit.node);
  } else {
    if (!fit.in_pass) thetahat_tree_clear(fit.tree, &model, theta, thetahat_all_sums);
    if (!fit.in_pass) fit.row = 0;
    fit.in_pass = 1;
    fit.row += thetahat_tree_add(fit.tree, &rows, fit.row, fit.threads);
    if (fit.row < rows.n) return false;
    fit.in_pass = 0;
    thetahat_tree_total(fit.tree, fit.node);
  }
  fit.passes += 1;
  return true;
}

bool group_fit::has_finite_sums() const {
  return fit.node[0] - fit.node[0] == 0 && model.finite(&model, fit.node + 1);
}

// A location at the median of the rows, and the scale that the sums there give.
void group_fit::advance_at_median() {
  switch (stage) {
    case at_median:
      return search_median();
    case at_unit:
    case at_large_unit:  // in which no sum of distances overflows
      theta[1] = stage == at_unit ? 1.0 : 0x1p500;
      if (sum_up() && accept_sums()) take_scale();
      return;
    case at_theta:
      if (sum_up() && accept_sums()) succeed(theta, theta);
  }
}

void group_fit::search_median() {
  theta[0] = fit.exact.fixed_values[0], theta[1] = fit.exact.fixed_values[1];
  if (!fixed()[0]) {
    if (search.go_on(rows, fit.threads)) return;
    if (!search.found && reject_bad_rows()) return;
    if (!search.found && search.empty) return fail(thetahat_group_too_few, thetahat_no_reason);
    if (!search.found) return fail(thetahat_group_bad_rows, thetahat_reason_overflow);
    theta[0] = search.median;
    fit.passes += search.passes;
  }
  stage = fixed()[1] ? at_theta : at_unit;
}

// Whether there are sums to go on with; they may be too large.
bool group_fit::accept_sums() {
  const bool finite = has_finite_sums();
  if (finite && fit.node[0] == 0) {
    fail(thetahat_group_too_few, thetahat_no_reason);
    return false;
  }
  if (!finite && !fit.rows_are_good && !check()) return false;
  fit.rows_are_good = 1;
  return true;
}

void group_fit::take_scale() {
  constexpr int location_alone[thetahat_max_params] = {1};
  if (stage == at_unit && !has_finite_sums()) {
    stage = at_large_unit;
    return;
  }
  if (!model.maximum(&model, fit.node + 1, location_alone, theta))
    return fail_without_maximum(reason_of_limit(model, fit.exact, fit.node + 1));
  if (!model.valid(&model, theta)) return fail_without_maximum(thetahat_reason_overflow);
  stage = at_theta;
}

void group_fit::succeed(const double* theta, const double* evaluated) {
  write_group_fit(task, group, fit.node, theta, evaluated, fixed(), fit.passes);
  group = -1;
}

// Rows too few or all equal explain best why there is no maximum.
void group_fit::fail_without_maximum(int reason) {
  const block b = all();
  int64_t used = 0, first = -1;
  bool equal = true;
  for (int64_t i = 0; i < b.n; ++i) {
    if (b.w && !(b.w[i] > 0)) continue;
    if (used++ == 0) first = i;
    equal &= b.x[i] == b.x[first];
  }
  const int status = used < n_free()     ? thetahat_group_too_few
                     : equal && used > 1 ? thetahat_group_equal_rows
                                         : thetahat_group_no_maximum;
  fail(status, reason);
}

void group_fit::fail(int status, int reason) {
  const block b = all();
  int64_t used = 0;
  double n = 0.0;
  for (int64_t i = 0; b.w && i < b.n; ++i) used += b.w[i] > 0, n += b.w[i];
  write_no_fit(task, group, status, reason);
  task.out.n[group] = b.w ? n : double(b.n), task.out.rows[group] = b.w ? used : b.n;
  task.out.passes[group] = int32_t(fit.passes);
  group = -1;
}

}  // namespace thetahat::THETAHAT_ISA
