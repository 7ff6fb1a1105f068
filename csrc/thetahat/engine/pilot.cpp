#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include <numeric>
#include <vector>
#include "thetahat/engine/moments_model.hpp"
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

mean_and_sd pilot::log_moments() const {
  std::vector<double> logs(n);
  for (int64_t i = 0; i < n; ++i) logs[i] = log(x[i]);
  return moments_of(logs.data());
}

mean_and_sd pilot::log_moments(double centre) const {
  std::vector<double> logs(n);
  int most, power;
  const double unit = frexp(centre, &most);
  for (int64_t i = 0; i < n; ++i) {
    const double off = (x[i] - centre) / centre, fraction = frexp(x[i], &power);
    logs[i] = fabs(off) < 0.5 ? log1p(off) : log(fraction / unit) + (power - most) * 0.6931471805599453;
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

void pilot::shortest(int count, const double* shares, interval* out) const {
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
    std::vector<double> rows(x, x + n);
    for (int k = 0; k < count; ++k) {
      const int64_t place = std::max<int64_t>(int64_t(ceil(shares[k] * double(n))) - 1, 0);
      std::nth_element(rows.begin(), rows.begin() + place, rows.end());
      out[k] = rows[place];
    }
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
