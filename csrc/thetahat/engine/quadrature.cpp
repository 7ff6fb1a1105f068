#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/quadrature.hpp"
#include "thetahat/math/tails.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

// Nodes on [-1, 1] from the middle on, weights of 21 of them, and of every other one.
constexpr int half_nodes = 10, panel_nodes = 2 * half_nodes + 1;
constexpr double kronrod_nodes[] = {0.0,
                                    0.14887433898163121088,
                                    0.29439286270146019813,
                                    0.43339539412924719080,
                                    0.56275713466860468334,
                                    0.67940956829902440623,
                                    0.78081772658641689706,
                                    0.86506336668898451073,
                                    0.93015749135570822600,
                                    0.97390652851717172008,
                                    0.99565716302580808074};
constexpr double kronrod_weights[] = {0.14944555400291690566, 0.14773910490133849137, 0.14277593857706008080,
                                      0.13470921731147332593, 0.12349197626206585108, 0.10938715880229764190,
                                      0.09312545458369760554, 0.07503967481091995277, 0.05475589657435199603,
                                      0.03255816230796472748, 0.01169463886737187428};
constexpr double gauss_weights[] = {0.29552422471475287017, 0.26926671930999635509, 0.21908636251598204400,
                                    0.14945134915058059315, 0.06667134430868813759};

constexpr double negligible = 40;       // logarithms below the peak
constexpr double agreement = 1e-9;      // of the two rules: the better one's error is near its square
constexpr double rounding = 1e-17;      // scores may be far larger where the density is small
constexpr size_t most_halvings = 200;   // where rounding keeps the rules from agreeing
constexpr double most_exponent = 700;   // of coordinates that are logarithms of rows
constexpr double most_of_square = 340;  // where rows are squared

double node_of(int i) {
  return i < half_nodes ? -kronrod_nodes[half_nodes - i] : kronrod_nodes[i - half_nodes];
}
int from_middle(int i) { return i < half_nodes ? half_nodes - i : i - half_nodes; }

double asinh_positive(double t) { return log1p(t + t * (t / (1.0 + sqrt(t * t + 1.0)))); }
double asinh(double t) { return t < 0 ? -asinh_positive(-t) : asinh_positive(t); }
double sinh(double u) {
  const double e = expm1(fabs(u)), s = 0.5 * (e + e / (e + 1.0));
  return u < 0 ? -s : s;
}
// asinh(t) - asinh(s) for t = s + step > s >= 0.
double asinh_difference(double s, double t, double step) {
  const double root_s = sqrt(s * s + 1.0), root_t = sqrt(t * t + 1.0);
  return log1p(step * (1.0 + (t + s) / (root_s + root_t)) / (s + root_s));
}

}  // namespace

quadrature::quadrature(const thetahat_model& model, const double* at)
    : m(model), theta(at), unit(model.scale(&model, at)), centred(model, at), moments(model, centred.at) {
  if (m.line != thetahat_unit_line) return;
  turned_theta[0] = at[1], turned_theta[1] = at[0];
  turned_moments.reset(new score_moments(model, turned_theta, true));
}

void quadrature::begin(double limit) {
  origin = limit;
  start = m.line == thetahat_wide_line   ? asinh((limit - theta[0]) / unit)
          : m.line == thetahat_unit_line ? log(limit) - log1p(-limit)
                                         : 0.0;
  if (m.line == thetahat_half_line) start = log(limit);
  panels.clear(), nodes.clear(), level.clear();
  moments.clear();
  if (turned_moments) turned_moments->clear();
}

// How far the coordinate goes from the limit where rows are numbers of full precision.
double quadrature::furthest(int direction) const {
  const double end = m.line == thetahat_wide_line ? most_of_square : most_exponent;
  const double most = end - direction * start;
  return m.line == thetahat_real_line ? 0x1p60 : most > 0 ? most : 0.0;
}

double quadrature::distance(double a, double b) const {
  if (m.line == thetahat_half_line) return log_ratio(b, a, 1.0 / a);
  if (m.line == thetahat_unit_line) return log1p((b - a) / (a * (1.0 - b)));
  if (m.line != thetahat_wide_line) return (b - a) / unit;
  const double s = (a - theta[0]) / unit, t = (b - theta[0]) / unit;
  if (s < 0 && t > 0) return asinh(t) - asinh(s);
  const double step = (b - a) / unit;
  return s >= 0 ? asinh_difference(s, t, step) : asinh_difference(-t, -s, step);
}

double quadrature::place(double v) const {
  switch (m.line) {
    case thetahat_half_line:
      return origin * exp(v);
    case thetahat_unit_line:
      return 1.0 / (1.0 + exp(fabs(start + v)));  // of the mirror image where that is the smaller one
    case thetahat_wide_line:
      return unit * sinh(start + v);
  }
  return origin + unit * v;
}

