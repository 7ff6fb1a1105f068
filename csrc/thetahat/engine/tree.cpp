#include "thetahat/isa/baseline.hpp"

#include <string.h>
#include "thetahat/engine/slices.hpp"
#include "thetahat/engine/tree.hpp"
#include "thetahat/math/double_double.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

// n, and sums as double_doubles, which is how a kernel's sum_products writes them.
void merge_products(int count, double* a, const double* b) {
  if (b[0] == 0) return;
  if (a[0] == 0) {
    memcpy(a, b, (1 + 2 * count) * sizeof(double));
    return;
  }
  a[0] += b[0];
  for (int k = 0; k < count; ++k) {
    const int at = 1 + 2 * k;
    const double_double sum = double_double{a[at], a[at + 1]} + double_double{b[at], b[at + 1]};
    a[at] = sum.hi;
    a[at + 1] = sum.lo;
  }
}

// Of the rows of positive weight alone.
void sum_used(const pass& p, const block& b, double* node) {
  uint8_t keep[block_rows];
  double x[block_rows], w[block_rows];
  bool good = true;
  for (int64_t i = 0; i < b.n; ++i) {
    good &= b.w[i] >= 0 && b.w[i] < HUGE_VAL;
    keep[i] = b.w[i] > 0;
  }
  memset(node, 0, p.node_size() * sizeof(double));
  if (!good) node[0] = NAN;
  if (!good) return;
  const int64_t used = level->pack(b.x, keep, b.n, x);
  level->pack(b.w, keep, b.n, w);
  if (used == 0) return;
  node[0] = double(used);
  p.sums({x, w, used}, node + 1);
}

void leaf(const pass& p, const thetahat_rows& r, int64_t first, double* node) {
  if (p.takes_floats() && floats_in_place(r)) {
    node[0] = double(block_rows);
    return p.float_sums(reinterpret_cast<const float*>(r.data) + first, node + 1);
  }
  aligned_buffers room;
  sum_block(p, load_block(r, first, block_rows, room), node);
}

void subtree(const pass& p, const thetahat_rows& r, int64_t first, int k, double* node) {
  if (k == 0) return leaf(p, r, first, node);
  double right[thetahat_max_node];
  subtree(p, r, first, k - 1, node);
  subtree(p, r, first + (block_rows << (k - 1)), k - 1, right);
  p.merge(node, right);
}

}  // namespace

void pass::merge(double* left, const double* right) const {
  left[0] += right[0];
  products ? merge_products(n_products(model.n_params), left + 1, right + 1)
           : model.merge(&model, left + 1, right + 1);
}

// Rows of weight zero may hold anything, and count for nothing; bad weights make the sums not finite. A pass
// shows either by an n that is not finite.
void sum_block(const pass& p, const block& b, double* node) {
  p.sums(b, node + 1);
  if (b.w && node[1] - node[1] != 0) return sum_used(p, b, node);
  node[0] = double(b.n);
}

void sum_rows(const thetahat_model& model, const double* theta, const block& b, double* node) {
  const pass p(model, thetahat_all_sums, theta);
  if (b.n <= block_rows) return sum_block(p, b, node);
  tree t;
  t.clear(model, theta);
  t.add_block(p, b);
  t.total(p, node);
}

void tree::clear(const thetahat_model& of, const double* at, int which) {
  model = &of, kind = which;
  blocks = 0, pending = 0, weighted = false;
  for (int j = 0; j < of.n_params; ++j) theta[j] = at ? at[j] : 0.0;
}

void tree::add(const thetahat_rows& r, int64_t first, int64_t n, int threads) {
  add(pass(*model, kind, theta), r, first, n, threads);
}

void tree::add(const pass& p, const thetahat_rows& r, int64_t first, int64_t n, int threads) {
  if (!filtered(r)) return add_all(p, r, first, n, threads);
  if (threads > 1 && n >= 2 * span_rows) return add_filtered(p, r, first, n, threads);
  aligned_buffers room;
  each_block(first, n,
             [&](int64_t start, int64_t size) { add_block(p, load_counted(r, start, size, room)); });
}

void tree::total(const pass& p, double* node) const {
  memset(node, 0, p.node_size() * sizeof(double));
  if (pending > 0) sum_block(p, pending_block(), node);
  for (int k = 0; k < max_level; ++k) {
    if (!(blocks >> k & 1)) continue;
    double both[thetahat_max_node];
    memcpy(both, node_at(p, k), p.node_size() * sizeof(double));
    p.merge(both, node);
    memcpy(node, both, p.node_size() * sizeof(double));
  }
}

void tree::add_all(const pass& p, const thetahat_rows& r, int64_t first, int64_t n, int threads) {
  double node[thetahat_max_node];
  if (pending > 0 || n < block_rows) {
    const int64_t taken = n < block_rows - pending ? n : block_rows - pending;
    wait(r, first, taken);
    first += taken, n -= taken;
    if (pending < block_rows) return;
    sum_block(p, pending_block(), node);
    push(p, node, 0);
    pending = 0, weighted = false;
  }
  while (n >= block_rows && (blocks % span_blocks != 0 || n < span_rows)) {
    leaf(p, r, first, node);
    push(p, node, 0);
    first += block_rows, n -= block_rows;
  }
  while (n >= span_rows) {
    const int64_t count = add_spans(p, r, first, n / span_rows, threads);
    first += count * span_rows, n -= count * span_rows;
  }
  if (n > 0) add_all(p, r, first, n, threads);
}

