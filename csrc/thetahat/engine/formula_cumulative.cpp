#include "thetahat/isa/baseline.hpp"

#include <float.h>
#include <algorithm>
#include "thetahat/engine/formula_cumulative.hpp"
#include "thetahat/engine/tree.hpp"
#include "thetahat/kernels/formula_functions.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr double accuracy = 1e-13;
constexpr int most_levels = 60;
constexpr double close = 0.25;          // values of a variable between which rows are taken themselves
constexpr double subnormal = 0x1p-960;  // of weights, nearly
constexpr double most_counts = 0x1p20;  // that are added one by one
constexpr int64_t nodes_of_row = 1 << 10, most_nodes = 1 << 17;

}  // namespace

formula_cumulative::formula_cumulative(const thetahat_formula& formula, const double* at)
    : f(formula), theta(at), logs(thetahat_formula_rows) {
  f.tabulate(&f, theta, uniforms);
}

void formula_cumulative::mass::add(const mass& other) {
  if (!(other.z > 0)) return;
  const double to = std::max(top, other.top);
  *this = {to, in_units_of(to) + other.in_units_of(to)};
}

bool formula_cumulative::find(const double* x, int64_t n, double* below, double* above) {
  parts.assign(size_t(n) + 1, {});
  used = -nodes_of_row * n;
  if (!add_end(-HUGE_VAL, x[0], parts.front()) || !add_end(x[n - 1], HUGE_VAL, parts.back())) return false;
  if (!(f.counts ? add_counts(x, n) : add_between(x, n))) return false;
  double top = -HUGE_VAL, from_below = 0.0, from_above = 0.0;
  for (const mass& part : parts) top = std::max(top, part.logarithm());
  for (int64_t i = 0; i < n; ++i) {
    below[i] = from_below += exp(parts[size_t(i)].logarithm() - top);
    above[n - 1 - i] = from_above += exp(parts[size_t(n - i)].logarithm() - top);
  }
  for (int64_t i = 0; i < n; ++i) {
    const double all = below[i] + above[i];
    below[i] /= all, above[i] /= all;
  }
  return true;
}

bool formula_cumulative::add_end(double a, double b, mass& into) const {
  formula_integral integral(f, theta, uniforms, formula_integral::value);
  if (!integral.find_between(a, b)) return false;
  into.add({integral.total.top, integral.total.z});
  return true;
}

bool formula_cumulative::add_counts(const double* x, int64_t n) {
  if (x[n - 1] - x[0] > most_counts) return false;
  double counts[thetahat_formula_rows];
  int64_t row = 1;
  for (double first = x[0] + 1; first <= x[n - 1];) {
    const int size = int(std::min(double(thetahat_formula_rows), x[n - 1] - first + 1));
    for (int i = 0; i < size; ++i) counts[i] = first + i;
    level->formula_outputs(&f, thetahat_density_program, uniforms, counts, size, logs.data(),
                           thetahat_formula_rows);
    for (int i = 0; i < size; ++i) {
      while (x[row] < counts[i]) ++row;
      if (logs[size_t(i)] > -HUGE_VAL) parts[size_t(row)].add({logs[size_t(i)], 1.0});
    }
    first += size;
  }
  return true;
}

// A panel ends at each row, and where the parameters say that the density changes.
bool formula_cumulative::add_between(const double* x, int64_t n) {
  const formula_places places(f, theta);
  const variables v{formula_variable(f, places), formula_variable(x[0], x[n - 1])};
  const bool down = v.of_all.is == formula_variable::downwards;
  const std::vector<double> usual = v.of_all.usual_ends(places);
  std::vector<panel> open;
  for (int64_t i = 1; i < n; ++i) {
    double from = v.of_all.of_row(x[down ? i : i - 1]);
    const double to = v.of_all.of_row(x[down ? i - 1 : i]);
    const auto inside = std::upper_bound(usual.begin(), usual.end(), from);
    if (to - from < close && (inside == usual.end() || *inside >= to)) {
      open.push_back({{}, 0.0, x[i - 1], x[i], i, 0, true});
      continue;
    }
    for (auto end = inside; end != usual.end() && *end < to; ++end)
      open.push_back({{}, 0.0, from, *end, i, 0, false}), from = *end;
    if (from < to) open.push_back({{}, 0.0, from, to, i, 0, false});
  }
  evaluate(v, open);
  return refine(v, std::move(open));
}