// The logarithm of dx / dv.
double quadrature::log_stretch(double v) const {
  const double u = fabs(start + v);
  switch (m.line) {
    case thetahat_half_line:
      return start + v;
    case thetahat_unit_line:
      return -u - 2.0 * log1p(exp(-u));
    case thetahat_wide_line:
      return log(unit) + (u + log1p(exp(-2.0 * u)) - (ln2_hi + ln2_lo));
  }
  return log(unit);
}

// The log-density of the coordinate; -inf where there is none.
void quadrature::densities(const double* v, double* out, int64_t n) {
  x.resize(size_t(n));
  for (int64_t i = 0; i < n; ++i) x[size_t(i)] = place(v[i]);
  for (int64_t i = 0, end; i < n; i = end) {
    const bool other = turned(v[i]);
    for (end = i + 1; end < n && turned(v[end]) == other;) ++end;
    m.kernel->log_density(&m, other ? turned_theta : centred.at, x.data() + i, out + i, end - i);
  }
  for (int64_t i = 0; i < n; ++i) {
    out[i] += log_stretch(v[i]);
    if (!(out[i] > -HUGE_VAL && out[i] < HUGE_VAL)) out[i] = -HUGE_VAL;
  }
}

// The side on which the density falls off, by steps of powers of 8, and where it has become negligible,
// between the last two of them.
quadrature::tail quadrature::find_tail() {
  double v[2 * n_steps + 1], at[2 * n_steps + 1];
  const double most[] = {furthest(-1), furthest(1)};
  for (int k = 0; k < n_steps; ++k) {
    const double step = ldexp(1.0, 3 * (k - 8));
    v[k] = -(step < most[0] ? step : most[0]);
    v[n_steps + k] = step < most[1] ? step : most[1];
  }
  v[2 * n_steps] = 0.0;
  densities(v, at, 2 * n_steps + 1);
  const double here = at[2 * n_steps], *below = at, *above = at + n_steps;
  int k = 0;
  while (k + 1 < n_steps && !(fabs(above[k] - below[k]) > 1e-4)) ++k;
  const bool rises = above[k] > below[k];
  const double *falling = rises ? below : above, *places = v + (rises ? 0 : n_steps);
  for (k = 0; k + 1 < n_steps && !(falling[k] < here - negligible);) ++k;
  const bool ends = falling[k] < here - negligible;
  return {!rises, ends && k > 0 ? nearer_end(places[k - 1], places[k], here) : places[k], ends};
}

double quadrature::nearer_end(double inside, double outside, double here) {
  constexpr int parts = 8;
  double v[parts], at[parts];
  const double ratio = log(outside / inside);
  for (int i = 0; i < parts - 1; ++i) v[i] = inside * exp(ratio * (i + 1.0) / parts);
  v[parts - 1] = outside;
  densities(v, at, parts - 1);
  int i = 0;
  while (i + 1 < parts && !(at[i] < here - negligible)) ++i;
  return v[i];
}

void quadrature::evaluate(size_t from) {
  nodes.clear();
  for (size_t k = from; k < panels.size(); ++k) {
    panel& q = panels[k];
    q.first = level.size() + nodes.size();
    const double middle = 0.5 * (q.from + q.to), half = 0.5 * (q.to - q.from);
    for (int i = 0; i < panel_nodes; ++i) nodes.push_back(middle + half * node_of(i));
  }
  const size_t before = level.size();
  level.resize(before + nodes.size());
  densities(nodes.data(), level.data() + before, int64_t(nodes.size()));
  if (from == 0) {
    top = level[0];
    for (double l : level) top = l > top ? l : top;
  }
  for (size_t k = from; k < panels.size(); ++k) {
    panel& q = panels[k];
    q.kronrod = q.gauss = 0.0;
    for (int i = 0; i < panel_nodes; ++i) {
      const int place = from_middle(i);
      const double f = exp(level[q.first + size_t(i)] - top) * 0.5 * fabs(q.to - q.from);
      q.kronrod += kronrod_weights[place] * f;
      if (place % 2) q.gauss += gauss_weights[place / 2] * f;
    }
  }
}

