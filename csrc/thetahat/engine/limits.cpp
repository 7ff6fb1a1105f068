#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include "thetahat/engine/limits.hpp"
#include "thetahat/math/exp_log.hpp"
#include "thetahat/math/trig.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr size_t few_limits = 24;          // that are evaluated one by one
constexpr double enough = 1e-11;           // of the last coefficients, beside the largest
constexpr double enough_of_second = 1e-8;  // of second derivatives, which only lead Newton's method
constexpr int64_t rows_at_once = 64;       // of one job

// Nodes between 1 and -1, both ends among them: what bends between an end and its neighbour is seen there.
// And the polynomials at the nodes.
struct chebyshev {
  static constexpr int n = 16;
  double node[n], value[n][n];  // value[k][j]

  chebyshev() {
    for (int j = 0; j < n; ++j) {
      double s, c;
      sincos(3.141592653589793 * j / (n - 1), s, c);
      if (j == n - 1) c = -1.0;
      node[j] = c;
      value[0][j] = 1.0, value[1][j] = c;
      for (int k = 2; k < n; ++k) value[k][j] = 2.0 * c * value[k - 1][j] - value[k - 2][j];
    }
  }
};

const chebyshev& at_nodes() {
  static const chebyshev values;
  return values;
}

// The coefficients of the polynomial through values at the nodes.
template <class Value>
void coefficients(Value value, double* c) {
  const chebyshev& at = at_nodes();
  constexpr int last = chebyshev::n - 1;
  for (int k = 0; k <= last; ++k) {
    double sum = 0.5 * (at.value[k][0] * value(0) + at.value[k][last] * value(last));
    for (int j = 1; j < last; ++j) sum += at.value[k][j] * value(j);
    c[k] = sum * (k == 0 || k == last ? 1.0 : 2.0) / last;
  }
}

struct sizes {
  double last, largest;
  explicit sizes(const double* c) : last(0.0), largest(0.0) {
    for (int k = 0; k < chebyshev::n; ++k) {
      const double size = fabs(c[k]);
      largest = size > largest || size != size ? size : largest;
      if (k >= chebyshev::n - 2) last = size > last || size != size ? size : last;
    }
  }
};

}  // namespace

double limits::coordinate(int line, double limit) const {
  return line == thetahat_half_line   ? log(limit)
         : line == thetahat_unit_line ? log(limit) - log1p(-limit)
                                      : limit;
}

double limits::limit_at(int line, double t) const {
  return line == thetahat_half_line ? exp(t) : line == thetahat_unit_line ? 1.0 / (1.0 + exp(-t)) : t;
}

void limits::of(probabilities& at, double limit, log_probability* out) const {
  at.of(upper ? limit : -HUGE_VAL, upper ? HUGE_VAL : limit, out);
}

void limits::evaluate(const thetahat_model& model, const double* theta, panel& q) const {
  const int p = model.n_params, n_second = p * (p + 1) / 2;
  const double low = coordinate(model.line, x[q.from]), high = coordinate(model.line, x[q.to - 1]);
  probabilities at(model, theta);
  q.at.resize(n_nodes);
  for (int j = 0; j < n_nodes; ++j) {
    const double t = 0.5 * (low + high) + 0.5 * (high - low) * at_nodes().node[j];
    const double limit = j == 0 ? x[q.to - 1] : j == n_nodes - 1 ? x[q.from] : limit_at(model.line, t);
    of(at, limit, &q.at[size_t(j)]);
  }
  double c[n_nodes], largest = 0.0;
  const auto value = [&](int j) { return q.at[size_t(j)].value; };
  coefficients(value, c);
  const sizes of_value(c);
  q.resolved = of_value.last <= enough * of_value.largest;
  std::vector<sizes> all;
  for (int i = 0; i < p && q.resolved; ++i) {
    coefficients([&](int j) { return q.at[size_t(j)].first[i]; }, c);
    all.push_back(sizes(c));
    largest = all.back().largest > largest ? all.back().largest : largest;
  }
  for (const sizes& s : all) q.resolved &= s.last <= enough * (s.largest + 1e-3 * largest);
  for (int i = 0; i < n_second && q.resolved; ++i) {
    coefficients([&](int j) { return q.at[size_t(j)].second[i]; }, c);
    const sizes s(c);
    q.resolved &= s.last <= enough_of_second * (s.largest + 1e-3 * largest);
  }
}

// Sums of w T_k(s), s the place of a limit between the ends of the panel.
const std::vector<double>& limits::moments(int line, const panel& q) {
  std::vector<double>& sums = known_moments[{line, q.from, q.to}];
  if (!sums.empty()) return sums;
  sums.assign(n_nodes, 0.0);
  const double low = coordinate(line, x[q.from]), high = coordinate(line, x[q.to - 1]);
  const double middle = 0.5 * (low + high), by = 2.0 / (high - low);
  constexpr size_t some = 8;  // limits whose chains of instructions run side by side
  double total[n_nodes][some] = {};
  for (size_t from = q.from; from < q.to; from += some) {
    const size_t n = std::min(some, q.to - from);
    double twice[some] = {}, before[some] = {}, now[some] = {};
    for (size_t i = 0; i < n; ++i) {
      const double place = (coordinate(line, x[from + i]) - middle) * by;
      before[i] = w[from + i], now[i] = w[from + i] * place, twice[i] = 2.0 * place;
    }
    for (auto& of_k : total)
      for (size_t i = 0; i < some; ++i) {
        const double next = twice[i] * now[i] - before[i];
        of_k[i] += before[i];
        before[i] = now[i], now[i] = next;
      }
  }
  for (int k = 0; k < n_nodes; ++k)
    for (double of_lane : total[k]) sums[size_t(k)] += of_lane;
  return sums;
}

