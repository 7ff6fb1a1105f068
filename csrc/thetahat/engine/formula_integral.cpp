#include "thetahat/isa/baseline.hpp"

#include <float.h>
#include <algorithm>
#include "thetahat/engine/formula.hpp"
#include "thetahat/engine/formula_integral.hpp"
#include "thetahat/engine/tree.hpp"
#include "thetahat/kernels/formula_functions.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr int most_levels = 60;
constexpr int64_t most_nodes = 1 << 17;
constexpr double accuracy = 1e-13, farthest = 700.0;
constexpr double close = 0.25;         // values of a variable between which rows are taken themselves
constexpr double steep = 8.0;          // a step over which a density varies by so many powers of e
constexpr double most_reach = 0x1p14;  // counts that are looked at for what lies beyond a gap

}  // namespace

void formula_moments::rescale(double to) {
  if (to == top) return;
  const double factor = z > 0 ? exp(top - to) : 0.0;
  const auto times = [factor](double& v) { v = factor > 0 ? v * factor : 0.0; };  // whatever overflowed
  top = to, times(z);
  for (double& v : noise) times(v);
  for (double& v : squares) times(v);
  for (double& v : first) times(v);
  for (double& v : second) times(v);
}

void formula_moments::add(formula_moments other) {
  const double to = std::max(top, other.top);
  rescale(to), other.rescale(to);
  z += other.z;
  for (int j = 0; j <= max_p; ++j) noise[j] += other.noise[j];
  for (int j = 0; j < max_p; ++j) first[j] += other.first[j], squares[j] += other.squares[j];
  for (int k = 0; k < max_pairs; ++k) second[k] += other.second[k];
}

formula_integral::formula_integral(const thetahat_formula& formula, const double* at, const double* of_theta,
                                   wanted what)
    : f(formula),
      theta(at),
      uniforms(of_theta),
      p(what == derivatives ? formula.n_params : 0),
      places(formula, at) {
  out.resize(size_t(1 + p + p * (p + 1) / 2) * thetahat_formula_rows);
}

bool formula_integral::is_finite() const {
  return total.z > 0 && total.z < HUGE_VAL && total.top - total.top == 0;
}

bool formula_integral::find() {
  const bool found = f.counts ? add_counts(-HUGE_VAL, HUGE_VAL)
                              : add_panels(formula_variable(f, places), -HUGE_VAL, HUGE_VAL);
  return found && lost == 0 && is_finite();
}

bool formula_integral::find_between(double a, double b) {
  total = {}, used = 0, lost = 0.0, rounding_of_log = DBL_EPSILON;
  if (f.counts) return (add_counts(a, b) && is_finite()) || total.z == 0;
  const formula_variable u(f, places);
  double from = a > -HUGE_VAL ? u.of_row(a) : -HUGE_VAL, to = b < HUGE_VAL ? u.of_row(b) : HUGE_VAL;
  if (u.is == formula_variable::downwards)
    from = b < HUGE_VAL ? u.of_row(b) : -HUGE_VAL, to = a > -HUGE_VAL ? u.of_row(a) : HUGE_VAL;
  const bool narrow = u.is != formula_variable::plain && to - from < close;
  const bool found = narrow ? add_panels(formula_variable(a, b), a, b) : add_panels(u, from, to);
  return (found && is_finite()) || total.z == 0;
}

// The moments of so many rows with their weights, 0 outside the support.
formula_moments formula_integral::of_rows(const double* x, const double* weight, int n, const double* out,
                                          int stride) const {
  formula_moments m;
  for (int i = 0; i < n; ++i)
    if (weight[i] > 0 && out[i] > m.top && !outside_support(f, x[i])) m.top = out[i];
  if (!(m.top - m.top == 0)) return m;
  for (int i = 0; i < n; ++i) {
    const double density = outside_support(f, x[i]) ? 0.0 : weight[i] * exp(out[i] - m.top);
    if (density == 0) continue;
    m.z += density;
    m.noise[0] += density * (rounding_of_log * fabs(out[i]));
    const int next = i + 1 < n ? i + 1 : i - 1;
    const double rounding = DBL_EPSILON * fabs(x[i] / (x[next] - x[i]));
    for (int j = 0; j <= p; ++j) {
      const double change = rounding * fabs(out[j * stride + next] - out[j * stride + i]);
      if (change < HUGE_VAL) m.noise[j] += density * change;
    }
    for (int j = 0, k = 0; j < p; ++j) {
      const double g = out[(1 + j) * stride + i];
      m.first[j] += density * g, m.squares[j] += density * (g * g);
      for (int l = 0; l <= j; ++l, ++k)
        m.second[k] += density * (out[(1 + p + k) * stride + i] + g * out[(1 + l) * stride + i]);
    }
  }
  return m;
}