// A block of any size, in place.
void tree::add_block(const pass& p, const block& b) {
  thetahat_rows x = plain_rows(b.x, b.n), w = plain_rows(b.w, b.n);
  if (b.w) x.weights = &w;
  add_all(p, x, 0, b.n, 1);
}

// Rows of which some are left out: their places are counted first, then each thread packs its own spans.
void tree::add_filtered(const pass& p, const thetahat_rows& r, int64_t first, int64_t n, int threads) {
  for (int64_t done = 0; done < n; done += filtered_rows::most) {
    const int64_t size = n - done < filtered_rows::most ? n - done : filtered_rows::most;
    const filtered_rows f(r, first + done, size, threads);
    const int64_t total = f.total(), filled = blocks % span_blocks * block_rows + pending;
    const int64_t missing = filled ? span_rows - filled : 0, head = missing < total ? missing : total;
    auto add = [&](const block& b) { add_block(p, b); };
    f.visit(0, head, add);
    const int64_t spans = (total - head) / span_rows;
    add_filtered_spans(p, f, head, spans, threads);
    f.visit(head + spans * span_rows, total, add);
  }
}

void tree::add_filtered_spans(const pass& p, const filtered_rows& f, int64_t from, int64_t count,
                              int threads) {
  struct shares {
    const pass& p;
    const filtered_rows& rows;
    int64_t from;
    double nodes[filtered_rows::most / span_rows * thetahat_max_node];
    shares(const pass& of, const filtered_rows& f, int64_t start) : p(of), rows(f), from(start) {}
  } work(p, f, from);
  auto job = [](void* context, int64_t i) {
    shares& w = *static_cast<shares*>(context);
    tree own;
    own.clear(w.p.model, nullptr, w.p.kind);
    const int64_t start = w.from + i * span_rows;
    w.rows.visit(start, start + span_rows, [&](const block& b) { own.add_block(w.p, b); });
    memcpy(w.nodes + i * w.p.node_size(), own.node_at(w.p, span_level), w.p.node_size() * sizeof(double));
  };
  run_jobs(threads, count, job, &work);
  for (int64_t i = 0; i < count; ++i) push(p, work.nodes + i * p.node_size(), span_level);
}

// Puts rows into the block that is not yet full.
void tree::wait(const thetahat_rows& r, int64_t first, int64_t n) {
  const double* x = load_rows(r, first, n, rows.x + pending);
  if (x != rows.x + pending) memcpy(rows.x + pending, x, n * sizeof(double));
  if (r.weights) {
    const double* w = load_rows(*r.weights, first, n, rows.w + pending);
    if (w != rows.w + pending) memcpy(rows.w + pending, w, n * sizeof(double));
    if (!weighted)
      for (int64_t i = 0; i < pending; ++i) rows.w[i] = 1.0;
    weighted = true;
  } else if (weighted) {
    for (int64_t i = pending; i < pending + n; ++i) rows.w[i] = 1.0;
  }
  pending += n;
}

void tree::push(const pass& p, const double* node, int k) {
  double right[thetahat_max_node];
  memcpy(right, node, p.node_size() * sizeof(double));
  const uint64_t before = blocks;
  blocks += uint64_t{1} << k;
  for (; before >> k & 1; ++k) {
    p.merge(node_at(p, k), right);
    memcpy(right, node_at(p, k), p.node_size() * sizeof(double));
  }
  memcpy(node_at(p, k), right, p.node_size() * sizeof(double));
}

int64_t tree::add_spans(const pass& p, const thetahat_rows& r, int64_t first, int64_t count, int threads) {
  constexpr int64_t most = 128;
  struct spans {
    const pass& p;
    const thetahat_rows& rows;
    int64_t first;
    double nodes[most * thetahat_max_node];
    spans(const pass& of, const thetahat_rows& r, int64_t f) : p(of), rows(r), first(f) {}
  } work(p, r, first);
  if (count > most) count = most;
  auto job = [](void* context, int64_t i) {
    spans& w = *static_cast<spans*>(context);
    subtree(w.p, w.rows, w.first + i * span_rows, span_level, w.nodes + i * w.p.node_size());
  };
  run_jobs(threads, count, job, &work);
  for (int64_t i = 0; i < count; ++i) push(p, work.nodes + i * p.node_size(), span_level);
  return count;
}

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

int64_t thetahat_tree_size() { return sizeof(thetahat_tree); }

void thetahat_tree_clear(thetahat_tree* t, const thetahat_model* model, const double* theta, int kind) {
  t->clear(*model, theta, kind);
}

int64_t thetahat_tree_add(thetahat_tree* t, const thetahat_rows* rows, int64_t first, int threads) {
  const int64_t cost = t->kind == thetahat_products ? cost_of_scores
                       : t->model->sufficient       ? 1
                                                    : cost_of_terms;
  const int64_t n = slice_of(rows->n, first, threads, cost);
  t->add(*rows, first, n, team_of(rows->n, threads));
  return n;
}

void thetahat_tree_total(const thetahat_tree* t, double* node) { t->total(node); }
