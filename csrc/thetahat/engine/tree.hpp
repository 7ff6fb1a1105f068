// A sample's sums while its rows arrive: full subtrees by level, and the rows of the block not yet full.
#pragma once
#include <string.h>
#include "thetahat/engine/blocks.hpp"
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

  // Adds rows in any portions; the bits of total() depend on the rows that count alone.
  void add(const thetahat_rows& r, int64_t first, int64_t n, int threads) {
    if (!filtered(r)) return add_all(r, first, n, threads);
    double kept[block_rows];
    for (int64_t start = first; start < first + n; start += block_rows) {
      int64_t size = first + n - start < block_rows ? first + n - start : block_rows;
      int64_t count = load_counted(r, start, size, kept);
      add_all(plain_rows(kept, count), 0, count, 1);
    }
  }

  sums total() const {
    sums s = pending > 0 ? Family::block(rows, pending) : sums{};
    for (int k = 0; k < max_level; ++k)
      if (blocks >> k & 1) s = merge(level[k], s);
    return s;
  }

 private:
  void add_all(const thetahat_rows& r, int64_t first, int64_t n, int threads) {
    if (pending > 0 || n < block_rows) {
      int64_t taken = n < block_rows - pending ? n : block_rows - pending;
      const double* x = load_rows(r, first, taken, rows + pending);
      if (x != rows + pending) memcpy(rows + pending, x, taken * sizeof(double));
      pending += taken, first += taken, n -= taken;
      if (pending < block_rows) return;
      push(Family::block(rows, block_rows), 0);
      pending = 0;
    }
    while (n >= block_rows && (blocks % span_blocks != 0 || n < span_rows)) {
      push(block(r, first), 0);
      first += block_rows, n -= block_rows;
    }
    while (n >= span_rows) {
      int64_t count = add_spans(r, first, n / span_rows, threads);
      first += count * span_rows, n -= count * span_rows;
    }
    if (n > 0) add_all(r, first, n, threads);
  }

  void push(sums node, int k) {
    uint64_t before = blocks;
    blocks += uint64_t{1} << k;
    for (; before >> k & 1; ++k) node = merge(level[k], node);
    level[k] = node;
  }

  static sums block(const thetahat_rows& r, int64_t first) {
    double buffer[block_rows];
    return Family::block(load_rows(r, first, block_rows, buffer), block_rows);
  }

  static sums subtree(const thetahat_rows& r, int64_t first, int k) {
    if (k == 0) return block(r, first);
    sums left = subtree(r, first, k - 1);
    return merge(left, subtree(r, first + (block_rows << (k - 1)), k - 1));
  }

  struct spans {
    static constexpr int64_t most = 128;
    const thetahat_rows& rows;
    int64_t first;
    sums node[most];
  };

  int64_t add_spans(const thetahat_rows& r, int64_t first, int64_t count, int threads) {
    spans work = {r, first, {}};
    if (count > spans::most) count = spans::most;
    auto job = [](void* context, int64_t i) {
      spans& w = *static_cast<spans*>(context);
      w.node[i] = subtree(w.rows, w.first + i * span_rows, span_level);
    };
    run_jobs(threads, count, job, &work);
    for (int64_t i = 0; i < count; ++i) push(work.node[i], span_level);
    return count;
  }
};

}  // namespace thetahat::THETAHAT_ISA
