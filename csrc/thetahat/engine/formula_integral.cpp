// The integral of exp(l) over the support, and its derivatives, by the values program of the formula on nodes
// of Gauss and Legendre: on panels that end where the parameters say that the density lies, bisected until
// both halves agree with the whole. Counts are added up.
#include "thetahat/isa/baseline.hpp"

#include <float.h>
#include <math.h>
#include <algorithm>
#include <vector>
#include "thetahat/engine/formula.hpp"
#include "thetahat/engine/tree.hpp"
#include "thetahat/kernels/formula_functions.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr int max_p = thetahat_max_params, max_pairs = max_p * (max_p + 1) / 2;

constexpr int half_nodes = 8, n_nodes = 2 * half_nodes;
constexpr double nodes[half_nodes] = {0.9894009349916499, 0.9445750230732326, 0.8656312023878318,
                                      0.755404408355003,  0.6178762444026438, 0.45801677765722737,
                                      0.2816035507792589, 0.09501250983763744};
constexpr double weights[half_nodes] = {0.027152459411754096, 0.062253523938647894, 0.09515851168249279,
                                        0.12462897125553388,  0.14959598881657674,  0.16915651939500254,
                                        0.18260341504492358,  0.1894506104550685};

constexpr int most_levels = 60;
constexpr int64_t most_nodes = 1 << 17;
constexpr double accuracy = 1e-13, farthest = 700.0;

// Integrals of exp(l), of its product with the scores g, and with the second derivatives H + g g', all times
// exp(-top). squares: of g g. noise: what the rounding of rows makes of the first, and of those with g.
struct moments {
  double top = -HUGE_VAL, z = 0.0, noise[1 + max_p] = {}, squares[max_p] = {}, first[max_p] = {},
         second[max_pairs] = {};

  void rescale(double to) {
    if (to == top) return;
    const double factor = z > 0 ? exp(top - to) : 0.0;
    top = to, z *= factor;
    for (double& v : noise) v *= factor;
    for (double& v : squares) v *= factor;
    for (double& v : first) v *= factor;
    for (double& v : second) v *= factor;
  }
  void add(moments other) {
    const double to = std::max(top, other.top);
    rescale(to), other.rescale(to);
    z += other.z;
    for (int j = 0; j <= max_p; ++j) noise[j] += other.noise[j];
    for (int j = 0; j < max_p; ++j) first[j] += other.first[j], squares[j] += other.squares[j];
    for (int k = 0; k < max_pairs; ++k) second[k] += other.second[k];
  }
};

struct panel {
  double from, to;
  int level;
  moments of;
};

// What a variable u makes of rows: x itself, or such that the tails and singular ends of densities are far
// out.
enum variable { plain, line, upwards, downwards, logit };

// 1 / (1 + exp(-u)).
double share_at(double u) {
  const double e = exp(-fabs(u));
  return u < 0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
}

class integral {
 public:
  integral(const thetahat_formula& formula, const double* at, const double* of_theta)
      : f(formula), theta(at), uniforms(of_theta), p(formula.n_params) {
    place();
  }

  // False where it is not found: the density has no finite integral, or one that nodes do not find.
  bool find() {
    const bool found = f.counts ? add_counts() : add_panels();
    return found && total.z > 0 && total.z < HUGE_VAL && total.top - total.top == 0;
  }
  moments total;

 private:
  const thetahat_formula& f;
  const double *const theta, *const uniforms;
  const int p;
  double centre = 0.0, width = 1.0;
  variable kind = line;
  int64_t used = 0;
  std::vector<double> places, widths;

