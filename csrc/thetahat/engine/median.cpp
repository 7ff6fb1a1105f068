#include "thetahat/isa/baseline.hpp"

#include <algorithm>
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

// The two middle rows of all, by their ranks.
bool by_rank(rows_between& r, double* median) {
  const double n = double(r.x.size()), place = 0.5 * (r.below + r.above + n) - r.below;
  if (!(0 < place && place < n)) return false;
  const int64_t first = int64_t(ceil(place)) - 1, second = int64_t(floor(place));
  std::nth_element(r.x.begin(), r.x.begin() + first, r.x.end());
  const double low = r.x[first];
  *median =
      second == first ? middle(low, low) : middle(low, *std::min_element(r.x.begin() + first + 1, r.x.end()));
  return true;
}

// The last row of the lower half of the weight, and the next.
bool by_weight(const rows_between& r, double* median) {
  std::vector<int64_t> order(r.x.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&r](int64_t a, int64_t b) { return r.x[a] < r.x[b]; });
  std::vector<double> upto;
  double sum = 0.0;
  for (int64_t i : order) upto.push_back(r.below + (sum += r.w[i]));
  const double half = 0.5 * ((upto.empty() ? r.below : upto.back()) + r.above);
  const auto first = std::lower_bound(upto.begin(), upto.end(), half);
  const auto second = std::upper_bound(first, upto.end(), half);
  if (r.below >= half || second == upto.end()) return false;
  *median = middle(r.x[order[first - upto.begin()]], r.x[order[second - upto.begin()]]);
  return true;
}

// One pass: the rows between two values, and the weights outside.
void split(const block& rows, double low, double high, rows_between& out) {
  double x[block_rows], w[block_rows];
  thetahat_partition part = {low, high, 0.0, 0.0, 0, x, w};
  out.x.clear(), out.w.clear();
  each_block(0, rows.n, [&](int64_t first, int64_t n) {
    const block b = {rows.x + first, rows.w ? rows.w + first : nullptr, n};
    part.between = 0;
    level->partition(&b, &part);
    out.x.insert(out.x.end(), x, x + part.between);
    if (rows.w) out.w.insert(out.w.end(), w, w + part.between);
  });
  out.below = part.below, out.above = part.above;
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

bool median_between(rows_between& rows, double* median) {
  return rows.w.empty() ? by_rank(rows, median) : by_weight(rows, median);
}

bool find_median(const block& rows, rows_between& room, median_search& found) {
  double q[2] = {-HUGE_VAL, HUGE_VAL};
  if (rows.n > few) quantiles_of_some(rows, q);
  for (found.passes = 1;; ++found.passes) {
    split(rows, q[0], q[1], room);
    if (median_between(room, &found.median)) return true;
    if (q[0] == -HUGE_VAL && q[1] == HUGE_VAL) return false;
    q[room.below > room.above ? 0 : 1] = room.below > room.above ? -HUGE_VAL : HUGE_VAL;
  }
}

}  // namespace thetahat::THETAHAT_ISA
