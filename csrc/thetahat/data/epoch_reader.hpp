// The rows of a stochastic ascent, converted, in the order of an epoch, some at a time.
//
// A shuffle of all rows would need an index as long as the sample, and would find each row in another line of
// memory. Instead groups of neighbouring rows are taken in random order, as many as a window in the cache
// holds, and the window's rows, or batches, are shuffled: up to the window's size that is a shuffle of all.
// The order of spread.hpp shuffles no window, but transposes it.
#pragma once
#include "thetahat/sgd_api.h"
#include "thetahat/data/rows.hpp"
#include "thetahat/data/shuffle.hpp"
#include "thetahat/data/spread.hpp"

namespace thetahat::THETAHAT_ISA {

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Asks for rows that are needed soon.
inline void prefetch([[maybe_unused]] const thetahat_rows& r, [[maybe_unused]] int64_t first,
                     [[maybe_unused]] int64_t n) {
#ifdef __GNUC__
  const int64_t step = r.step < 0 ? -r.step : r.step, line = step < 64 ? 64 : step;
  const char* from = r.data + (r.step < 0 ? first + n - 1 : first) * r.step;
  for (int64_t i = 0; i < n * step; i += line) __builtin_prefetch(from + i);
#endif
}

// A sample that fits the window is shuffled there alone, if windows are shuffled.
inline bool shuffles_groups(const thetahat_epoch_reader& f) {
  return f.group_rows == 0 || f.shuffle == thetahat_shuffle_spread || f.rows->n > f.capacity;
}

inline void start_epoch(thetahat_epoch_reader& f) {
  if (f.shuffle == thetahat_shuffle_none || !shuffles_groups(f)) return;
  shuffle(f.random, f.row_groups, ceil_div(f.rows->n, f.group_rows ? f.group_rows : f.batch_unit));
}

// Rows of the group or unit with that number: the last one may be short.
inline int64_t rows_of(const thetahat_epoch_reader& f, int64_t number, int64_t size) {
  const int64_t left = f.rows->n - number * size;
  return left < size ? left : size;
}

// Fills the window. The last group, which may end in a short batch, comes last there.
inline void load_window(thetahat_epoch_reader& f) {
  const int64_t n_groups = ceil_div(f.rows->n, f.group_rows), most = f.capacity / f.group_rows;
  const bool shuffled = shuffles_groups(f);
  int64_t rows = 0, stop = n_groups - f.next < most ? n_groups : f.next + most;
  bool has_last = false;
  auto load = [&](int64_t group, int64_t groups) {
    const int64_t first = group * f.group_rows, left = f.rows->n - first, most = groups * f.group_rows,
                  n = left < most ? left : most;
    copy_counted(*f.rows, first, n, f.x + rows, f.w ? f.w + rows : nullptr);
    rows += n;
  };
  if (!shuffled) {  // neighbours, all together
    load(f.next, stop - f.next);
    f.next = stop;
  }
  for (; f.next < stop; ++f.next) {
    const int64_t group = f.row_groups[f.next];
    if (f.next + 2 < n_groups) {
      const int64_t soon = f.row_groups[f.next + 2];
      prefetch(*f.rows, soon * f.group_rows, rows_of(f, soon, f.group_rows));
    }
    if (group == n_groups - 1)
      has_last = true;
    else
      load(group, 1);
  }
  if (has_last) load(n_groups - 1, 1);
  f.loaded = ceil_div(rows, f.batch_unit);
  f.drawn = f.used = 0;
  for (int64_t i = 0; i < f.loaded; ++i) f.units[i] = uint32_t(i);
  f.window_rows = rows;
}

// Moves a run to the end of some; whether it is there.
inline bool move_to_end(uint32_t* run, int64_t n, uint32_t which) {
  int64_t i = 0;
  while (i < n && run[i] != which) ++i;
  if (i == n) return false;
  memmove(run + i, run + i + 1, (n - i - 1) * sizeof(uint32_t));
  run[n - 1] = which;
  return true;
}

// The last run of the sample, if it is short, comes last in its window.
inline void load_spread_window(thetahat_epoch_reader& f) {
  const int64_t n_runs = ceil_div(f.rows->n, run_rows), left = n_runs - f.next, most = f.capacity / run_rows,
                short_rows = f.rows->n % run_rows;
  uint32_t* run = f.row_groups + f.next;
  int64_t n = left < most ? left : most;
  f.next += n;
  const bool has_short = short_rows > 0 && move_to_end(run, n, uint32_t(n_runs - 1));
  n -= has_short;
  draw_places(f.random, n, f.units);
  load_runs(*f.rows, run, n, left, f.units, f.x);
  if (f.w) load_runs(*f.rows->weights, run, n, left, f.units, f.w);
  f.window_rows = n * run_rows;
  if (has_short)
    f.window_rows += copy_counted(*f.rows, (n_runs - 1) * run_rows, short_rows, f.x + f.window_rows,
                                  f.w ? f.w + f.window_rows : nullptr);
  f.loaded = f.drawn = f.window_rows;
  f.used = 0;
}

// The next rows of a window that keeps its order.
inline int64_t take_window(thetahat_epoch_reader& f, int64_t wanted, const double** x, const double** w) {
  const int64_t left = f.loaded - f.used, n = left < wanted ? left : wanted;
  *x = f.x + f.used;
  *w = f.w ? f.w + f.used : nullptr;
  f.used += n;
  return n;
}

inline int64_t copy_window(thetahat_epoch_reader& f, int64_t wanted, double* x, double* w) {
  const double *from, *weights;
  const int64_t n = take_window(f, wanted, &from, &weights);
  memcpy(x, from, n * sizeof(double));
  if (weights) memcpy(w, weights, n * sizeof(double));
  return n;
}

inline int64_t read_window(thetahat_epoch_reader& f, int64_t wanted, double* x, double* w) {
  int64_t count = wanted / f.batch_unit, rows = 0;
  if (count > f.loaded - f.used) count = f.loaded - f.used;
  if (f.drawn < f.used + count) f.drawn = draw(f.random, f.units, f.loaded, f.drawn, f.used + count);
  const uint32_t* unit = f.units + f.used;
  f.used += count;
  if (f.batch_unit == 1) {
    for (int64_t i = 0; i < count; ++i) x[i] = f.x[unit[i]];
    for (int64_t i = 0; f.w && i < count; ++i) w[i] = f.w[unit[i]];
    return count;
  }
  for (int64_t i = 0; i < count; ++i) {
    const int64_t first = unit[i] * f.batch_unit, left = f.window_rows - first,
                  n = left < f.batch_unit ? left : f.batch_unit;
    if (n < f.batch_unit && rows > 0) {  // a short batch comes alone
      f.used -= count - i;
      break;
    }
    memcpy(x + rows, f.x + first, n * sizeof(double));
    if (f.w) memcpy(w + rows, f.w + first, n * sizeof(double));
    rows += n;
    if (n < f.batch_unit) {
      f.used -= count - i - 1;
      break;
    }
  }
  return rows;
}

inline bool epoch_over(const thetahat_epoch_reader& f) {
  if (f.shuffle == thetahat_shuffle_none) return f.next == f.rows->n;
  return f.next == ceil_div(f.rows->n, f.group_rows ? f.group_rows : f.batch_unit) && f.used == f.loaded;
}

inline bool starts_epoch(const thetahat_epoch_reader& f) { return f.next == 0 && f.loaded == 0; }

inline void end_epoch(thetahat_epoch_reader& f) { f.next = f.loaded = f.drawn = f.used = 0; }

// Where there is no window: the next rows in their order, or the next batch; 0 when the epoch has ended.
inline int64_t next_rows(thetahat_epoch_reader& f, int64_t wanted, int64_t* first) {
  if (epoch_over(f)) {
    end_epoch(f);
    return 0;
  }
  if (starts_epoch(f)) start_epoch(f);
  if (f.shuffle != thetahat_shuffle_none) {
    const int64_t unit = f.row_groups[f.next++];
    *first = unit * f.batch_unit;
    return rows_of(f, unit, f.batch_unit);
  }
  const int64_t left = f.rows->n - f.next, n = left < wanted ? left : wanted;
  *first = f.next;
  f.next += n;
  return n;
}

// Whether there are rows in the window, or fills it; false when the epoch has ended, and the next one begins.
THETAHAT_NOINLINE inline bool has_window(thetahat_epoch_reader& f) {
  if (f.used < f.loaded) return true;
  if (epoch_over(f)) {
    end_epoch(f);
    return false;
  }
  if (starts_epoch(f)) start_epoch(f);
  (f.shuffle == thetahat_shuffle_spread ? load_spread_window : load_window)(f);
  return true;
}

// Copies the next rows of an epoch, at most those wanted but one unit at least; returns how many: 0 when the
// epoch has ended, and the next one begins.
inline int64_t read_rows(thetahat_epoch_reader& f, int64_t wanted, double* x, double* w) {
  if (f.group_rows) {
    if (!has_window(f)) return 0;
    return (f.shuffle == thetahat_shuffle_spread ? copy_window : read_window)(f, wanted, x, w);
  }
  int64_t first = 0;
  const int64_t n = next_rows(f, wanted, &first);
  copy_counted(*f.rows, first, n, x, w);
  return n;
}

}  // namespace thetahat::THETAHAT_ISA
