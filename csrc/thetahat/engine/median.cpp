#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include <new>
#include "thetahat/engine/median.hpp"
#include "thetahat/families/pilot.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr int64_t few = 2000;            // rows of which all are copied, without a pilot
constexpr int64_t least_room = 1 << 16;  // that may always be copied, and besides them a sixteenth of all
constexpr double pilot_rows = 2.0;       // times n^(2/3) of n rows are a pilot
constexpr double errors = 3.5;           // of its median, on both sides of which the median is searched

// A zero is 0: which of 0 and -0 a pilot finds does not tell which of equal rows is in the middle.
double middle(double a, double b) {
  const double both = a + b;
  return (both - both == 0 ? 0.5 * both : 0.5 * a + 0.5 * b) + 0.0;
}

// The interval of some standard errors about the median of a pilot, of those rows that count.
void interval_of_pilot(const thetahat_rows& rows, double* interval) {
  const double* all = reinterpret_cast<const double*>(rows.data);
  const double* weights = rows.weights ? reinterpret_cast<const double*>(rows.weights->data) : nullptr;
  const int64_t wanted = int64_t(nearbyint(pilot_rows * pow(double(rows.n), 2.0 / 3)));
  std::vector<double> x, w;
  double sum = 0.0, squares = 0.0;
  for (int64_t step : {std::max<int64_t>(rows.n / wanted, 1), int64_t{1}}) {
    for (int64_t i = 0; i < rows.n; i += step) {
      const double weight = weights ? weights[i] : 1.0;
      if (all[i] != all[i] || !(weight > 0)) continue;
      x.push_back(all[i]), w.push_back(weight);
      sum += weight, squares += weight * weight;
    }
    if (!x.empty()) break;
  }
  if (x.empty()) return;
  const double off = std::min(errors * 0.5 / sqrt(sum * sum / squares), 0.5);
  const double shares[] = {0.5 - off, 0.5 + off};
  pilot({x.data(), weights ? w.data() : nullptr, int64_t(x.size())}).quantiles(2, shares, interval);
}

}  // namespace

void median_search::begin(const thetahat_rows& rows) {
  double interval[] = {-HUGE_VAL, HUGE_VAL};
  if (rows.n > few) interval_of_pilot(rows, interval);
  low = interval[0], high = interval[1];
  room = std::min(rows.n, least_room + rows.n / 16);
  found = empty = false, passes = n_known = 0;
  begin_pass(rows, false);
}

void median_search::begin_pass(const thetahat_rows& rows, bool by_ranks) {
  ranking = by_ranks, next = 0;
  if (ranking) {
    ranks.assign(1, thetahat_ranks{});
    ranks[0].low = low, ranks[0].high = high;
    return;
  }
  x.resize(room + 1), w.resize(rows.weights ? room + 1 : 0);
  part = {};
  part.low = low, part.high = high, part.room = room;
  part.x = x.data(), part.weights = rows.weights ? w.data() : nullptr;
}

bool median_search::go_on(const thetahat_rows& rows, int threads) {
  const int64_t n = ranking ? thetahat_rank_rows(&rows, next, threads, ranks.data())
                            : thetahat_partition_rows(&rows, next, threads, &part);
  if (n < 0) throw std::bad_alloc();
  next += n;
  if (next < rows.n) return true;
  passes += 1;
  if (!ranking) return end_partition(rows);
  end_ranks(rows);
  return true;
}

// Narrower buckets, or the rows of one that has few.
void median_search::end_ranks(const thetahat_rows& rows) {
  double ends[2];
  const int64_t count = thetahat_bucket(ranks.data(), n_known > 0, ends);
  low = ends[0], high = ends[1];
  begin_pass(rows, count > room && low < high);
}

bool median_search::end_partition(const thetahat_rows& rows) {
  double ends[4];
  const int answer = thetahat_locate(&part, ends);
  if (answer < 0) throw std::bad_alloc();
  found = answer, empty = part.weight[thetahat_all][0] == 0;
  if (!found) return false;
  for (; n_known < 2; ++n_known) {
    low = ends[2 * n_known], high = ends[2 * n_known + 1];
    if (low < high) {
      begin_pass(rows, rows.n > room);
      return true;
    }
    known[n_known] = low;
  }
  median = middle(known[0], known[1]);
  return false;
}

}  // namespace thetahat::THETAHAT_ISA
