// Rows of which some are left out, indexed by their places among those that count, so that each thread finds
// where its share of the grid begins.
#pragma once
#include "thetahat/data/rows.hpp"
#include "thetahat/engine/grid.hpp"
#include "thetahat/engine/threads.hpp"

namespace thetahat::THETAHAT_ISA {

class filtered_rows {
 public:
  static constexpr int64_t most = 128 * span_rows;

  // Of rows first .. first + n - 1, n at most `most`.
  filtered_rows(const thetahat_rows& r, int64_t f, int64_t count, int threads) : rows(r), first(f), n(count) {
    const int64_t blocks = (n + block_rows - 1) / block_rows;
    auto job = [](void* context, int64_t share) { static_cast<filtered_rows*>(context)->count_share(share); };
    run_jobs(threads, (blocks + span_blocks - 1) / span_blocks, job, this);
    int32_t sum = 0;
    for (int64_t b = 0; b <= blocks; ++b) {
      const int32_t kept = b < blocks ? before[b] : 0;
      before[b] = sum;
      sum += kept;
    }
  }

  // How many count.
  int64_t total() const { return before[(n + block_rows - 1) / block_rows]; }

  // Calls visit(block) for those that count and are at places from .. to - 1 among these. The first reading
  // decides how many: where another thread has changed since then which rows count, others are visited.
  template <class Visit>
  void visit(int64_t from, int64_t to, Visit visit) const {
    if (from >= to) return;
    aligned_buffers room;
    int64_t b = block_of(from);
    for (; from < to; ++b) {
      const block all = load_counted(rows, start_of(b), size_of(b), room);
      const int64_t skip = from - before[b], rest = before[b + 1] - from;
      const int64_t taken = rest < to - from ? rest : to - from;
      if (taken > 0) visit(block{all.x + skip, all.w ? all.w + skip : nullptr, taken});
      from += taken;
    }
  }

 private:
  const thetahat_rows& rows;
  const int64_t first, n;
  int32_t before[most / block_rows + 1];  // rows that count before each block of rows as they lie

  int64_t start_of(int64_t b) const { return first + b * block_rows; }
  int64_t size_of(int64_t b) const {
    return n - b * block_rows < block_rows ? n - b * block_rows : block_rows;
  }
  void count_share(int64_t share) {
    const int64_t blocks = (n + block_rows - 1) / block_rows;
    for (int64_t b = share * span_blocks; b < blocks && b < (share + 1) * span_blocks; ++b) {
      aligned_buffers room;
      uint8_t keep[block_rows];
      const double* x = rows.omit_nan ? load_rows(rows, start_of(b), size_of(b), room.x) : nullptr;
      before[b] = int32_t(level->mark_counted(&rows, start_of(b), size_of(b), x, keep));
    }
  }
  // The last block before which no more than `place` rows count.
  int64_t block_of(int64_t place) const {
    int64_t low = 0, high = (n + block_rows - 1) / block_rows;
    while (high - low > 1) {
      const int64_t middle = (low + high) / 2;
      (before[middle] <= place ? low : high) = middle;
    }
    return low;
  }
};

}  // namespace thetahat::THETAHAT_ISA