  // Parameters in the units of the rows, or where nothing has units, any: places are real ones, widths
  // positive.
  void place() {
    const bool has_units = f.scale_of >= 0;
    for (int j = 0; j < p; ++j) {
      const thetahat_parameter& parameter = f.parameters[j];
      if (has_units && parameter.scale_power != 1) continue;
      if (parameter.coordinate == thetahat_identity) places.push_back(theta[j]);
      if (parameter.coordinate == thetahat_log && parameter.low == 0) widths.push_back(theta[j]);
    }
    if (widths.empty() && has_units) widths.push_back(f.model.scale(&f.model, theta));
    const bool low = f.low > -HUGE_VAL, high = f.high < HUGE_VAL;
    kind = low && high ? (f.open_low || f.open_high ? logit : plain)
           : low       ? upwards
           : high      ? downwards
                       : line;
    if (!widths.empty()) width = widths[0];
    if (kind == line && !places.empty()) centre = places[0];
  }

  double row_of(double u) const {
    switch (kind) {
      case plain:
        return u;
      case line:
        return centre + width * (0.5 * exp(u) - 0.5 * exp(-u));
      case upwards:
        return f.low + width * exp(u);
      case downwards:
        return f.high - width * exp(u);
      default:
        return f.low + (f.high - f.low) * share_at(u);
    }
  }
  double slope_of(double u) const {
    switch (kind) {
      case plain:
        return 1.0;
      case line:
        return width * (0.5 * exp(u) + 0.5 * exp(-u));
      case upwards:
      case downwards:
        return width * exp(u);
      default:
        return (f.high - f.low) * share_at(u) * share_at(-u);
    }
  }
  double variable_of(double x) const {
    const double z = (x - centre) / width;
    switch (kind) {
      case plain:
        return x;
      case line:
        return z < 0 ? -log(sqrt(z * z + 1.0) - z) : log(sqrt(z * z + 1.0) + z);
      case upwards:
        return log((x - f.low) / width);
      case downwards:
        return log((f.high - x) / width);
      default:
        return log((x - f.low) / (f.high - x));
    }
  }

