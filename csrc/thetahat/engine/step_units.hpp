// What steps are taken on: single rows or batches, of a copy in their order, or of a window, out of which
// they are drawn among the steps, whose latency hides that. Each has some that are ready, the k-th of these,
// and passes those that are done.
#pragma once
#include "thetahat/data/epoch_reader.hpp"

namespace thetahat::THETAHAT_ISA {

struct copied_rows {
  const double* x;

  THETAHAT_INLINE int64_t ready(int64_t wanted) const { return wanted; }
  THETAHAT_INLINE double operator()(int64_t k) const { return x[k]; }
  THETAHAT_INLINE void pass(int64_t n) { x += n; }
  void leave() const {}
};

// Units of a window in the order of their shuffle, or without a reader, so many in their own order. Counters
// are local: in the reader, they would be loaded and stored at each step.
class step_units {
  thetahat_epoch_reader* const reader;
  const int64_t loaded;
  int64_t drawn;

 protected:
  const uint32_t* const order;
  int64_t used;

 public:
  step_units(thetahat_epoch_reader* r, int64_t n)
      : reader(r),
        loaded(r ? r->loaded : n),
        drawn(r ? r->drawn : n),
        order(r ? r->units : nullptr),
        used(r ? r->used : 0) {}

  // Those that are drawn; where there are none, those that share the next random word are: more at once would
  // not be hidden by the latency of the steps before.
  THETAHAT_INLINE int64_t ready(int64_t wanted) {
    if (used == drawn) drawn = draw_next(reader->random, reader->units, loaded, drawn);
    return drawn - used < wanted ? drawn - used : wanted;
  }
  THETAHAT_INLINE void pass(int64_t n) { used += n; }
  void leave() const {
    if (!reader) return;
    reader->used = used;
    reader->drawn = drawn;
  }
};

// Rows of a window, which has no weights; they are kept for the quadratic model.
struct drawn_rows : step_units {
  const double* const window;
  double* kept;

  drawn_rows(thetahat_epoch_reader& r, double* room) : step_units(&r, 0), window(r.x), kept(room) {}
  THETAHAT_INLINE double operator()(int64_t k) const { return kept[k] = window[order[used + k]]; }
  THETAHAT_INLINE void pass(int64_t n) {
    step_units::pass(n);
    kept += n;
  }
};

// Batches where they lie.
struct step_batches : step_units {
  const double *const x, *const w;
  const int64_t batch, rows;

  explicit step_batches(thetahat_epoch_reader& r)
      : step_units(&r, 0), x(r.x), w(r.w), batch(r.batch_unit), rows(r.window_rows) {}
  step_batches(const double* rows_of, const double* weights, int64_t n, int64_t size)
      : step_units(nullptr, ceil_div(n, size)), x(rows_of), w(weights), batch(size), rows(n) {}
  THETAHAT_INLINE block operator()(int64_t k) const {
    const int64_t first = (order ? order[used + k] : used + k) * batch, left = rows - first;
    return {x + first, w ? w + first : nullptr, left < batch ? left : batch};
  }
};

}  // namespace thetahat::THETAHAT_ISA