void formula_integral::evaluate(const formula_variable& v, std::vector<panel>& panels) {
  constexpr int at_once = thetahat_formula_rows / n_nodes;
  double x[thetahat_formula_rows], weight[thetahat_formula_rows];
  for (size_t first = 0; first < panels.size(); first += at_once) {
    const int n = int(std::min<size_t>(at_once, panels.size() - first));
    for (int k = 0; k < n; ++k) {
      const panel& a = panels[first + size_t(k)];
      v.put_nodes(a.from, a.to, x + k * n_nodes, weight + k * n_nodes);
    }
    level->formula_outputs(&f, p ? thetahat_values_program : thetahat_density_program, uniforms, x,
                           n * n_nodes, out.data(), thetahat_formula_rows);
    for (int k = 0; k < n; ++k) {
      const int at = k * n_nodes;
      panels[first + size_t(k)].of =
          of_rows(x + at, weight + at, n_nodes, out.data() + at, thetahat_formula_rows);
    }
    used += n * n_nodes;
  }
}

// Whether the halves of a panel agree with it, beside the integral over all panels.
bool formula_integral::agree(const panel& whole, const panel& left, const panel& right,
                             const formula_moments& all) const {
  formula_moments both = left.of, one = whole.of;
  both.add(right.of);
  const double top = std::max(all.top, std::max(both.top, one.top));
  both.rescale(top), one.rescale(top);
  const double z = std::max(all.z * exp(all.top - top), both.z);
  if (!(z > 0)) return true;
  const double least = accuracy * z + 8 * both.noise[0];
  if (!(fabs(both.z - one.z) <= least)) return false;
  for (int j = 0; j < p; ++j) {
    const double size = sqrt(all.squares[j] / all.z);
    if (!(fabs(both.first[j] - one.first[j]) <= 30 * least * (1.0 + size) + 8 * both.noise[1 + j]))
      return false;
  }
  return true;
}

// Adds the integral over some panels, which are bisected while their halves differ from them.
bool formula_integral::refine(const formula_variable& v, std::vector<panel> panels) {
  evaluate(v, panels);
  formula_moments all = total;
  for (const panel& a : panels) all.add(a.of);
  while (!panels.empty()) {
    std::vector<panel> halves, rest;
    for (const panel& a : panels) {
      const double middle = a.from + 0.5 * (a.to - a.from);
      halves.push_back({a.from, middle, a.level + 1, {}});
      halves.push_back({middle, a.to, a.level + 1, {}});
    }
    evaluate(v, halves);
    for (size_t k = 0; k < panels.size(); ++k) {
      const panel &left = halves[2 * k], &right = halves[2 * k + 1];
      if (agree(panels[k], left, right, all) || left.level > most_levels) {
        total.add(left.of), total.add(right.of);
      } else {
        rest.push_back(left), rest.push_back(right);
      }
    }
    all = total;
    for (const panel& a : rest) all.add(a.of);
    panels.swap(rest);
    if (used > most_nodes) return false;
  }
  return true;
}

bool formula_integral::add_panels(const formula_variable& v, double from, double to) {
  if (v.is == formula_variable::plain) from = std::max(from, v.low), to = std::min(to, v.high);
  // Whether some of the usual values are inside.
  const bool below = from < v.usual_high();
  const bool above = to > v.usual_low();
  std::vector<double> ends;
  if (from > -HUGE_VAL && (below || to < HUGE_VAL)) ends.push_back(from);
  for (double end : v.usual_ends(places))
    if (end > from && end < to) ends.push_back(end);
  if (to < HUGE_VAL && (above || from > -HUGE_VAL)) ends.push_back(to);
  std::vector<panel> panels;
  for (size_t k = 0; k + 1 < ends.size(); ++k) panels.push_back({ends[k], ends[k + 1], 0, {}});
  if (!refine(v, panels)) return false;
  if (from == -HUGE_VAL &&
      !(above ? extend(v, v.usual_low(), -1.0) : extend(v, to, -first_step(v, to, -1.0))))
    return false;
  if (to < HUGE_VAL) return true;
  return below ? extend(v, v.usual_high(), 1.0) : extend(v, from, first_step(v, from, 1.0));
}

// A step of the variable over which the density, which may fall off steeply, varies little.
double formula_integral::first_step(const formula_variable& v, double from, double direction) {
  constexpr int n = 16;
  double x[n];
  for (int k = 0; k < n; ++k) x[k] = v.row_of(k ? from + direction * ldexp(1.0, 2 - 2 * k) : from);
  level->formula_outputs(&f, thetahat_density_program, uniforms, x, n, out.data(), n);
  used += n;
  int k = 1;
  while (k + 1 < n && fabs(out[size_t(k)] - out[0]) > steep) ++k;
  return ldexp(1.0, 2 - 2 * k);
}

