// A sample's sums while its rows arrive: full subtrees by level, and the rows of the block not yet full. The
// sums of a leaf come from a kernel, so that the tree is compiled once for all models and instruction sets.
#pragma once
#include "thetahat/engine/filtered.hpp"
#include "thetahat/engine/grid.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int n_products(int n_params) { return n_params * (n_params + 1) / 2; }

// What a tree adds up, as a pass makes it ready at one theta: a model's sums, or the products of its rows'
// scores. Nodes are rows of positive weight, then sums.
class pass {
 public:
  const thetahat_model& model;
  const int kind;
  const bool products;
  const int n_sums;

  pass(const thetahat_model& of, int which, const double* theta)
      : model(of),
        kind(which),
        products(which == thetahat_products),
        n_sums(products ? 1 + 2 * n_products(of.n_params) : of.n_sums),
        sum(which == thetahat_few_sums ? of.kernel->few_sums : of.kernel->sums) {
    products ? level->prepare_products(&model, theta, at) : model.kernel->prepare(&model, theta, at);
  }
  int node_size() const { return 1 + n_sums; }
  void sums(const block& b, double* out) const {
    products ? level->sum_products(&model, at, &b, out) : sum(&model, at, &b, out);
  }
  bool takes_floats() const { return !products && model.kernel->float_sums; }
  void float_sums(const float* x, double* out) const { model.kernel->float_sums(&model, at, x, out); }
  void merge(double* left, const double* right) const;

 private:
  decltype(thetahat_kernel::sums) const sum;
  alignas(64) unsigned char at[thetahat_max_at];
};

// Of a block of any size up to block_rows.
void sum_block(const pass& p, const block& b, double* node);

struct tree {
  static constexpr int max_level = 64 - 11;  // 2^11 rows in a block

  const thetahat_model* model;
  int kind;
  double theta[thetahat_max_params];
  uint64_t blocks;  // bit k is set when level k holds a subtree of 2^k blocks
  int64_t pending;
  bool weighted;  // whether any pending row has a weight of its own
  double levels[max_level * thetahat_max_node];
  buffers rows;

  void clear(const thetahat_model& of, const double* at, int which = thetahat_all_sums);
  // Adds rows in any portions; the bits of total() depend on the rows that count alone.
  void add(const thetahat_rows& r, int64_t first, int64_t n, int threads);
  void add(const pass& p, const thetahat_rows& r, int64_t first, int64_t n, int threads);
  void add_block(const pass& p, const block& b);
  // Adds a node of 2^k blocks, of whose first the number of those before is a multiple; no row is pending.
  void push(const pass& p, const double* node, int k);
  void total(const pass& p, double* node) const;
  void total(double* node) const { total(pass(*model, kind, theta), node); }
  int64_t rows_seen() const { return int64_t(blocks) * block_rows + pending; }

 private:
  double* node_at(const pass& p, int k) { return levels + k * p.node_size(); }
  const double* node_at(const pass& p, int k) const { return levels + k * p.node_size(); }
  block pending_block() const { return {rows.x, weighted ? rows.w : nullptr, pending}; }
  void add_all(const pass& p, const thetahat_rows& r, int64_t first, int64_t n, int threads);
  void add_filtered(const pass& p, const thetahat_rows& r, int64_t first, int64_t n, int threads);
  void add_filtered_spans(const pass& p, const filtered_rows& f, int64_t from, int64_t count, int threads);
  int64_t add_spans(const pass& p, const thetahat_rows& r, int64_t first, int64_t count, int threads);
  void wait(const thetahat_rows& r, int64_t first, int64_t n);
};

// The node of a sample, or of one block, without a tree that outlives the call.
void sum_rows(const thetahat_model& model, const double* theta, const block& b, double* node);

}  // namespace thetahat::THETAHAT_ISA

struct thetahat_tree : thetahat::THETAHAT_ISA::tree {};  // named for C
