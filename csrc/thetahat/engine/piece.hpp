// A piece of the tree of a sample: the sums of neighbouring rows, wherever they begin among all that count.
//
// Its nodes are nodes of that tree, each the merge of the same two halves: pieces that are neighbours merge
// into a larger one, and those of all rows, in whatever portions, into the very root of a tree that has read
// all of them. Rows of blocks that the piece does not hold whole stay as they are until their neighbours
// come.
#pragma once
#include <vector>
#include "thetahat/engine/tree.hpp"
#include "thetahat/pieces_api.h"

namespace thetahat::THETAHAT_ISA {

// Rows of a part of a block.
struct edge {
  std::vector<double> x, w;  // no weights where each counts once

  int64_t n() const { return int64_t(x.size()); }
  block rows() const { return {x.data(), w.empty() ? nullptr : w.data(), n()}; }
  void add(const block& b);
  void clear() { x.clear(), w.clear(); }
};

class piece {
 public:
  piece(const thetahat_model& of, const double* at, int which, int64_t start);

  void add(const thetahat_rows& r, int64_t start, int64_t n);
  bool append(const piece& next);
  bool add_to(tree& t) const;
  bool restore(int64_t rows, const double* numbers, int64_t count, const block& edges);
  void copy(double* numbers, double* x, double* w) const;
  thetahat_piece_sizes sizes() const;
  pass made_ready() const { return pass(model, kind, theta); }

 private:
  const thetahat_model& model;
  const int kind;
  double theta[thetahat_max_params];
  const int64_t first, head_rows;  // rows before the piece; and up to the first boundary of blocks
  int64_t blocks = 0;
  edge head, tail;
  std::vector<int> levels;  // of the nodes, from left to right
  std::vector<double> nodes;

  int64_t n() const { return head.n() + blocks * block_rows + tail.n(); }
  int64_t end_block() const { return (first + head_rows) / block_rows + blocks; }
  int64_t missing() const;
  void take(const pass& p, const block& b);
  void take_edge(const pass& p, const edge& e);
  void push(const pass& p, const double* node, int level);
};

}  // namespace thetahat::THETAHAT_ISA
