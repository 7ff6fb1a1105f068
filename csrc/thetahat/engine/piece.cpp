#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/piece.hpp"

#include <string.h>
#include <new>
#include "thetahat/engine/slices.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

// The level of the largest node of the tree that begins at a block and is no longer than so many blocks.
int level_at(int64_t at, int64_t blocks) {
  int k = 0;
  while (k < tree::max_level && !(at >> k & 1) && blocks >> (k + 1)) ++k;
  return k;
}

bool same_numbers(int n, const double* a, const double* b) { return memcmp(a, b, n * sizeof(double)) == 0; }

}  // namespace

void edge::add(const block& b) {
  if (b.w && w.empty()) w.assign(x.size(), 1.0);
  if (b.w)
    w.insert(w.end(), b.w, b.w + b.n);
  else if (!w.empty())
    w.insert(w.end(), b.n, 1.0);
  x.insert(x.end(), b.x, b.x + b.n);
}

piece::piece(const thetahat_model& of, const double* at, int which, int64_t start)
    : model(of), kind(which), first(start), head_rows((block_rows - start % block_rows) % block_rows) {
  for (int j = 0; j < thetahat_max_params; ++j) theta[j] = at && j < of.n_params ? at[j] : 0.0;
}

// How many rows the block that is not whole still lacks.
int64_t piece::missing() const { return head.n() < head_rows ? head_rows - head.n() : block_rows - tail.n(); }

void piece::add(const thetahat_rows& r, int64_t start, int64_t n) {
  const pass p = made_ready();
  aligned_buffers room;
  for (const int64_t end = start + n; start < end;) {
    const int64_t size = end - start < missing() ? end - start : missing();
    take(p, load_counted(r, start, size, room));
    start += size;
  }
}

// No more rows than are missing.
void piece::take(const pass& p, const block& b) {
  double node[thetahat_max_node];
  if (b.n == 0) return;
  if (head.n() < head_rows) return head.add(b);
  if (b.n == block_rows) {
    sum_block(p, b, node);
    return push(p, node, 0);
  }
  tail.add(b);
  if (tail.n() < block_rows) return;
  sum_block(p, tail.rows(), node);
  push(p, node, 0);
  tail.clear();
}

// The rows of an edge may end one block and begin another.
void piece::take_edge(const pass& p, const edge& e) {
  const block b = e.rows();
  for (int64_t i = 0; i < b.n;) {
    const int64_t size = b.n - i < missing() ? b.n - i : missing();
    take(p, {b.x + i, b.w ? b.w + i : nullptr, size});
    i += size;
  }
}

// Two neighbours merge where they are the halves of a node of the tree.
void piece::push(const pass& p, const double* node, int level) {
  const int size = p.node_size();
  levels.push_back(level);
  nodes.insert(nodes.end(), node, node + size);
  blocks += int64_t{1} << level;
  while (levels.size() > 1 && levels[levels.size() - 2] == level && !(end_block() >> level & 1)) {
    double* right = nodes.data() + nodes.size() - size;
    p.merge(right - size, right);
    nodes.resize(nodes.size() - size);
    levels.pop_back();
    levels.back() = ++level;
  }
}

bool piece::append(const piece& next) {
  const bool alike =
      &next.model == &model && next.kind == kind && same_numbers(thetahat_max_params, theta, next.theta);
  if (!alike || next.first != first + n()) return false;
  const pass p = made_ready();
  take_edge(p, next.head);
  for (size_t k = 0; k < next.levels.size(); ++k)
    push(p, next.nodes.data() + k * p.node_size(), next.levels[k]);
  take_edge(p, next.tail);
  return true;
}

bool piece::add_to(tree& t) const {
  const bool alike = t.model == &model && t.kind == kind && same_numbers(model.n_params, theta, t.theta);
  if (!alike || t.rows_seen() != first) return false;
  const pass p = made_ready();
  t.add_block(p, head.rows());
  for (size_t k = 0; k < levels.size(); ++k) t.push(p, nodes.data() + k * p.node_size(), levels[k]);
  t.add_block(p, tail.rows());
  return true;
}

// Of a piece that has no rows yet.
bool piece::restore(int64_t rows, const double* numbers, int64_t count, const block& edges) {
  const int64_t in_head = rows < head_rows ? rows : head_rows, rest = rows - in_head;
  const int size = made_ready().node_size();
  if (edges.n != in_head + rest % block_rows) return false;
  head.add({edges.x, edges.w, in_head});
  tail.add({edges.x + in_head, edges.w ? edges.w + in_head : nullptr, rest % block_rows});
  for (int64_t left = rest / block_rows; left > 0;) {
    levels.push_back(level_at(end_block(), left));
    blocks += int64_t{1} << levels.back();
    left -= int64_t{1} << levels.back();
  }
  if (count != int64_t(levels.size()) * size) return false;
  nodes.assign(numbers, numbers + count);
  return true;
}

thetahat_piece_sizes piece::sizes() const {
  return {first, n(), head.n() + tail.n(), int64_t(nodes.size()), !(head.w.empty() && tail.w.empty())};
}

void piece::copy(double* numbers, double* x, double* w) const {
  if (!nodes.empty()) memcpy(numbers, nodes.data(), nodes.size() * sizeof(double));
  for (const edge* e : {&head, &tail}) {
    for (int64_t i = 0; i < e->n(); ++i) *x++ = e->x[i];
    if (!sizes().weighted) continue;
    for (int64_t i = 0; i < e->n(); ++i) *w++ = e->w.empty() ? 1.0 : e->w[i];
  }
}

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

struct thetahat_piece : piece {
  using piece::piece;
};

thetahat_piece* thetahat_new_piece(const thetahat_model* m, const double* theta, int kind, int64_t first) {
  return new (std::nothrow) thetahat_piece(*m, theta, kind, first);
}

void thetahat_free_piece(thetahat_piece* p) { delete p; }

int64_t thetahat_add_to_piece(thetahat_piece* p, const thetahat_rows* r, int64_t start) try {
  const int64_t n = slice_of(r->n, start, 1, cost_of_scores);
  p->add(*r, start, n);
  return n;
} catch (const std::bad_alloc&) {
  return thetahat_no_memory;
}

void thetahat_sizes_of_piece(const thetahat_piece* p, thetahat_piece_sizes* sizes) { *sizes = p->sizes(); }

void thetahat_copy_piece(const thetahat_piece* p, double* nodes, double* x, double* w) {
  p->copy(nodes, x, w);
}

int thetahat_restore_piece(thetahat_piece* p, int64_t n, const double* nodes, int64_t numbers,
                           const double* x, const double* w, int64_t edge_rows) try {
  return p->restore(n, nodes, numbers, {x, w, edge_rows});
} catch (const std::bad_alloc&) {
  return thetahat_no_memory;
}

int thetahat_append_piece(thetahat_piece* p, const thetahat_piece* next) try {
  return p->append(*next);
} catch (const std::bad_alloc&) {
  return thetahat_no_memory;
}

int thetahat_add_piece_to_tree(thetahat_tree* t, const thetahat_piece* p) { return p->add_to(*t); }

int64_t thetahat_rows_of_tree(const thetahat_tree* t) { return t->rows_seen(); }
