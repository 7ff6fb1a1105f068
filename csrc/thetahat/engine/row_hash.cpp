// A hash of rows in their order: the sum of one of each row and its place, which does not depend on the
// portions that rows come in, and costs a nanosecond a row.
#include "thetahat/isa/baseline.hpp"

#include "thetahat/data/rows.hpp"
#include "thetahat/engine/slices.hpp"
#include "thetahat/pieces_api.h"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr uint64_t of_places = 0x9e3779b97f4a7c15ULL, of_rows = 0xd6e8feb86659fd93ULL,
                   of_weights = 0xbf58476d1ce4e5b9ULL;

uint64_t mixed(uint64_t bits, uint64_t place, uint64_t factor) {
  uint64_t h = (bits ^ bits >> 32) + place * of_places;
  h = (h ^ h >> 32) * factor;
  return h ^ h >> 32;
}

void add(const block& b, thetahat_row_hash& state) {
  const uint64_t place = uint64_t(state.rows);
  for (int64_t i = 0; i < b.n; ++i) state.hash += mixed(to_bits(b.x[i]), place + uint64_t(i), of_rows);
  for (int64_t i = 0; b.w && i < b.n; ++i) {
    state.hash += mixed(to_bits(b.w[i]), place + uint64_t(i), of_weights);
    state.used += b.w[i] != 0;
  }
  if (!b.w) state.used += b.n;
  state.rows += b.n;
}

}  // namespace

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

int64_t thetahat_hash_rows(const thetahat_rows* r, int64_t start, thetahat_row_hash* state) {
  const int64_t n = slice_of(r->n, start, 1, cost_of_terms);
  aligned_buffers room;
  each_block(start, n, [&](int64_t from, int64_t size) { add(load_counted(*r, from, size, room), *state); });
  return n;
}
