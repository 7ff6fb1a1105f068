// Rows as blocks of doubles: contiguous doubles in place, all others converted; weights are read the same
// way.
#pragma once
#include "thetahat/data/block.hpp"
#include "thetahat/data/level.hpp"

namespace thetahat::THETAHAT_ISA {

inline thetahat_rows plain_rows(const double* x, int64_t n) {
  thetahat_rows r = {};
  r.data = reinterpret_cast<const char*>(x);
  r.n = n;
  r.step = sizeof(double);
  r.type = thetahat_float64;
  r.in_place = 1;
  return r;
}

inline bool floats_in_place(const thetahat_rows& r) {
  return r.type == thetahat_float32 && r.step == int64_t(sizeof(float)) && !r.swapped && !r.weights &&
         reinterpret_cast<uintptr_t>(r.data) % sizeof(float) == 0;
}

// Rows first .. first + n - 1 as doubles, n at most block_rows; the buffer is used where they cannot be read
// in place.
inline const double* load_rows(const thetahat_rows& r, int64_t first, int64_t n, double* buffer) {
  const char* p = r.data + first * r.step;
  return r.in_place ? reinterpret_cast<const double*>(p) : level->convert(&r, p, n, buffer);
}

inline block load_block(const thetahat_rows& r, int64_t first, int64_t n, buffers& room) {
  const double* w = r.weights ? load_rows(*r.weights, first, n, room.w) : nullptr;
  return {load_rows(r, first, n, room.x), w, n};
}

inline bool filtered(const thetahat_rows& r) { return r.mask || r.validity || r.omit_nan; }

// Whether row i has a value, by Arrow's validity: a bit per row, zero where it is null.
inline bool valid(const thetahat_rows& r, int64_t i) {
  const int64_t bit = r.first_bit + i * r.bit_step;
  return !r.validity || r.validity[bit / 8] >> (bit % 8) & 1;
}

// Whether row i, of value x, counts: by NumPy's mask (a byte per row, not zero: left out) or Arrow's
// validity, and by what is done with NaN.
inline bool counts(const thetahat_rows& r, int64_t i, double x) {
  if (r.mask && r.mask[i * r.mask_step]) return false;
  return valid(r, i) && (!r.omit_nan || x == x);
}

// Those of rows first .. first + n - 1 that count; n is at most block_rows.
inline block load_counted(const thetahat_rows& r, int64_t first, int64_t n, buffers& room) {
  const block b = load_block(r, first, n, room);
  if (!filtered(r)) return b;
  uint8_t keep[block_rows];
  const int64_t kept = level->mark_counted(&r, first, n, b.x, keep);
  if (kept == n) return b;
  level->pack(b.x, keep, n, room.x);
  if (b.w) level->pack(b.w, keep, n, room.w);
  return {room.x, b.w ? room.w : nullptr, kept};
}

// Calls visit(start, n) for rows first .. first + n - 1, a block at a time.
template <class Visit>
inline void each_block(int64_t first, int64_t n, Visit visit) {
  for (int64_t start = first; start < first + n; start += block_rows)
    visit(start, first + n - start < block_rows ? first + n - start : block_rows);
}

// Of rows first .. first + n - 1, how many count, have weight, and are bad; *at becomes the first one's
// index.
template <class Bad>
int64_t count_bad(const thetahat_rows& r, int64_t first, int64_t n, int64_t* at, Bad bad) {
  aligned_buffers room;
  int64_t count = 0;
  each_block(first, n, [&](int64_t start, int64_t size) {
    const block b = load_block(r, start, size, room);
    bool any = false;  // nearly always none is, and this loop is all
    for (int64_t i = 0; i < b.n; ++i) any |= bad(b.x[i]);
    for (int64_t i = 0; any && i < b.n; ++i)
      if (bad(b.x[i]) && counts(r, start + i, b.x[i]) && !(b.w && b.w[i] == 0))
        if (count++ == 0) *at = start + i;
  });
  return count;
}

// Copies those of rows first .. first + n - 1 that count, and their weights where there are any; returns how
// many.
inline int64_t copy_counted(const thetahat_rows& r, int64_t first, int64_t n, double* out, double* weights) {
  aligned_buffers room;
  int64_t kept = 0;
  each_block(first, n, [&](int64_t start, int64_t size) {
    const block b = load_counted(r, start, size, room);
    memcpy(out + kept, b.x, b.n * sizeof(double));
    if (b.w) memcpy(weights + kept, b.w, b.n * sizeof(double));
    kept += b.n;
  });
  return kept;
}

}  // namespace thetahat::THETAHAT_ISA