size_t limits::middle(int line, const panel& q) const {
  const double t = 0.5 * (coordinate(line, x[q.from]) + coordinate(line, x[q.to - 1]));
  const auto begin = x.begin() + int64_t(q.from), end = x.begin() + int64_t(q.to);
  return size_t(std::upper_bound(begin, end, limit_at(line, t)) - x.begin());
}

void limits::add_panel(const thetahat_model& model, const panel& q, probability_sum& out) {
  const std::vector<double>& sums = moments(model.line, q);
  const int p = model.n_params;
  double c[n_nodes];
  const auto total = [&](auto value) {
    coefficients(value, c);
    double sum = 0.0;
    for (int k = 0; k < n_nodes; ++k) sum += c[k] * sums[size_t(k)];
    return sum;
  };
  out.value += total([&](int j) { return q.at[size_t(j)].value; });
  for (int i = 0; i < p; ++i) out.first[i] += total([&](int j) { return q.at[size_t(j)].first[i]; });
  for (int i = 0; i < p * (p + 1) / 2; ++i)
    out.second[i] += total([&](int j) { return q.at[size_t(j)].second[i]; });
}

void limits::add_single(const thetahat_model& model, const double* theta, const std::vector<panel>& few,
                        work& share, probability_sum& out) const {
  std::vector<size_t> rows;
  for (const panel& q : few)
    for (size_t i = q.from; i < q.to; ++i) rows.push_back(i);
  const int64_t jobs = (int64_t(rows.size()) + rows_at_once - 1) / rows_at_once;
  std::vector<probability_sum> parts(static_cast<size_t>(jobs));
  share.run(jobs, 4 * share.threads, [&](int64_t job) {
    probabilities at(model, theta);
    log_probability row;
    const size_t end = std::min(rows.size(), size_t((job + 1) * rows_at_once));
    for (size_t i = size_t(job * rows_at_once); i < end; ++i) {
      of(at, x[rows[i]], &row);
      parts[size_t(job)].add(model.n_params, w[rows[i]], row);
    }
  });
  for (const probability_sum& part : parts) out.add(model.n_params, part);
}

void limits::add_counts(const thetahat_model& model, const double* theta, probability_sum& out) const {
  std::vector<double> distinct;
  for (double limit : x)
    if (distinct.empty() || floor(limit) != distinct.back()) distinct.push_back(floor(limit));
  std::vector<log_probability> at(distinct.size());
  probabilities(model, theta).of_counts(upper, distinct.data(), int64_t(distinct.size()), at.data());
  for (size_t i = 0, k = 0; i < x.size(); ++i) {
    while (distinct[k] != floor(x[i])) ++k;
    out.add(model.n_params, w[i], at[k]);
  }
}

void limits::add_to(const thetahat_model& model, const double* theta, work& share, probability_sum& out) {
  if (x.empty()) return;
  if (model.line == thetahat_counts && !model.log_probability) return add_counts(model, theta, out);
  std::vector<panel> few, open(1, {0, x.size(), false, {}});
  const bool smooth = model.line != thetahat_counts && model.line != thetahat_circle;
  const size_t least = smooth ? few_limits : x.size();
  if (model.line == thetahat_half_line || model.line == thetahat_unit_line)
    open[0].from = size_t(std::upper_bound(x.begin(), x.end(), 0.0) - x.begin());
  if (model.line == thetahat_unit_line)
    open[0].to = size_t(std::lower_bound(x.begin() + int64_t(open[0].from), x.end(), 1.0) - x.begin());
  // What lies beyond the ends of the line has no coordinate there.
  if (open[0].from > 0) few.push_back({0, open[0].from, false, {}});
  if (open[0].to < x.size()) few.push_back({open[0].to, x.size(), false, {}});
  while (!open.empty() && !share.stopped) {
    std::vector<panel> wide;
    for (panel& q : open)
      (q.to - q.from <= least || x[q.from] == x[q.to - 1] ? few : wide).push_back(std::move(q));
    share.run(int64_t(wide.size()), 4 * share.threads,
              [&](int64_t k) { evaluate(model, theta, wide[size_t(k)]); });
    open.clear();
    for (const panel& q : wide) {
      const size_t half = middle(model.line, q);
      if (q.resolved)
        add_panel(model, q, out);
      else if (half == q.from || half == q.to)
        few.push_back(q);
      else
        open.push_back({q.from, half, false, {}}), open.push_back({half, q.to, false, {}});
    }
  }
  add_single(model, theta, few, share, out);
}

void add_intervals(const thetahat_model& model, const double* theta, int64_t n, const double* a,
                   const double* b, const double* w, work& share, probability_sum& out) {
  const int64_t jobs = (n + rows_at_once - 1) / rows_at_once;
  std::vector<probability_sum> parts(static_cast<size_t>(jobs));
  share.run(jobs, 4 * share.threads, [&](int64_t job) {
    probabilities at(model, theta);
    log_probability row;
    const int64_t end = std::min(n, (job + 1) * rows_at_once);
    for (int64_t i = job * rows_at_once; i < end; ++i) {
      at.of(a[i], b[i], &row);
      parts[size_t(job)].add(model.n_params, w[i], row);
    }
  });
  for (const probability_sum& part : parts) out.add(model.n_params, part);
}

}  // namespace thetahat::THETAHAT_ISA
