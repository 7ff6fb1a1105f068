#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include <new>
#include <numeric>
#include "thetahat/data/rows.hpp"
#include "thetahat/engine/median.hpp"
#include "thetahat/engine/slices.hpp"
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

void median_search::begin(const block& rows) {
  double q[2] = {-HUGE_VAL, HUGE_VAL};
  if (rows.n > few) quantiles_of_some(rows, q);
  low = q[0], high = q[1];
  found = false, passes = 0;
  begin_pass();
}

void median_search::begin_pass() {
  next = 0;
  part = {};
  part.low = low, part.high = high;
  x.clear(), w.clear();
}

// The rows between and the weights outside, of a slice.
void median_search::read(const block& rows) {
  double of_x[block_rows], of_w[block_rows];
  const int64_t n = std::min(rows.n - next, slice_rows);
  part.x = of_x, part.weights = of_w;
  each_block(next, n, [&](int64_t first, int64_t size) {
    const block b = {rows.x + first, rows.w ? rows.w + first : nullptr, size};
    part.between = 0;
    level->partition(&b, &part);
    x.insert(x.end(), of_x, of_x + part.between);
    if (rows.w) w.insert(w.end(), of_w, of_w + part.between);
  });
  next += n;
}

bool median_search::go_on(const block& rows) {
  read(rows);
  if (next < rows.n) return true;
  passes += 1;
  const int answer = thetahat_median_between(part.below, part.above, x.data(), rows.w ? w.data() : nullptr,
                                             int64_t(x.size()), &median);
  if (answer < 0) throw std::bad_alloc();
  found = answer;
  if (found || (low == -HUGE_VAL && high == HUGE_VAL)) return false;
  // All rows on the side where the median lies.
  if (part.below > part.above)
    low = -HUGE_VAL;
  else
    high = HUGE_VAL;
  begin_pass();
  return true;
}

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat::THETAHAT_ISA;

int thetahat_median_between(double below, double above, double* x, const double* w, int64_t n,
                            double* median) try {
  return w ? by_weight(below, above, x, w, n, median) : by_rank(below, above, x, n, median);
} catch (const std::bad_alloc&) {
  return -1;
}
