#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include "thetahat/engine/formula.hpp"
#include "thetahat/engine/probabilities.hpp"
#include "thetahat/math/tails.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr double log_half = -0.6931471805599453, turn = 6.283185307179586;

bool impossible(const log_probability& x) { return !(x.value > -HUGE_VAL); }

}  // namespace

probabilities::probabilities(const thetahat_model& model, const double* at)
    : m(model.exact ? *model.exact : model), theta(at), p(model.n_params) {
  if (is_formula(m)) formula.reset(new formula_probability(m, at));
}

quadrature& probabilities::integral() {
  if (!integrals) integrals.reset(new quadrature(m, theta));
  return *integrals;
}

count_tails& probabilities::count() {
  if (!counts) counts.reset(new count_tails(m, theta));
  return *counts;
}

void probabilities::none(log_probability* out) const {
  *out = {};
  out->value = -HUGE_VAL;
  for (int j = 0; j < p; ++j) out->first[j] = NAN;
  for (int k = 0; k < p * (p + 1) / 2; ++k) out->second[k] = NAN;
}

// Limits at and beyond the ends of the line are open; of counts they are counts.
void probabilities::of(double a, double b, log_probability* out) {
  if (a == b) return density(a, out);
  if (formula) return of_formula(a, b, out);
  if (m.line == thetahat_counts) a = floor(a), b = floor(b);
  const double low = m.line == thetahat_half_line || m.line == thetahat_unit_line ? 0.0
                     : m.line == thetahat_counts                                  ? -1.0
                                                                                  : -HUGE_VAL;
  const double high = m.line == thetahat_unit_line ? 1.0 : HUGE_VAL;
  if (b <= low || a >= high || a == b) return none(out);
  of_limits(a <= low ? -HUGE_VAL : a, b >= high ? HUGE_VAL : b, out);
  if (impossible(*out)) none(out);
}

// The densities of formulas have any number of peaks: of the interval itself, or where it has more than half,
// of what it leaves.
void probabilities::of_formula(double a, double b, log_probability* out) {
  *out = {};
  formula->open(a, b);
  if (a == -HUGE_VAL && b == HUGE_VAL) return;
  if (a == HUGE_VAL || b == -HUGE_VAL || a == b) return none(out);
  formula->between(a, b, out);
  if (out->value <= log_half) return;
  log_probability rest, above;
  if (a > -HUGE_VAL) formula->between(-HUGE_VAL, a, &rest);
  if (b < HUGE_VAL) formula->between(b, HUGE_VAL, a > -HUGE_VAL ? &above : &rest);
  if (a > -HUGE_VAL && b < HUGE_VAL) {
    const log_probability below = rest;
    const double share = 1 / (1 + exp(above.value - below.value));
    combine(share, below, 1 - share, above, below.value - log(share), &rest);
  }
  if (rest.value <= log_half) complement(rest, out);
}

void probabilities::of_limits(double a, double b, log_probability* out) {
  *out = {};
  if (m.line == thetahat_circle) return arc(a, b, out);
  if (a == -HUGE_VAL && b == HUGE_VAL) return;
  if (m.log_probability && m.log_probability(&m, theta, a, b, out)) return;
  if (a == -HUGE_VAL || b == HUGE_VAL) return one_sided(a == -HUGE_VAL ? b : a, b == HUGE_VAL, out);
  two_sided(a, b, out);
}

// Beyond one limit: by the side on which the density falls off.
void probabilities::one_sided(double x, bool upper, log_probability* out) {
  if (m.log_probability) {
    m.log_probability(&m, theta, upper ? x : -HUGE_VAL, upper ? HUGE_VAL : x, out);
    return;
  }
  log_probability side = {};
  const bool above =
      m.line == thetahat_counts ? count().falling_side(x, &side) : integral().falling_side(x, &side);
  if (above == upper)
    *out = side;
  else
    complement(side, out);
}