void quadrature::refine() {
  const size_t most = panels.size() + 2 * most_halvings;
  for (size_t k = 0; k < panels.size() && panels.size() < most; ++k) {
    const panel q = panels[k];
    const double apart = fabs(q.kronrod - q.gauss);
    if (!(apart > agreement * q.kronrod && apart > rounding * total)) continue;
    const double middle = 0.5 * (q.from + q.to);
    panels[k].halved = true;
    const size_t from = panels.size();
    panels.push_back({q.from, middle, 0.0, 0.0, 0, false});
    panels.push_back({middle, q.to, 0.0, 0.0, 0, false});
    evaluate(from);
    total += panels[from].kronrod + panels[from + 1].kronrod - q.kronrod;
  }
}

void quadrature::integrate(const double* breaks, int n) {
  for (int k = 0; k + 1 < n; ++k) panels.push_back({breaks[k], breaks[k + 1], 0.0, 0.0, 0, false});
  evaluate(0);
  total = 0.0;
  for (const panel& q : panels) total += q.kronrod;
  if (total > 0) refine();
  total = 0.0;
  for (const panel& q : panels) total += q.halved ? 0.0 : q.kronrod;
}

// Nodes that are not negligible, to the moments of the scores.
void quadrature::gather(bool of_turned) {
  score_moments& out = of_turned ? *turned_moments : moments;
  const auto hand_over = [&] {
    out.add(kept.data(), kept_weights.data(), int64_t(kept.size()));
    kept.clear(), kept_weights.clear();
  };
  for (const panel& q : panels) {
    if (q.halved) continue;
    const double middle = 0.5 * (q.from + q.to), half = 0.5 * (q.to - q.from);
    for (int i = 0; i < panel_nodes; ++i) {
      const double v = middle + half * node_of(i);
      if (turned(v) != of_turned) continue;
      const double share =
          kronrod_weights[from_middle(i)] * exp(level[q.first + size_t(i)] - top) * fabs(half) / total;
      if (!(share > 1e-30)) continue;
      kept.push_back(place(v)), kept_weights.push_back(share);
    }
    if (kept.size() + panel_nodes > size_t(block_rows)) hand_over();
  }
  hand_over();
}

// Beyond the furthest v, where the density falls off as an exponential.
void quadrature::add_remainder(double v, int direction) {
  const double places[] = {v - direction, v};
  double at[2];
  densities(places, at, 2);
  const double mean = 1.0 / (at[0] - at[1]), weight = exp(at[1] - top) * mean;
  if (!(mean > 0 && weight > 0)) return;
  score_moments& out = turned(v) ? *turned_moments : moments;
  out.add_remainder(place(places[0]), place(v), mean, weight / total);
  total += weight;
}

void quadrature::finish(thetahat_log_probability* out) {
  if (turned_moments) {
    gather(true);
    moments.merge(*turned_moments);
  }
  gather(false);
  moments.write(out);
}

bool quadrature::falling_side(double limit, thetahat_log_probability* out) {
  begin(limit);
  const tail t = find_tail();
  const double breaks[] = {0.0, t.length / 8, t.length / 4, t.length / 2, t.length};
  integrate(breaks, 5);
  const double inside = total;
  if (!t.ends) add_remainder(t.length, t.above ? 1 : -1);
  const double all = total;
  total = inside;
  finish(out);
  out->value = top + log(all);
  return t.above;
}

void quadrature::between(double a, double b, thetahat_log_probability* out) {
  begin(a);
  const double width = distance(a, b), kink = (theta[0] - a) / unit;
  double breaks[] = {0.0, width / 4, width / 2, 0.75 * width, width};
  if (m.line == thetahat_real_line && kink > 0 && kink < width)
    breaks[1] = kink / 2, breaks[2] = kink, breaks[3] = 0.5 * (kink + width);
  integrate(breaks, 5);
  finish(out);
  out->value = top + log(total);
}

void quadrature::arc(double a, double width, thetahat_log_probability* out) {
  constexpr double turn = 6.283185307179586;
  constexpr int scales = 28;
  begin(a);
  std::vector<double> breaks(1, 0.0);
  // The peak may have any width: panels grow from it to both sides.
  const double first = theta[0] + turn * floor((a - theta[0]) / turn) - a;
  for (double peak = first; peak <= first + 2 * turn; peak += turn) {
    for (int k = 0; k < scales; ++k) breaks.push_back(peak - turn * ldexp(0.5, -k));
    breaks.push_back(peak);
    for (int k = scales - 1; k > 0; --k) breaks.push_back(peak + turn * ldexp(0.5, -k));
  }
  size_t n = 1;
  for (size_t k = 1; k < breaks.size(); ++k)
    if (breaks[k] > breaks[n - 1] && breaks[k] < width) breaks[n++] = breaks[k];
  breaks.resize(n);
  breaks.push_back(width);
  integrate(breaks.data(), int(breaks.size()));
  finish(out);
  out->value = top + log(total);
}

}  // namespace thetahat::THETAHAT_ISA
