// Rows in any order, a block at a time, with the code of the group of each.
#pragma once
#include <math.h>
#include <vector>
#include "thetahat/data/rows.hpp"
#include "thetahat/engine/integer_keys.hpp"
#include "thetahat/groups_api.h"

namespace thetahat::THETAHAT_ISA {

// Codes are -1 where rows are dropped or left out.
template <class Code>
struct coded_block {
  const Code* codes;
  const double *x, *w;  // NULL where they are not wanted
  int64_t n;
};

class coded_rows {
 public:
  explicit coded_rows(const thetahat_coded_rows& of) : of(of), starts(1, 0) {
    for (int64_t c = 0; c < of.n_chunks; ++c) starts.push_back(starts.back() + of.chunks[c]->n);
  }
  int64_t n() const { return starts.back(); }
  int64_t n_groups() const { return of.n_groups; }
  bool wide() const { return !of.keyed && of.type == thetahat_int64; }
  bool keyed() const { return of.keyed; }
  bool weighted() const { return of.n_chunks && of.chunks[0]->weights; }
  // Calls visit(block) for rows first .. last - 1.
  template <class Code, class Visit>
  void visit(int64_t first, int64_t last, bool values, Visit visit) const {
    for (int64_t c = 0; c < of.n_chunks; ++c) {
      const int64_t from = first > starts[c] ? first : starts[c];
      const int64_t to = last < starts[c + 1] ? last : starts[c + 1];
      each_block(from - starts[c], to - from, [&](int64_t start, int64_t size) {
        Code room[block_rows];
        visit_block(*of.chunks[c], start, size, codes_of(starts[c] + start, size, room), values, visit);
      });
    }
  }

 private:
  const thetahat_coded_rows of;
  std::vector<int64_t> starts;  // of the chunks among all rows, and how many these are

  template <class Code>
  const Code* codes_of(int64_t first, int64_t n, Code* room) const {
    if (!of.keyed) return static_cast<const Code*>(of.codes) + first;
    int64_t wide_keys[block_rows];
    const int64_t* keys = keys_of(of.codes, of.type, first, n, wide_keys);
    const uint64_t least = uint64_t(of.least), last = uint64_t(of.n_groups) - 1;
    uint64_t signs = 0;
    for (int64_t i = 0; i < n; ++i) {
      const uint64_t code = uint64_t(keys[i]) - least;
      room[i] = Code(code);
      signs |= code | (last - code);
    }
    // Where another thread has changed one since the range was found, none is in a group.
    if (signs >> 63) std::fill_n(room, n, Code(-1));
    return room;
  }

  template <class Code, class Visit>
  static void visit_block(const thetahat_rows& r, int64_t start, int64_t n, const Code* codes, bool values,
                          Visit& visit) {
    aligned_buffers room;
    block b = {nullptr, nullptr, n};
    if (values)
      b = load_block(r, start, n, room);
    else if (r.omit_nan)
      b.x = load_rows(r, start, n, room.x);
    if (!filtered(r)) return visit(coded_block<Code>{codes, b.x, b.w, n});
    thetahat_rows marked = r;
    if (r.validity && !r.omit_nan) {
      marked.validity = nullptr;
      if (values) b.x = null_as_nan(r, start, b, room.x);
    }
    uint8_t keep[block_rows];
    Code kept[block_rows];
    level->mark_counted(&marked, start, n, b.x, keep);
    for (int64_t i = 0; i < n; ++i) kept[i] = keep[i] ? codes[i] : Code(-1);
    visit(coded_block<Code>{kept, b.x, b.w, n});
  }

  // A null row that is not to be left out is NaN, which makes its group invalid.
  static const double* null_as_nan(const thetahat_rows& r, int64_t start, const block& b, double* room) {
    for (int64_t i = 0; i < b.n; ++i) room[i] = valid(r, start + i) ? b.x[i] : double(NAN);
    return room;
  }
};

}  // namespace thetahat::THETAHAT_ISA
