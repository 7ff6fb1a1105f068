// A sample's sums while its rows arrive: full subtrees by level, and the rows of the block not yet full.
#pragma once
#include <string.h>
#include "thetahat/engine/packed.hpp"

namespace thetahat::THETAHAT_ISA {

// A pass's sums, and the rows of positive weight that they are of.
template <class Sums>
struct counted_sums {
  double rows;
  Sums sums;

  bool finite() const { return rows - rows == 0 && sums.finite(); }
};

// Not inline, nor is push: once a block, a call costs nothing, and copies for each caller fill a library.
template <class Sums>
THETAHAT_NOINLINE counted_sums<Sums> merge(const counted_sums<Sums>& a, const counted_sums<Sums>& b) {
  return {a.rows + b.rows, merge(a.sums, b.sums)};
}

template <class Pass>
THETAHAT_NOINLINE counted_sums<typename Pass::sums> sum_used(const Pass& pass, const block& b) {
  uint8_t keep[block_rows];
  double x[block_rows], w[block_rows];
  bool good = true;
  for (int64_t i = 0; i < b.n; ++i) {
    good &= b.w[i] >= 0 && b.w[i] < HUGE_VAL;
    keep[i] = b.w[i] > 0;
  }
  if (!good) return {NAN, {}};
  const int64_t used = pack(b.x, keep, b.n, x);
  pack(b.w, keep, b.n, w);
  if (used == 0) return {};
  return {double(used), pass.block(block{x, w, used})};
}

// Rows of weight zero may hold anything, and count for nothing; bad weights make the sums not finite. A pass
// tells of either by an n that is not finite.
template <class Pass>
inline counted_sums<typename Pass::sums> sum_block(const Pass& pass, const block& b) {
  const typename Pass::sums s = pass.block(b);
  if (b.w && s.n - s.n != 0) return sum_used(pass, b);
  return {double(b.n), s};
}

template <class Pass>
struct tree {
  using sums = counted_sums<typename Pass::sums>;
  static constexpr int max_level = 64 - 11;  // 2^11 rows in a block

  double theta[thetahat_max_params];
  uint64_t blocks;  // bit k is set when level[k] holds a subtree of 2^k blocks
  int64_t pending;
  bool weighted;  // whether any pending row has a weight of its own
  sums level[max_level];
  buffers rows;

  void clear(const double* at) {
    blocks = 0, pending = 0, weighted = false;
    for (int j = 0; j < Pass::n_params; ++j) theta[j] = at ? at[j] : 0.0;
  }

  // Adds rows in any portions; the bits of total() depend on the rows that count alone.
  void add(const thetahat_rows& r, int64_t first, int64_t n, int threads) {
    const Pass pass(theta);
    if (!filtered(r)) return add_all(pass, r, first, n, threads);
    if (threads > 1 && n >= 2 * span_rows) return add_packed(pass, r, first, n, threads);
    aligned_buffers room;
    for (int64_t start = first; start < first + n; start += block_rows) {
      int64_t size = first + n - start < block_rows ? first + n - start : block_rows;
      add_block(pass, load_counted(r, start, size, room));
    }
  }

  void add(const block& b) { add_block(Pass(theta), b); }

  sums total() const {
    sums s = pending > 0 ? sum_block(Pass(theta), pending_block()) : sums{};
    for (int k = 0; k < max_level; ++k)
      if (blocks >> k & 1) s = merge(level[k], s);
    return s;
  }

 private:
  block pending_block() const { return {rows.x, weighted ? rows.w : nullptr, pending}; }

  THETAHAT_NOINLINE void add_all(const Pass& pass, const thetahat_rows& r, int64_t first, int64_t n,
                                 int threads) {
    if (pending > 0 || n < block_rows) {
      int64_t taken = n < block_rows - pending ? n : block_rows - pending;
      wait(r, first, taken);
      first += taken, n -= taken;
      if (pending < block_rows) return;
      push(sum_block(pass, pending_block()), 0);
      pending = 0, weighted = false;
    }
    while (n >= block_rows && (blocks % span_blocks != 0 || n < span_rows)) {
      push(leaf(pass, r, first), 0);
      first += block_rows, n -= block_rows;
    }
    while (n >= span_rows) {
      int64_t count = add_spans(pass, r, first, n / span_rows, threads);
      first += count * span_rows, n -= count * span_rows;
    }
    if (n > 0) add_all(pass, r, first, n, threads);
  }

