// Checks and copies of rows, a slice at a time.
#include "thetahat/isa/baseline.hpp"

#include "thetahat/data/convert.hpp"
#include "thetahat/data/rows.hpp"
#include "thetahat/engine/slices.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

template <class T>
int64_t count_beyond_2_53(const thetahat_rows& r, int64_t first, int64_t n, int64_t* at) {
  constexpr T most = T{1} << 53, least = T(0) > T(-1) ? -most : 0;
  auto value = [&](int64_t i) {
    const char* p = r.data + i * r.step;
    return r.swapped ? read_swapped<T>(p) : read<T>(p);
  };
  bool beyond = false;  // nearly always none is, and this loop is all
  for (int64_t i = first; i < first + n; ++i) {
    const T v = value(i);
    beyond |= (v > most) | (v < least);
  }
  int64_t count = 0;
  for (int64_t i = first; beyond && i < first + n; ++i)
    if ((value(i) > most || value(i) < least) && counts(r, i, 0) && count++ == 0) *at = i;
  return count;
}

// The integers that count and that no double equals for sure.
int64_t count_inexact(const thetahat_rows& r, int64_t first, int64_t n, int64_t* at) {
  if (r.type == thetahat_int64) return count_beyond_2_53<int64_t>(r, first, n, at);
  if (r.type == thetahat_uint64) return count_beyond_2_53<uint64_t>(r, first, n, at);
  return 0;
}

// The rows of positive weight that are null.
int64_t count_null(const thetahat_rows& r, int64_t first, int64_t n, int64_t* at) {
  aligned_buffers room;
  int64_t count = 0;
  if (r.validity)
    each_block(first, n, [&](int64_t start, int64_t size) {
      const double* w = r.weights ? load_rows(*r.weights, start, size, room.w) : nullptr;
      for (int64_t i = 0; i < size; ++i)
        if (!valid(r, start + i) && !(w && w[i] == 0) && count++ == 0) *at = start + i;
    });
  return count;
}

int64_t count_in_slice(int what, const thetahat_rows& r, int64_t first, int64_t n, int64_t* at) {
  if (what == thetahat_null) return count_null(r, first, n, at);
  if (what == thetahat_inexact) return count_inexact(r, first, n, at);
  if (what == thetahat_not_finite) return count_bad(r, first, n, at, [](double x) { return x - x != 0; });
  return count_bad(r, first, n, at, [](double w) { return !(w >= 0 && w - w == 0); });
}

// Adds what a slice has to the count; returns the rows of the slice.
template <class Count>
int64_t next_slice(const thetahat_rows& r, thetahat_count* c, Count count) {
  const int64_t n = slice_of(r.n, c->done, 1);
  int64_t at = -1;
  const int64_t found = count(c->done, n, &at);
  if (found && !c->count) c->first = at;
  c->count += found;
  c->done += n;
  return n;
}

}  // namespace

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

int64_t thetahat_count_bad(int what, const thetahat_rows* r, thetahat_count* c) {
  return next_slice(
      *r, c, [&](int64_t first, int64_t n, int64_t* at) { return count_in_slice(what, *r, first, n, at); });
}

int64_t thetahat_count_outside(const thetahat_model* m, const double* theta, const thetahat_rows* r,
                               thetahat_count* c) {
  return next_slice(*r, c, [&](int64_t first, int64_t n, int64_t* at) {
    return m->count_outside(m, theta, r, first, n, at);
  });
}

int64_t thetahat_copy_counted(const thetahat_rows* r, thetahat_count* c, double* out, double* weights) {
  return next_slice(*r, c, [&](int64_t first, int64_t n, int64_t*) {
    return copy_counted(*r, first, n, out + c->count, weights ? weights + c->count : nullptr);
  });
}

int64_t thetahat_density_rows() { return slice_rows / cost_of_density; }
