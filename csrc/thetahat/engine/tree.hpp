// A sample's sums while its rows arrive: full subtrees by level, and the rows of the block not yet full.
#pragma once
#include <string.h>
#include "thetahat/engine/grid.hpp"
#include "thetahat/engine/threads.hpp"

namespace thetahat::THETAHAT_ISA {

template <class Family>
struct tree {
  using sums = typename Family::sums;
  static constexpr int max_level = 64 - 11;  // 2^11 rows in a block

  uint64_t blocks;  // bit k is set when level[k] holds a subtree of 2^k blocks
  int64_t pending;
  sums level[max_level];
  double rows[block_rows];

  void clear() { blocks = 0, pending = 0; }

  // Adds rows in any portions; the bits of total() depend on the rows alone.
  void add(const double* x, int64_t n, int threads) {
    if (pending > 0 || n < block_rows) {
      int64_t taken = n < block_rows - pending ? n : block_rows - pending;
      memcpy(rows + pending, x, taken * sizeof(double));
      pending += taken, x += taken, n -= taken;
      if (pending < block_rows) return;
      push(Family::block(rows, block_rows), 0);
      pending = 0;
    }
    while (n >= block_rows && (blocks % span_blocks != 0 || n < span_rows)) {
      push(Family::block(x, block_rows), 0);
      x += block_rows, n -= block_rows;
    }
    while (n >= span_rows) {
      int64_t count = add_spans(x, n / span_rows, threads);
      x += count * span_rows, n -= count * span_rows;
    }
    if (n > 0) add(x, n, threads);
  }

  sums total() const {
    sums s = pending > 0 ? Family::block(rows, pending) : sums{};
    for (int k = 0; k < max_level; ++k)
      if (blocks >> k & 1) s = merge(level[k], s);
    return s;
  }

 private:
  void push(sums node, int k) {
    uint64_t before = blocks;
    blocks += uint64_t{1} << k;
    for (; before >> k & 1; ++k) node = merge(level[k], node);
    level[k] = node;
  }

  static sums subtree(const double* x, int k) {
    if (k == 0) return Family::block(x, block_rows);
    sums left = subtree(x, k - 1);
    return merge(left, subtree(x + (block_rows << (k - 1)), k - 1));
  }

  struct spans {
    static constexpr int64_t most = 128;
    const double* x;
    sums node[most];
  };

  int64_t add_spans(const double* x, int64_t count, int threads) {
    spans work;
    work.x = x;
    if (count > spans::most) count = spans::most;
    auto job = [](void* context, int64_t i) {
      spans* w = static_cast<spans*>(context);
      w->node[i] = subtree(w->x + i * span_rows, span_level);
    };
    run_jobs(threads, count, job, &work);
    for (int64_t i = 0; i < count; ++i) push(work.node[i], span_level);
    return count;
  }
};

}  // namespace thetahat::THETAHAT_ISA
