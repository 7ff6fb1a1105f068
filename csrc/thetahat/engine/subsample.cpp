#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/subsample.hpp"

#include <math.h>
#include <string.h>
#include <memory>
#include <new>
#include "thetahat/engine/slices.hpp"
#include "thetahat/pieces_api.h"

namespace thetahat::THETAHAT_ISA {

namespace {

// A cache line. Of longer runs, the pilots of sorted rows are worse, and cost a pass more.
constexpr int64_t run_rows = 8;
constexpr int64_t most_rows = int64_t{1} << 19;  // while their number is not known; above any pilot's

// Which half of so many neighbouring runs is taken: a bit of a hash, so that no period of the rows agrees
// with it (Steele, Lea and Flood 2014).
int64_t half_of(int level, int64_t neighbours) {
  uint64_t h = (uint64_t(neighbours) << 6 | uint64_t(level)) + 0x9e3779b97f4a7c15ULL;
  h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9ULL;
  h = (h ^ h >> 27) * 0x94d049bb133111ebULL;
  return int64_t(h >> 63);
}

int64_t run_in(int level, int64_t neighbours) {
  int64_t run = neighbours;
  for (int k = level; k > 0; --k) run = 2 * run + half_of(k, run);
  return run;
}

bool takes(int level, int64_t run) {
  for (int k = 1; k <= level; ++k)
    if ((run >> (k - 1) & 1) != half_of(k, run >> k)) return false;
  return true;
}

// Calls visit(start, n) for those of places first .. first + n - 1 that this level takes, a run at a time.
template <class Visit>
void each_run(int level, int64_t first, int64_t n, Visit visit) {
  const int64_t end = first + n;
  for (int64_t k = first / run_rows >> level; (k << level) * run_rows < end; ++k) {
    const int64_t run = run_in(level, k) * run_rows, from = run > first ? run : first,
                  to = run + run_rows < end ? run + run_rows : end;
    if (from < to) visit(from, to - from);
  }
}

}  // namespace

void subsample::keep(int64_t place, const block& b) {
  x.insert(x.end(), b.x, b.x + b.n);
  if (b.w) w.insert(w.end(), b.w, b.w + b.n);
  if (thins_) run_of_.insert(run_of_.end(), b.n, place / run_rows);
}

void subsample::reserve(int64_t rows, bool weighted) {
  const size_t most = size_t((rows >> level_) + 2 * run_rows);
  x.reserve(most);
  if (weighted) w.reserve(most);
}

void subsample::add(const thetahat_rows& r, int64_t first, int64_t n) {
  aligned_buffers room;
  if (!filtered(r)) {
    const int64_t before = seen_ - first;
    each_run(level_, seen_, n,
             [&](int64_t at, int64_t size) { keep(at, load_block(r, at - before, size, room)); });
    seen_ += n;
    return;
  }
  each_block(first, n, [&](int64_t start, int64_t size) {
    const block b = load_counted(r, start, size, room);
    each_run(level_, seen_, b.n, [&](int64_t at, int64_t rows) {
      const int64_t i = at - seen_;
      keep(at, {b.x + i, b.w ? b.w + i : nullptr, rows});
    });
    seen_ += b.n;
  });
}

bool subsample::join(int64_t rows, const block& taken) {
  int64_t used = 0;
  each_run(level_, 0, rows, [&](int64_t at, int64_t size) {
    if (used + size <= taken.n) keep(at, {taken.x + used, taken.w ? taken.w + used : nullptr, size});
    used += size;
  });
  seen_ = rows;
  return used == taken.n;
}

void subsample::thin(int level) {
  subsample fewer = at(level);
  x.swap(fewer.x), w.swap(fewer.w), run_of_.swap(fewer.run_of_);
  level_ = level;
}

subsample subsample::at(int level) const {
  if (!thins_ || level == level_) return *this;
  subsample fewer(level, true);
  fewer.seen_ = seen_;
  for (size_t i = 0; i < x.size(); ++i)
    if (takes(level, run_of_[i]))
      fewer.keep(run_of_[i] * run_rows, {x.data() + i, w.empty() ? nullptr : w.data() + i, 1});
  return fewer;
}

int64_t subsample::drop_unweighted() {
  size_t used = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    if (!(w[i] >= 0 && w[i] < HUGE_VAL)) return -1;
    x[used] = x[i], w[used] = w[i];
    used += w[i] > 0;
  }
  if (!w.empty()) x.resize(used), w.resize(used);
  return int64_t(x.size());
}

int level_of(int64_t n, int64_t wanted) {
  int level = 0;
  while (n > 0 && ((n - 1) / run_rows >> (level + 1)) * run_rows >= wanted) ++level;
  return level;
}

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

struct thetahat_subsample : subsample {
  using subsample::subsample;
};

thetahat_subsample* thetahat_new_subsample(int64_t rows, int64_t wanted) {
  return new (std::nothrow) thetahat_subsample(rows ? level_of(rows, wanted) : 0, rows == 0);
}

void thetahat_free_subsample(thetahat_subsample* s) { delete s; }

int64_t thetahat_add_to_subsample(thetahat_subsample* s, const thetahat_rows* r, int64_t first) try {
  const int64_t n = slice_of(r->n, first, 1);
  s->add(*r, first, n);
  while (s->thins() && int64_t(s->x.size()) > most_rows) s->thin(s->level() + 1);
  return n;
} catch (const std::bad_alloc&) {
  return thetahat_no_memory;
}

int64_t thetahat_subsample_size(const thetahat_subsample* s) { return int64_t(s->x.size()); }

int64_t thetahat_rows_seen(const thetahat_subsample* s) { return s->seen(); }

int64_t thetahat_take_subsample(const thetahat_subsample* s, int64_t wanted, double* x, double* w) try {
  const int level = level_of(s->seen(), wanted);
  subsample taken = s->at(level > s->level() ? level : s->level());
  const int64_t n = taken.drop_unweighted();
  if (n > 0) memcpy(x, taken.x.data(), n * sizeof(double));
  if (n > 0 && !taken.w.empty()) memcpy(w, taken.w.data(), n * sizeof(double));
  return n;
} catch (const std::bad_alloc&) {
  return thetahat_no_memory;
}

thetahat_subsample* thetahat_new_subsample_part(int64_t rows, int64_t wanted, int64_t first) {
  return new (std::nothrow) thetahat_subsample(level_of(rows, wanted), false, first);
}

void thetahat_copy_subsample(const thetahat_subsample* s, double* x, double* w) {
  if (!s->x.empty()) memcpy(x, s->x.data(), s->x.size() * sizeof(double));
  if (!s->w.empty()) memcpy(w, s->w.data(), s->w.size() * sizeof(double));
}

thetahat_subsample* thetahat_join_subsample(int64_t rows, int64_t wanted, const double* x, const double* w,
                                            int64_t n) try {
  auto all = std::make_unique<thetahat_subsample>(level_of(rows, wanted), true);
  return all->join(rows, {x, w, n}) ? all.release() : nullptr;
} catch (const std::bad_alloc&) {
  return nullptr;
}
