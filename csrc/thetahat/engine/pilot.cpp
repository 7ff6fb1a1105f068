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
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [this](int64_t a, int64_t b) { return x[a] < x[b]; });
  std::vector<double> below(n);
  double sum = 0.0;
  for (int64_t i = 0; i < n; ++i) below[i] = i ? sum += w[order[i]] : sum = w[order[0]];
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

double pilot::greatest() const { return *std::max_element(x, x + n); }

}  // namespace thetahat::THETAHAT_ISA
