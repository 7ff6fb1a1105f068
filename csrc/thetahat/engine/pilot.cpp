#include "thetahat/isa/baseline.hpp"

#include <string.h>
#include <algorithm>
#include <numeric>
#include <vector>
#include "thetahat/engine/moments_model.hpp"
#include "thetahat/engine/order.hpp"
#include "thetahat/engine/tree.hpp"
#include "thetahat/families/pilot.hpp"
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

mean_and_sd pilot::moments_of(const double* values) const {
  double node[thetahat_max_node], theta[thetahat_max_params];
  sum_rows(*moments_model, nullptr, {values, w, n}, node);
  const bool spread = moments_model->maximum(moments_model, node + 1, nullptr, theta);
  return spread ? mean_and_sd{theta[0], theta[1]} : mean_and_sd{values[0], 0.0};
}

namespace {

// A function of many numbers, by the instruction set in use.
class applied {
 public:
  explicit applied(const char* name) {
    for (int i = 0; i < level->n_functions; ++i)
      if (strcmp(level->functions[i].name, name) == 0) function = level->functions + i;
  }
  void operator()(const double* x, double* out, int64_t n) const { function->apply(x, out, n); }

 private:
  const thetahat_function* function = nullptr;
};

// Room for some numbers, on the stack where they are few.
class short_array {
 public:
  explicit short_array(int64_t n) : many(n > block_rows ? n : 0) {}
  double* data() { return many.empty() ? few : many.data(); }

 private:
  double few[block_rows];
  std::vector<double> many;
};

bool all_normal(const double* x, int64_t n) {
  bool normal = true;
  for (int64_t i = 0; i < n; ++i) normal &= x[i] >= 0x1p-1022 && x[i] < HUGE_VAL;
  return normal;
}

// log(x / centre) of rows that are normal numbers, and no more than a block: as logs_around does.
void normal_logs_around(double centre, const double* x, int64_t n, double* logs) {
  static const applied log_of("log"), log1p_of("log1p");
  double off[block_rows], quotient[block_rows], shift[block_rows];
  int most;
  const double unit = frexp(centre, &most);
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t bits = to_bits(x[i]);
    off[i] = (x[i] - centre) / centre;
    quotient[i] = from_bits((bits & ((1ULL << 52) - 1)) | 0x3feULL << 52) / unit;
    shift[i] = double(int(bits >> 52) - 1022 - most) * 0.6931471805599453;
  }
  log1p_of(off, logs, n);
  log_of(quotient, quotient, n);
  for (int64_t i = 0; i < n; ++i) logs[i] = fabs(off[i]) < 0.5 ? logs[i] : quotient[i] + shift[i];
}

void logs_around(double centre, const double* x, int64_t n, double* logs) {
  int most, power;
  const double unit = frexp(centre, &most);
  for (int64_t i = 0; i < n; ++i) {
    const double off = (x[i] - centre) / centre, fraction = frexp(x[i], &power);
    logs[i] = fabs(off) < 0.5 ? log1p(off) : log(fraction / unit) + (power - most) * 0.6931471805599453;
  }
}

}  // namespace

mean_and_sd pilot::log_moments() const {
  static const applied log_of("log");
  short_array logs(n);
  log_of(x, logs.data(), n);
  return moments_of(logs.data());
}

// Where the logarithms are spread so widely that their rounding is nothing beside it; else sd is 0. Rows in
// units of a power of two near the centre, so that in other such units they have the same bits.
mean_and_sd pilot::wide_log_moments(double centre, double* logs) const {
  static const applied log_of("log");
  constexpr double wide = 0x1p-10;
  int power;
  const double fraction = frexp(centre, &power);
  const double unit = ldexp(1.0, -power / 2), rest = ldexp(1.0, -power + power / 2);  // neither overflows
  for (int64_t i = 0; i < n; ++i) logs[i] = x[i] * unit * rest;
  if (!all_normal(logs, n)) return {0.0, 0.0};
  log_of(logs, logs, n);
  const mean_and_sd all = moments_of(logs);
  return all.sd >= wide ? mean_and_sd{all.mean - log(fraction), all.sd} : mean_and_sd{0.0, 0.0};
}