  // The moments of so many rows with their weights, 0 outside the support.
  moments of_rows(const double* x, const double* weight, int n, const double* out, int stride) const {
    moments m;
    for (int i = 0; i < n; ++i)
      if (weight[i] > 0 && out[i] > m.top && !outside_support(f, x[i])) m.top = out[i];
    if (!(m.top - m.top == 0)) return m;
    for (int i = 0; i < n; ++i) {
      const double density = outside_support(f, x[i]) ? 0.0 : weight[i] * exp(out[i] - m.top);
      if (density == 0) continue;
      m.z += density;
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

  void evaluate(std::vector<panel>& panels) {
    constexpr int at_once = thetahat_formula_rows / n_nodes;
    std::vector<double> out(thetahat_formula_outputs * thetahat_formula_rows);
    double x[thetahat_formula_rows], weight[thetahat_formula_rows];
    for (size_t first = 0; first < panels.size(); first += at_once) {
      const int n = int(std::min<size_t>(at_once, panels.size() - first));
      for (int k = 0; k < n; ++k) put_nodes(panels[first + k], x + k * n_nodes, weight + k * n_nodes);
      level->formula_outputs(&f, thetahat_values_program, uniforms, x, n * n_nodes, out.data(),
                             thetahat_formula_rows);
      for (int k = 0; k < n; ++k) {
        const int at = k * n_nodes;
        panels[first + k].of = of_rows(x + at, weight + at, n_nodes, out.data() + at, thetahat_formula_rows);
      }
      used += n * n_nodes;
    }
  }
  void put_nodes(const panel& a, double* x, double* weight) const {
    const double half = 0.5 * (a.to - a.from), middle = a.from + half;
    for (int i = 0; i < n_nodes; ++i) {
      const int k = i < half_nodes ? i : n_nodes - 1 - i;
      const double u = middle + (i < half_nodes ? -half : half) * nodes[k];
      x[i] = row_of(u);
      weight[i] = half * weights[k] * slope_of(u);
    }
  }

  // Whether the halves of a panel agree with it, beside the integral over all panels.
  bool agree(const panel& whole, const panel& left, const panel& right, const moments& all) const {
    moments both = left.of, one = whole.of;
    both.add(right.of);
    const double top = std::max(all.top, std::max(both.top, one.top));
    both.rescale(top), one.rescale(top);
    const double z = std::max(all.z * exp(all.top - top), both.z);
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
  bool refine(std::vector<panel> panels) {
    evaluate(panels);
    moments all = total;
    for (const panel& a : panels) all.add(a.of);
    while (!panels.empty()) {
      std::vector<panel> halves, rest;
      for (const panel& a : panels) {
        const double middle = a.from + 0.5 * (a.to - a.from);
        halves.push_back({a.from, middle, a.level + 1, {}});
        halves.push_back({middle, a.to, a.level + 1, {}});
      }
      evaluate(halves);
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

  // Adds where the parameters say that the density changes, between two values of the variable.
  void add_ends(double low, double high, std::vector<double>& ends) const {
    std::vector<double> near = places;
    if (kind == upwards) near.push_back(f.low);
    if (kind == downwards) near.push_back(f.high);
    for (double c : near)
      for (double s : widths)
        for (double z : {-8.0, -3.0, -1.0, 0.0, 1.0, 3.0, 8.0}) {
          const double u = variable_of(c + z * s);
          if (u > low && u < high) ends.push_back(u);
        }
  }

  bool add_panels() {
    std::vector<double> ends;
    const double low = kind == plain ? f.low : kind == logit ? -6.0 : -4.0;
    const double high = kind == plain ? f.high : -low;
    for (int k = 0; k <= 16; ++k) ends.push_back(low + (high - low) * k / 16);
    add_ends(low, high, ends);
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
    std::vector<panel> panels;
    for (size_t k = 0; k + 1 < ends.size(); ++k) panels.push_back({ends[k], ends[k + 1], 0, {}});
    return refine(panels) && (kind == plain || (extend(low, -1.0) && extend(high, 1.0)));
  }

  // Goes outwards until nothing is added; false where something still is at the end of what doubles hold.
  bool extend(double from, double step) {
    for (double u = from; fabs(u) < farthest; step *= 1.5) {
      const double to = u + step;
      const moments before = total;
      if (!refine({{std::min(u, to), std::max(u, to), 0, {}}})) return false;
      moments after = total;
      after.rescale(std::max(before.top, after.top));
      const double was = before.z * exp(before.top - after.top);
      if (after.z > 0 && after.z - was <= 1e-17 * after.z && fabs(to - from) > 8) return true;
      u = to;
    }
    return false;
  }

  bool add_counts() {
    const double low = f.low > -HUGE_VAL ? ceil(f.low) : 0.0;
    return add_from(low, 1.0) && (f.low > -HUGE_VAL || add_from(-1.0, -1.0));
  }
  bool add_from(double first, double step) {
    constexpr int n = thetahat_formula_rows;
    std::vector<double> out(thetahat_formula_outputs * n);
    double x[n], weight[n], last = -HUGE_VAL;
    for (int i = 0; i < n; ++i) weight[i] = 1.0;
    for (; used < most_nodes; first += step * n) {
      for (int i = 0; i < n; ++i) x[i] = first + step * i;
      level->formula_outputs(&f, thetahat_values_program, uniforms, x, n, out.data(), n);
      used += n;
      moments block = of_rows(x, weight, n, out.data(), n);
      const double here = block.z > 0 ? block.top + log(block.z) : -HUGE_VAL;
      const bool past = first * step > (step > 0 ? f.high : -f.low);
      total.add(block);
      if (past || (here < last && here < total.top + log(total.z) - 40)) return true;
      last = here;
    }
    return false;
  }
};

}  // namespace

void normalize_formula(const thetahat_formula* f, const double* theta, const double* uniforms, int whole,
                       double* outputs) {
  const int p = f->n_params;
  integral of(*f, theta, uniforms);
  const bool found = of.find();
  const moments& m = of.total;
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