// Goes outwards until nothing is added; false where something still is at the end of what doubles hold,
// unless that is an end of the support, near which densities are powers of the distance.
bool formula_integral::extend(const formula_variable& v, double from, double step) {
  double u = from;
  bool more = true;
  for (; fabs(u) < farthest; step *= 1.5) {
    const double to = std::clamp(u + step, -farthest, farthest);
    const formula_moments before = total;
    if (!refine(v, {{std::min(u, to), std::max(u, to), 0, {}}})) return false;
    formula_moments after = total;
    after.rescale(std::max(before.top, after.top));
    const double was = before.z * exp(before.top - after.top);
    more = !(after.z > 0 && after.z - was <= 1e-17 * after.z);
    if (!more && fabs(to - from) > 8) return true;
    u = to;
  }
  if (!more) return true;
  return v.ends(step) && add_remainder(v, u, step < 0 ? 1.0 : -1.0);
}

// Beyond u, where the density of the variable falls off as an exponential.
bool formula_integral::add_remainder(const formula_variable& v, double u, double inwards) {
  const double x[] = {v.row_of(u), v.row_of(u + inwards)};
  level->formula_outputs(&f, thetahat_density_program, uniforms, x, 2, out.data(), 2);
  const double here = out[0] + log(v.slope_of(u)), slope = out[1] + log(v.slope_of(u + inwards)) - here;
  if (!(slope > 0)) return false;
  formula_moments beyond;
  beyond.top = here, beyond.z = 1.0 / slope;
  total.add(beyond);
  lost += beyond.z * exp(here - total.top) / total.z;
  return true;
}

bool formula_integral::add_counts(double a, double b) {
  if (a > -HUGE_VAL) return add_from(a + 1, 1.0, std::min(b, f.high));
  if (b < HUGE_VAL) return add_from(b, -1.0, f.low);
  const double low = f.low > -HUGE_VAL ? ceil(f.low) : 0.0;
  return add_from(low, 1.0, f.high) && (f.low > -HUGE_VAL || add_from(-1.0, -1.0, f.low));
}

// How far counts are added, beyond a gap too: to the farthest one that parameters may stand for.
double formula_integral::reach(double step) const {
  double farthest_count = -HUGE_VAL;
  for (double c : places.places) farthest_count = std::max(farthest_count, step * c);
  for (double c : places.widths) farthest_count = std::max(farthest_count, step * c);
  return farthest_count;
}

bool formula_integral::add_from(double first, double step, double end) {
  double x[thetahat_formula_rows], weight[thetahat_formula_rows], last = -HUGE_VAL;
  const double until = std::min(reach(step), step * first + most_reach);
  while (used < most_nodes) {
    const double left = step * (end - first) + 1;
    const int n = left < thetahat_formula_rows ? int(std::max(left, 2.0)) : thetahat_formula_rows;
    for (int i = 0; i < n; ++i) x[i] = first + step * i, weight[i] = i < left;
    level->formula_outputs(&f, p ? thetahat_values_program : thetahat_density_program, uniforms, x, n,
                           out.data(), thetahat_formula_rows);
    used += n;
    const formula_moments block = of_rows(x, weight, n, out.data(), thetahat_formula_rows);
    const double here = block.z > 0 ? block.top + log(block.z) : -HUGE_VAL;
    total.add(block);
    if (n >= left) return true;
    first += step * n;
    if (step * first > until && here < last && here < total.top + log(total.z) - 40) return true;
    last = here;
  }
  return false;
}

void normalize_formula(const thetahat_formula* f, const double* theta, const double* uniforms, int whole,
                       double* outputs) {
  const int p = f->n_params;
  formula_integral of(*f, theta, uniforms);
  const bool found = of.find();
  const formula_moments& m = of.total;
  const double value = found ? m.top + log(m.z) : NAN, size = whole ? exp(value) : 1.0;
  outputs[0] = whole ? -size : -value;
  for (int i = 0, k = 0; i < p; ++i) {
    outputs[1 + i] = found ? -size * (m.first[i] / m.z) : NAN;
    for (int j = 0; j <= i; ++j, ++k) {
      const double product = whole ? 0.0 : m.first[i] / m.z * (m.first[j] / m.z);
      outputs[1 + p + k] = found ? -size * (m.second[k] / m.z - product) : NAN;
    }
  }
}

}  // namespace thetahat::THETAHAT_ISA