  // A block of any size, in place.
  void add_block(const Pass& pass, const block& b) {
    thetahat_rows x = plain_rows(b.x, b.n), w = plain_rows(b.w, b.n);
    if (b.w) x.weights = &w;
    add_all(pass, x, 0, b.n, 1);
  }

  // Rows of which some are left out: their places are counted first, then each thread packs its own spans.
  void add_packed(const Pass& pass, const thetahat_rows& r, int64_t first, int64_t n, int threads) {
    for (int64_t done = 0; done < n; done += packed_rows::most) {
      const int64_t size = n - done < packed_rows::most ? n - done : packed_rows::most;
      const packed_rows packed(r, first + done, size, threads);
      const int64_t total = packed.total(), filled = blocks % span_blocks * block_rows + pending;
      const int64_t missing = filled ? span_rows - filled : 0, head = missing < total ? missing : total;
      auto add = [&](const block& b) { add_block(pass, b); };
      packed.visit(0, head, add);
      const int64_t spans = (total - head) / span_rows;
      add_packed_spans(pass, packed, head, spans, threads);
      packed.visit(head + spans * span_rows, total, add);
    }
  }

  void add_packed_spans(const Pass& pass, const packed_rows& packed, int64_t from, int64_t count,
                        int threads) {
    struct shares {
      const Pass& pass;
      const packed_rows& packed;
      int64_t from;
      sums node[packed_rows::most / span_rows];
    } work = {pass, packed, from, {}};
    auto job = [](void* context, int64_t i) {
      shares& w = *static_cast<shares*>(context);
      tree own;
      own.clear(nullptr);
      const int64_t start = w.from + i * span_rows;
      w.packed.visit(start, start + span_rows, [&](const block& b) { own.add_block(w.pass, b); });
      w.node[i] = own.level[span_level];
    };
    run_jobs(threads, count, job, &work);
    for (int64_t i = 0; i < count; ++i) push(work.node[i], span_level);
  }

  // Puts rows into the block that is not yet full.
  THETAHAT_NOINLINE void wait(const thetahat_rows& r, int64_t first, int64_t n) {
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

  THETAHAT_NOINLINE void push(sums node, int k) {
    uint64_t before = blocks;
    blocks += uint64_t{1} << k;
    for (; before >> k & 1; ++k) node = merge(level[k], node);
    level[k] = node;
  }

  THETAHAT_NOINLINE static sums leaf(const Pass& pass, const thetahat_rows& r, int64_t first) {
    if constexpr (Pass::takes_floats)
      if (floats_in_place(r))
        return {double(block_rows), pass.block(float_block{reinterpret_cast<const float*>(r.data) + first})};
    aligned_buffers room;
    return sum_block(pass, load_block(r, first, block_rows, room));
  }

  static sums subtree(const Pass& pass, const thetahat_rows& r, int64_t first, int k) {
    if (k == 0) return leaf(pass, r, first);
    sums left = subtree(pass, r, first, k - 1);
    return merge(left, subtree(pass, r, first + (block_rows << (k - 1)), k - 1));
  }

  struct spans {
    static constexpr int64_t most = 128;
    const Pass& pass;
    const thetahat_rows& rows;
    int64_t first;
    sums node[most];
  };

  int64_t add_spans(const Pass& pass, const thetahat_rows& r, int64_t first, int64_t count, int threads) {
    spans work = {pass, r, first, {}};
    if (count > spans::most) count = spans::most;
    auto job = [](void* context, int64_t i) {
      spans& w = *static_cast<spans*>(context);
      w.node[i] = subtree(w.pass, w.rows, w.first + i * span_rows, span_level);
    };
    run_jobs(threads, count, job, &work);
    for (int64_t i = 0; i < count; ++i) push(work.node[i], span_level);
    return count;
  }
};

}  // namespace thetahat::THETAHAT_ISA
