#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include <new>
#include <numeric>
#include "thetahat/data/rows.hpp"
#include "thetahat/engine/median.hpp"
#include "thetahat/families/pilot.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr int64_t few = 20000;         // rows that are sorted without a pilot
constexpr int64_t pilot_rows = 10000;  // that give the interval in which the median is searched
constexpr double shares[] = {0.48, 0.52};

// Of two zeros, 0: which of -0 and 0 lies in the middle depends on how equal rows are sorted.
double middle(double a, double b) {
  const double both = a + b;
  return (both - both == 0 ? 0.5 * both : 0.5 * a + 0.5 * b) + 0.0;
}

// The two middle rows of all, by their ranks, where they are among those between.
bool by_rank(double below, double above, double* x, int64_t n, double* median) {
  const double place = 0.5 * (below + above + double(n)) - below;
  if (!(0 < place && place < double(n))) return false;
  const int64_t first = int64_t(ceil(place)) - 1, second = int64_t(floor(place));
  std::nth_element(x, x + first, x + n);
  const double low = x[first];
  *median = middle(low, second == first ? low : *std::min_element(x + first + 1, x + n));
  return true;
}

// The last row of the lower half of the weight, and the next.
bool by_weight(double below, double above, const double* x, const double* w, int64_t n, double* median) {
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [x](int64_t a, int64_t b) { return x[a] < x[b]; });
  std::vector<double> upto;
  double sum = 0.0;
  for (int64_t i : order) upto.push_back(below + (sum += w[i]));
  const double half = 0.5 * ((upto.empty() ? below : upto.back()) + above);
  const auto first = std::lower_bound(upto.begin(), upto.end(), half);
  const auto second = std::upper_bound(first, upto.end(), half);
  if (below >= half || second == upto.end()) return false;
  *median = middle(x[order[first - upto.begin()]], x[order[second - upto.begin()]]);
  return true;
}

// One pass: the rows between two values, and the weights outside.
thetahat_partition split(const block& rows, double low, double high, median_search& room) {
  double x[block_rows], w[block_rows];
  thetahat_partition part = {low, high, 0.0, 0.0, 0, x, w};
  room.x.clear(), room.w.clear();
  each_block(0, rows.n, [&](int64_t first, int64_t n) {
    const block b = {rows.x + first, rows.w ? rows.w + first : nullptr, n};
    part.between = 0;
    level->partition(&b, &part);
    room.x.insert(room.x.end(), x, x + part.between);
    if (rows.w) room.w.insert(room.w.end(), w, w + part.between);
  });
  return part;
}

// Where the median lies, by some of the rows that count, or by all where there are none among these.
void quantiles_of_some(const block& rows, double* q) {
  std::vector<double> x, w;
  for (int64_t step : {rows.n / pilot_rows, int64_t{1}}) {
    for (int64_t i = 0; i < rows.n; i += step) {
      if (rows.x[i] != rows.x[i] || (rows.w && !(rows.w[i] > 0))) continue;
      x.push_back(rows.x[i]);
      if (rows.w) w.push_back(rows.w[i]);
    }
    if (!x.empty()) break;
  }
  const thetahat_pilot some = {x.data(), rows.w ? w.data() : nullptr, int64_t(x.size())};
  if (some.n) pilot(some).quantiles(2, shares, q);
}

}  // namespace

bool find_median(const block& rows, median_search& search) {
  double q[2] = {-HUGE_VAL, HUGE_VAL};
  if (rows.n > few) quantiles_of_some(rows, q);
  for (search.passes = 1;; ++search.passes) {
    const thetahat_partition part = split(rows, q[0], q[1], search);
    const int found =
        thetahat_median_between(part.below, part.above, search.x.data(), rows.w ? search.w.data() : nullptr,
                                int64_t(search.x.size()), &search.median);
    if (found < 0) throw std::bad_alloc();
    if (found) return true;
    if (q[0] == -HUGE_VAL && q[1] == HUGE_VAL) return false;
    q[part.below > part.above ? 0 : 1] = part.below > part.above ? -HUGE_VAL : HUGE_VAL;
  }
}

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat::THETAHAT_ISA;

int thetahat_median_between(double below, double above, double* x, const double* w, int64_t n,
                            double* median) try {
  return w ? by_weight(below, above, x, w, n, median) : by_rank(below, above, x, n, median);
} catch (const std::bad_alloc&) {
  return -1;
}