mean_and_sd pilot::log_moments(double centre) const {
  short_array logs(n);
  if (const mean_and_sd all = wide_log_moments(centre, logs.data()); all.sd > 0) return all;
  for (int64_t first = 0; first < n; first += block_rows) {
    const int64_t size = std::min(n - first, block_rows);
    (all_normal(x + first, size) ? normal_logs_around : logs_around)(centre, x + first, size,
                                                                     logs.data() + first);
  }
  return moments_of(logs.data());
}

// Places of rows in increasing order, and the weight up to each.
static std::vector<int64_t> order_of(const pilot& p, std::vector<double>* below) {
  std::vector<int64_t> order(p.n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&p](int64_t a, int64_t b) { return p.x[a] < p.x[b]; });
  double sum = 0.0;
  for (int64_t i : order) below->push_back(sum += p.w ? p.w[i] : 1.0);
  return order;
}

// Of rows that count once each, as many as make up a share follow one another.
static void shortest_of_equals(const double* x, int64_t n, int count, const double* shares, interval* out) {
  short_array rows(n), room(n);
  double* const sorted = std::copy(x, x + n, rows.data()) - n;
  ordering(sorted, room.data(), n).sort();
  for (int k = 0; k < count; ++k) {
    const int64_t size = std::max<int64_t>(int64_t(ceil(shares[k] * double(n))), 1);
    double least = sorted[n - 1] - sorted[0];
    int64_t at = -1;
    for (int64_t first = 0; first + size <= n; ++first) {
      const double length = sorted[first + size - 1] - sorted[first];
      at = length < least ? first : at;
      least = length < least ? length : least;
    }
    out[k] = at < 0 ? interval{sorted[0], sorted[n - 1]} : interval{sorted[at], sorted[at + size - 1]};
  }
}

void pilot::shortest(int count, const double* shares, interval* out) const {
  if (!w) return shortest_of_equals(x, n, count, shares, out);
  std::vector<double> below;
  const std::vector<int64_t> order = order_of(*this, &below);
  for (int k = 0; k < count; ++k) {
    out[k] = {x[order.front()], x[order.back()]};
    int64_t last = 0;
    for (int64_t first = 0; first < n; ++first) {
      const double before = first ? below[first - 1] : 0.0;
      while (last < n && below[last] - before < shares[k] * below.back()) ++last;
      if (last == n) break;
      const interval here = {x[order[first]], x[order[last]]};
      if (here.high - here.low < out[k].high - out[k].low) out[k] = here;
    }
  }
}

void pilot::quantiles(int count, const double* shares, double* out) const {
  if (!w) {
    short_array rows(n), room(n);
    std::vector<int64_t> places;
    for (int k = 0; k < count; ++k)
      places.push_back(std::max<int64_t>(int64_t(ceil(shares[k] * double(n))) - 1, 0));
    std::copy(x, x + n, rows.data());
    ordering(rows.data(), room.data(), n).select(places.data(), count);
    for (int k = 0; k < count; ++k) out[k] = rows.data()[places[k]];
    return;
  }
  std::vector<double> below;
  const std::vector<int64_t> order = order_of(*this, &below);
  for (int k = 0; k < count; ++k) {
    const int64_t place =
        std::lower_bound(below.begin(), below.end(), shares[k] * below.back()) - below.begin();
    out[k] = x[order[std::min(place, n - 1)]];
  }
}

double pilot::median() const {
  double value;
  constexpr double half = 0.5;
  quantiles(1, &half, &value);
  return value;
}

double pilot::least() const { return *std::min_element(x, x + n); }

double pilot::greatest() const { return *std::max_element(x, x + n); }

}  // namespace thetahat::THETAHAT_ISA