void probabilities::of_counts(bool upper, const double* limits, int64_t n, log_probability* out) {
  int64_t from = 0;
  while (from < n && limits[from] < 0)
    of(upper ? limits[from] : -HUGE_VAL, upper ? HUGE_VAL : limits[from], out + from), ++from;
  // Below the peak probabilities fall off downwards.
  const int64_t peak =
      std::partition_point(limits + from, limits + n, [&](double c) { return !count().falls_above(c); }) -
      limits;
  const auto finish = [&](log_probability& x, bool above) {
    const log_probability side = x;
    if (above != upper) complement(side, &x);
    if (impossible(x)) none(&x);
  };
  if (peak > from) count().beyond_each(false, limits + from, peak - from, out + from);
  for (int64_t i = from; i < peak; ++i) finish(out[i], false);
  if (peak == n) return;
  std::vector<double> inwards(limits + peak, limits + n);
  std::reverse(inwards.begin(), inwards.end());
  count().beyond_each(true, inwards.data(), n - peak, out + peak);
  std::reverse(out + peak, out + n);
  for (int64_t i = peak; i < n; ++i) finish(out[i], true);
}

void probabilities::direct(double a, double b, log_probability* out) {
  if (m.line == thetahat_counts)
    count().between(a + 1, b, out);
  else
    integral().between(a, b, out);
}

// A difference of two tails, or what two leave, where that is not a small part of them; otherwise the
// interval itself, over which the density varies little.
void probabilities::two_sided(double a, double b, log_probability* out) {
  constexpr double few_counts = 256;
  log_probability from, to;
  if (m.line == thetahat_counts && b - a <= few_counts) return direct(a, b, out);
  one_sided(a, true, &from), one_sided(b, true, &to);
  if (impossible(from)) return none(out);
  if (from.value <= log_half) {
    const double share = exp(to.value - from.value);
    if (impossible(to)) return void(*out = from);
    if (share > 0.5) return direct(a, b, out);
    return combine(1 / (1 - share), from, -share / (1 - share), to, from.value + log1p(-share), out);
  }
  log_probability below, up_to;
  one_sided(a, false, &below), one_sided(b, false, &up_to);
  if (impossible(up_to)) return none(out);
  if (impossible(below)) return void(*out = up_to);
  if (up_to.value <= log_half) {
    const double share = exp(below.value - up_to.value);
    if (share > 0.5) return direct(a, b, out);
    return combine(1 / (1 - share), up_to, -share / (1 - share), below, up_to.value + log1p(-share), out);
  }
  if (impossible(to)) return void(*out = from);
  const double under = exp(below.value), over = exp(to.value), inside = 1 - under - over;
  if (inside < 0.5) return direct(a, b, out);
  combine(-under / inside, below, -over / inside, to, log1p(-(under + over)), out);
}

void probabilities::arc(double a, double b, log_probability* out) {
  const double width = b - a;
  if (!(width < turn)) return;
  integral().arc(a, width, out);
  if (out->value <= log_half) return;
  log_probability rest = {};
  integral().arc(b, turn - width, &rest);
  complement(rest, out);
}

void probabilities::density(double x, log_probability* out) {
  const double one = 1.0;
  double value;
  *out = {};
  m.kernel->log_density(&m, theta, &x, &value, 1);
  out->value = value;
  if (impossible(*out)) return none(out);
  score_moments row(m, theta);
  row.add(&x, &one, 1);
  row.write(out);
}

// log(1 - P) and its derivatives.
void probabilities::complement(const log_probability& of, log_probability* out) const {
  const double less = -expm1(of.value), odds = exp(of.value) / less;
  combine(-odds, of, 0.0, of, log_one_less_exp(-of.value), out);
}

// Derivatives of the logarithm of A P_a + B P_b, by the shares that A P_a and B P_b are of the sum: of each P
// the second derivatives are P (H + g g').
void probabilities::combine(double share_a, const log_probability& a, double share_b,
                            const log_probability& b, double value, log_probability* out) const {
  out->value = value;
  for (int j = 0; j < p; ++j) {
    out->first[j] = share_a * a.first[j] + share_b * b.first[j];
  }
  for (int j = 0, at = 0; j < p; ++j)
    for (int k = 0; k <= j; ++k, ++at) {
      const double of_a = a.second[at] + a.first[j] * a.first[k];
      const double of_b = b.second[at] + b.first[j] * b.first[k];
      out->second[at] = share_a * of_a + share_b * of_b - out->first[j] * out->first[k];
    }
}

}  // namespace thetahat::THETAHAT_ISA
