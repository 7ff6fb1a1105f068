#include "thetahat/isa/baseline.hpp"

#include <new>
#include "thetahat/data/rows.hpp"
#include "thetahat/engine/median.hpp"

namespace thetahat::THETAHAT_ISA {

void median_search::begin(const block& rows) {
  x.resize(rows.n), w.resize(rows.w ? rows.n : 0);
  part = {};
  part.low = -HUGE_VAL, part.high = HUGE_VAL;
  part.room = rows.n, part.x = x.data(), part.weights = rows.w ? w.data() : nullptr;
  next = 0, found = false;
}

bool median_search::go_on(const block& rows) {
  thetahat_rows values = plain_rows(rows.x, rows.n), weights;
  if (rows.w) weights = plain_rows(rows.w, rows.n), values.weights = &weights;
  if (next < rows.n) next += thetahat_partition_rows(&values, next, 1, &part);
  if (next < rows.n) return true;
  double ends[4];
  const int answer = thetahat_locate(&part, ends);
  if (answer < 0) throw std::bad_alloc();
  found = answer;
  const double both = ends[0] + ends[2];
  if (found) median = both - both == 0 ? 0.5 * both : 0.5 * ends[0] + 0.5 * ends[2];
  return false;
}

}  // namespace thetahat::THETAHAT_ISA
