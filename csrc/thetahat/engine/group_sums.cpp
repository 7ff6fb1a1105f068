// Sums of groups, of families whose sums do not depend on theta, and fits on these.
#include "thetahat/isa/baseline.hpp"

#include <string.h>
#include "thetahat/engine/group_fit.hpp"
#include "thetahat/engine/slices.hpp"

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

int64_t thetahat_group_sums(const thetahat_model* m, const thetahat_groups* groups, int64_t first,
                            double* nodes) {
  const int64_t *offsets = groups->offsets, size = 1 + m->n_sums;
  int64_t g = first;
  for (int64_t rows = 0; g < groups->n_groups && rows < slice_rows; ++g) {
    const int64_t from = offsets[g], n = offsets[g + 1] - from;
    double* node = nodes + g * size;
    if (n > 0)
      sum_rows(*m, nullptr, {groups->x + from, groups->w ? groups->w + from : nullptr, n}, node);
    else
      memset(node, 0, size * sizeof(double));
    rows += n + 100;
  }
  return g - first;
}

void thetahat_merge_group_sums(const thetahat_model* m, int64_t n, double* left, const double* right) {
  for (int64_t g = 0, size = 1 + m->n_sums; g < n; ++g, left += size, right += size) {
    left[0] += right[0];
    m->merge(m, left + 1, right + 1);
  }
}

// The exact fit on sums alone: where parameters are fixed, it starts at the maximum over all of them.
static void fit_node(const thetahat_group_task& task, int64_t g, const double* sums) {
  const thetahat_model& m = *task.model;
  double node[thetahat_max_node];
  memcpy(node, sums, (1 + m.n_sums) * sizeof(double));
  thetahat_exact e = {};
  constexpr int none[thetahat_max_params] = {};
  const auto fail = [&](int status, int reason) {
    write_no_fit(task, g, status, reason);
    task.out.n[g] = node[1], task.out.rows[g] = int64_t(node[0]), task.out.passes[g] = 0;
  };
  int free = 0;
  read_settings(task, g, e);
  for (int j = 0; j < m.n_params; ++j) free += !e.fixed[j];
  if (node[0] == 0) return fail(thetahat_group_too_few, thetahat_no_reason);
  if (!m.finite(&m, node + 1)) return fail(thetahat_group_bad_rows, thetahat_reason_overflow);
  thetahat_exact_begin(&m, &e);
  if (e.state != thetahat_wants_pass) {
    e.has_start = m.maximum && m.maximum(&m, node + 1, none, e.start) && m.valid(&m, e.start);
    thetahat_exact_begin(&m, &e);
  }
  while (e.state == thetahat_wants_pass) thetahat_exact_pass(&m, &e, node);
  if (e.state != thetahat_fit_converged)
    return fail(node[0] < free ? thetahat_group_too_few : thetahat_group_no_maximum,
                reason_of_limit(m, e, node + 1));
  if (!m.valid(&m, e.theta)) return fail(thetahat_group_no_maximum, thetahat_reason_overflow);
  write_group_fit(task, g, node, e.theta, e.theta, e.fixed, 0);
}

void thetahat_group_fit_sums(const thetahat_group_task* task, const double* nodes, int64_t first, int64_t n) {
  for (int64_t g = first; g < first + n; ++g) fit_node(*task, g, nodes + g * (1 + task->model->n_sums));
}