// Bisects panels until both halves agree with the whole, beside all that lies between the same two rows.
bool formula_cumulative::refine(const variables& v, std::vector<panel> open) {
  while (!open.empty()) {
    std::vector<panel> halves, rest;
    for (const panel& a : open) {
      const double middle = a.from + 0.5 * (a.to - a.from);
      halves.push_back({{}, 0.0, a.from, middle, a.row, a.level + 1, a.of_rows});
      halves.push_back({{}, 0.0, middle, a.to, a.row, a.level + 1, a.of_rows});
    }
    evaluate(v, halves);
    std::vector<mass> all = parts;
    for (const panel& a : halves) all[size_t(a.row)].add(a);
    for (size_t k = 0; k < open.size(); ++k) {
      const panel &left = halves[2 * k], &right = halves[2 * k + 1];
      const mass& beside = all[size_t(left.row)];
      const double both = beside.share(left) + beside.share(right), one = beside.share(open[k]);
      const double noise = beside.share(left) * left.noise + beside.share(right) * right.noise;
      if (!(fabs(both - one) > accuracy + 8 * noise) || left.level > most_levels)
        parts[size_t(left.row)].add(left), parts[size_t(left.row)].add(right);
      else
        rest.push_back(left), rest.push_back(right);
    }
    open.swap(rest);
    if (used > most_nodes) return false;
  }
  return true;
}

void formula_cumulative::evaluate(const variables& v, std::vector<panel>& panels) {
  constexpr size_t at_once = thetahat_formula_rows / n_nodes;
  double x[thetahat_formula_rows], weight[thetahat_formula_rows];
  for (size_t first = 0; first < panels.size(); first += at_once) {
    const size_t n = std::min(at_once, panels.size() - first);
    for (size_t k = 0; k < n; ++k) {
      const panel& a = panels[first + k];
      (a.of_rows ? v.of_few : v.of_all).put_nodes(a.from, a.to, x + k * n_nodes, weight + k * n_nodes);
    }
    level->formula_outputs(&f, thetahat_density_program, uniforms, x, int64_t(n) * n_nodes, logs.data(),
                           thetahat_formula_rows);
    used += int64_t(n) * n_nodes;
    for (size_t k = 0; k < n; ++k)
      take_nodes(panels[first + k], x + k * n_nodes, weight + k * n_nodes, logs.data() + k * n_nodes);
  }
}

void formula_cumulative::take_nodes(panel& a, const double* x, const double* weight, const double* l) const {
  a.top = -HUGE_VAL, a.z = a.noise = 0.0;
  for (int i = 0; i < n_nodes; ++i)
    if (l[i] > a.top && !outside_support(f, x[i])) a.top = l[i];
  if (!(a.top - a.top == 0)) return;
  double noise = 0.0;
  for (int i = 0; i < n_nodes; ++i) {
    const double density =
        outside_support(f, x[i]) || !(l[i] > -HUGE_VAL) ? 0.0 : weight[i] * exp(l[i] - a.top);
    if (!(density > 0)) continue;
    a.z += density;
    const int next = i + 1 < n_nodes ? i + 1 : i - 1;
    const double rounding = std::max(DBL_EPSILON * fabs(x[i]), DBL_TRUE_MIN);
    const double change = rounding * fabs((l[next] - l[i]) / (x[next] - x[i]));
    if (change < HUGE_VAL) noise += density * change;
    const double of_weight = weight[i] < subnormal ? DBL_TRUE_MIN / weight[i] : 0.0;
    noise += density * (x[next] == x[i] ? 1.0 : DBL_EPSILON * fabs(l[i]) + of_weight);
  }
  if (a.z > 0) a.noise = noise / a.z;
}

}  // namespace thetahat::THETAHAT_ISA

int thetahat_formula_cumulative(const thetahat_formula* f, const double* theta, const double* x, int64_t n,
                                double* below, double* above) {
  return thetahat::THETAHAT_ISA::formula_cumulative(*f, theta).find(x, n, below, above);
}
