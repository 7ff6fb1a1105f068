// Models whose log-density is a formula: the table of what depends on theta alone, and sums made into
// derivatives.
#include "thetahat/isa/baseline.hpp"

#include <string.h>
#include <vector>
#include "thetahat/engine/formula.hpp"
#include "thetahat/engine/transform.hpp"
#include "thetahat/engine/tree.hpp"
#include "thetahat/kernels/formula_functions.hpp"
#include "thetahat/math/rests.hpp"
#include "thetahat/math/small_matrix.hpp"
#include "thetahat/math/trig.hpp"
#include "thetahat/sgd_api.h"
#include "thetahat/sums/terms.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

double cosh_of(double x) {
  const double e = exp(0.5 * abs(x)), f = 1.0 / e;
  return 0.5 * (e * e) + 0.5 * (f * f);
}

double sinh_of(double x) {
  const double a = abs(x), m = expm1(a), small = 0.5 * (m + m / (m + 1.0)), half = exp(0.5 * a);
  const double y = a < 20.0 ? small : 0.5 * half * half;
  return x < 0.0 ? -y : y;
}

double expit(double x) {
  const double e = exp_to_zero(-abs(x)), d = 1.0 / (1.0 + e);
  return x < 0.0 ? e * d : d;
}

double softplus(double x) { return (x > 0.0 ? x : 0.0) + log1p(exp_to_zero(-abs(x))); }

// The derivative of trigamma; max error 1e-14 of the value. f(x) - f(x + 1) = -2 / x^3.
double tetragamma(double x) {
  double sum = 0.0;
  for (x = from_zero(x); x < 15; x += 1) sum -= 2 / x / x / x;
  const double y = 1 / (x * x);
  const double tail = 0.5 + y * (-1.0 / 6 + y * (1.0 / 6 + y * (-0.3 + y * (5.0 / 6 - y * (691.0 / 210)))));
  return sum - y * (1 + 1 / x + y * tail);
}

double function_of(int op, double x) {
  double s, c;
  switch (op) {
    case thetahat_op_recip:
      return 1.0 / x;
    case thetahat_op_exp:
      return exp_to_zero(x);
    case thetahat_op_log:
      return log_of_rows(x);
    case thetahat_op_log1p:
      return log1p(x);
    case thetahat_op_expm1:
      return expm1(x);
    case thetahat_op_sqrt:
      return sqrt(x);
    case thetahat_op_abs:
      return abs(x);
    case thetahat_op_sign:
      return signum(x);
    case thetahat_op_sinh:
      return sinh_of(x);
    case thetahat_op_cosh:
      return cosh_of(x);
    case thetahat_op_tanh:
      return tanh_of(x);
    case thetahat_op_arctan:
      return atan2(x, 1.0);
    case thetahat_op_lgamma:
      return lgamma(x);
    case thetahat_op_digamma:
      return digamma(x);
    case thetahat_op_trigamma:
      return trigamma(x);
    case thetahat_op_tetragamma:
      return tetragamma(x);
    case thetahat_op_erf:
      return erf(x);
    case thetahat_op_erfc:
      return erfc(x);
    case thetahat_op_log_ndtr:
      return log_ndtr(x);
    case thetahat_op_hazard:
      return normal_hazard(x);
    case thetahat_op_softplus:
      return softplus(x);
    case thetahat_op_arcsinh:
      return arcsinh_of(x);
    case thetahat_op_log1p_rest:
      return log1p_rest<double>(x).f;
    case thetahat_op_log1p_rest1:
      return log1p_rest<double>(x).f1;
    case thetahat_op_log1p_rest2:
      return log1p_rest<double>(x).f2;
    case thetahat_op_expm1_rest:
      return expm1_rest<double>(x).f;
    case thetahat_op_expm1_rest1:
      return expm1_rest<double>(x).f1;
    case thetahat_op_expm1_rest2:
      return expm1_rest<double>(x).f2;
    case thetahat_op_stirling:
      return gamma_rest_at(x).stirling_remainder;
    case thetahat_op_stirling1:
      return -gamma_rest_at(x).digamma;
    case thetahat_op_stirling2:
      return gamma_rest_at(x).trigamma;
    case thetahat_op_sin:
      return sincos(x, s, c), s;
    case thetahat_op_cos:
      return sincos(x, s, c), c;
    default:
      return expit(x);
  }
}

double value_of(const thetahat_instruction& i, const double* u) {
  const double a = u[i.a], b = i.b >= 0 ? u[i.b] : 0.0;
  switch (i.op) {
    case thetahat_op_add:
      return a + b;
    case thetahat_op_multiply:
      return a * b;
    case thetahat_op_min:
      return a <= b ? a : b;
    case thetahat_op_max:
      return b <= a ? a : b;
    case thetahat_op_less:
      return a < b;
    case thetahat_op_at_most:
      return a <= b;
    case thetahat_op_equal:
      return a == b;
    case thetahat_op_where:
      return a != 0 ? b : u[i.c];
    default:
      return function_of(i.op, a);
  }
}

void tabulate(const thetahat_formula* f, const double* theta, double* u) {
  for (int j = 0; j < f->n_params; ++j) u[j] = theta[j];
  for (int k = 0; k < f->n_constants; ++k) u[f->n_params + k] = f->constants[k];
  const thetahat_program& p = f->uniforms;
  for (int64_t k = 0; k < p.n; ++k) u[p.code[k].out] = value_of(p.code[k], u);
}

// A node's sums: n, sums, and logarithms of products.
struct sums_of {
  double& n;
  double_double* const plain;
  log_product* const logs;

  sums_of(const thetahat_formula& f, double* sums)
      : n(sums[0]),
        plain(reinterpret_cast<double_double*>(sums + 1)),
        logs(reinterpret_cast<log_product*>(plain + f.n_plain)) {}
};

void merge_formula(const thetahat_model* m, double* left, const double* right) {
  const thetahat_formula& f = formula_of(m);
  const sums_of a(f, left), b(f, const_cast<double*>(right));
  if (b.n == 0) return;
  if (a.n == 0) {
    memcpy(left, right, m->n_sums * sizeof(double));
    return;
  }
  a.n += b.n;
  for (int k = 0; k < f.n_plain; ++k) a.plain[k] = a.plain[k] + b.plain[k];
  for (int k = 0; k < f.n_logs; ++k) a.logs[k] = merge(a.logs[k], b.logs[k]);
}

int finite_formula(const thetahat_model* m, const double* sums) {
  const thetahat_formula& f = formula_of(m);
  const sums_of s(f, const_cast<double*>(sums));
  double rest = s.n - s.n;
  for (int k = 0; k < f.n_plain; ++k) rest += s.plain[k].hi - s.plain[k].hi;
  for (int k = 0; k < f.n_logs; ++k) rest += s.logs[k].rest.hi - s.logs[k].rest.hi;
  return rest == 0;
}

double scale_of(const thetahat_model* m, const double* theta) {
  const thetahat_formula& f = formula_of(m);
  if (f.scale_of < 0) return 1.0;
  const double value = theta[f.scale_of];
  const int power = f.parameters[f.scale_of].scale_power;
  return power == 1 ? value : power == -1 ? 1.0 / value : exp(log(value) / power);
}

// The outputs of the values program, summed over the rows; the first so many.
void outputs_of(const thetahat_formula& f, const double* theta, const double* sums, int count, double* out) {
  double u[thetahat_formula_uniforms], of_row[thetahat_formula_outputs] = {}, values[thetahat_max_sums];
  const sums_of s(f, const_cast<double*>(sums));
  tabulate(&f, theta, u);
  for (int k = 0; k < f.n_plain; ++k) values[k] = s.plain[k].hi;
  for (int k = 0; k < f.n_logs; ++k) values[f.n_plain + k] = s.logs[k].value();
  for (int k = 0; k < count; ++k) out[k] = 0.0;
  for (const thetahat_formula_term* t = f.terms; t < f.terms + f.n_terms && t->output < count; ++t)
    out[t->output] += u[t->coefficient] * (t->sum < 0 ? s.n : values[t->sum]);
  if (!f.normalize) return;
  const bool whole = f.kind == thetahat_intensity;
  f.normalize(&f, theta, u, whole, of_row);
  for (int k = 0; k < count; ++k) out[k] += whole ? of_row[k] : of_row[k] * s.n;
}

void score_of_formula(const thetahat_model* m, const double* theta, const double* sums, double* g) {
  double out[thetahat_formula_outputs];
  outputs_of(formula_of(m), theta, sums, 1 + m->n_params, out);
  const double scale = scale_of(m, theta);
  for (int j = 0; j < m->n_params; ++j) g[j] = times_power(out[1 + j], scale, m->parameters[j].scale_power);
}

void derivatives_of_formula(const thetahat_model* m, const double* theta, const double* sums,
                            thetahat_derivatives* d) {
  const int p = m->n_params;
  double out[thetahat_formula_outputs];
  outputs_of(formula_of(m), theta, sums, 1 + p + p * (p + 1) / 2, out);
  d->n = sums[0];
  d->scale = scale_of(m, theta);
  d->log_likelihood = out[0];
  d->has_covariance = d->has_residual = 0;
  const double* second = out + 1 + p;
  for (int i = 0; i < p; ++i) {
    const int power = m->parameters[i].scale_power;
    d->score[i] = times_power(out[1 + i], d->scale, power);
    for (int j = 0; j <= i; ++j, ++second)
      d->information[i * p + j] = d->information[j * p + i] =
          -times_power(*second, d->scale, power + m->parameters[j].scale_power);
  }
}

// A parameter without units that is as far out as this has run off to a limit of the family, along with
// others that keep the density what it is.
constexpr double farthest_shape = 0x1p45;

int valid_for_formula(const thetahat_model* m, const double* theta) {
  const bool has_units = formula_of(m).scale_of >= 0;
  for (int j = 0; j < m->n_params; ++j) {
    const thetahat_parameter& p = m->parameters[j];
    if (!(theta[j] - theta[j] == 0 && p.low < theta[j] && theta[j] < p.high)) return 0;
    if (has_units && p.coordinate == thetahat_log && p.scale_power == 0 &&
        distance_of(p, theta[j]) > farthest_shape)
      return 0;
  }
  return 1;
}

// At a theta, a row is outside too where its density is 0 there.
int64_t count_outside_formula(const thetahat_model* m, const double* theta, const thetahat_rows* r,
                              int64_t first, int64_t n, int64_t* at) {
  const thetahat_formula& f = formula_of(m);
  if (!theta) return count_bad(*r, first, n, at, [&](double x) { return outside_support(f, x); });
  double u[thetahat_formula_uniforms], l;
  tabulate(&f, theta, u);
  return count_bad(*r, first, n, at, [&](double x) {
    level->formula_outputs(&f, thetahat_density_program, u, &x, 1, &l, 1);
    return outside_support(f, x) || l == -HUGE_VAL;
  });
}

// theta + rate * score; false, and theta as it was, where that leaves the domain.
bool ascend(const thetahat_model* m, const double* score, const int* fixed, double rate, double* theta) {
  double next[thetahat_max_params];
  const double scale = scale_of(m, theta);
  for (int j = 0; j < m->n_params; ++j) {
    const double step = rate * times_power(score[j], scale, -m->parameters[j].scale_power);
    next[j] = fixed && fixed[j] ? theta[j] : theta[j] + step;
  }
  if (!valid_for_formula(m, next)) return false;
  memcpy(theta, next, m->n_params * sizeof(double));
  return true;
}

int64_t ascent_on_formula(const thetahat_model* m, const double* sums, double rate, int64_t epochs,
                          const int* fixed, double* theta, double* trace) {
  double g[thetahat_max_params];
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    score_of_formula(m, theta, sums, g);
    if (!ascend(m, g, fixed, rate, theta)) return epoch;
    if (trace) memcpy(trace + epoch * m->n_params, theta, m->n_params * sizeof(double));
  }
  return epochs;
}

void lanes_of_formula(const thetahat_model* m, thetahat_lanes* c, const double* x, int shared, int64_t n) {
  std::vector<double> scores(thetahat_max_params * block_rows);
  for (int64_t i = 0; i < n; ++i)
    for (int k = 0; k < lanes; ++k) {
      if (!(c->running[k] > 0)) continue;
      double g[thetahat_max_params];
      m->kernel->row_scores(m, c->theta[k], x + (shared ? i : i * lanes + k), 1, scores.data());
      for (int j = 0; j < m->n_params; ++j) g[j] = scores[j * block_rows];
      if (!ascend(m, g, nullptr, c->rate[k], c->theta[k])) c->running[k] = 0.0;
    }
}

// Where limits lie for what is made of many of them.
int line_of(const thetahat_formula& f) {
  if (f.counts) return f.low > -1 ? thetahat_counts : thetahat_real_line;
  if (f.low == 0 && f.high == HUGE_VAL) return thetahat_half_line;
  return f.low == 0 && f.high == 1 ? thetahat_unit_line : thetahat_real_line;
}

int start_of_formula(const thetahat_model* m, const thetahat_pilot* rows, double* theta) {
  double starts[thetahat_max_starts][thetahat_max_params];
  if (starts_of(formula_of(m), *rows, starts) == 0) return 0;
  memcpy(theta, starts[0], m->n_params * sizeof(double));
  return 1;
}

int other_starts_of_formula(const thetahat_model* m, const thetahat_pilot* rows,
                            double (*others)[thetahat_max_params]) {
  double starts[thetahat_max_starts][thetahat_max_params];
  const int n = starts_of(formula_of(m), *rows, starts);
  for (int k = 1; k < n; ++k) memcpy(others[k - 1], starts[k], sizeof starts[k]);
  return n > 0 ? n - 1 : 0;
}

}  // namespace

bool is_formula(const thetahat_model& m) { return m.merge == merge_formula; }

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

const char* const thetahat_formula_operations[thetahat_operations] = {
    "+",          "*",           "min",         "max",        "<",          "<=",          "==",
    "where",      "fill",        "addc",        "mulc",       "maddc",      "madd",        "expc",
    "recip",      "exp",         "log",         "log1p",      "expm1",      "sqrt",        "abs",
    "sign",       "sin",         "cos",         "sinh",       "cosh",       "tanh",        "arctan",
    "lgamma",     "digamma",     "trigamma",    "tetragamma", "erf",        "erfc",        "log_ndtr",
    "hazard",     "softplus",    "expit",       "arcsinh",    "log1p_rest", "log1p_rest1", "log1p_rest2",
    "expm1_rest", "expm1_rest1", "expm1_rest2", "stirling",   "stirling1",  "stirling2",   "sum",
    "dot",        "sumlog",      "sumlog1p",    "out"};

void thetahat_formula_init(thetahat_formula* f) {
  f->function = function_of;
  f->tabulate = tabulate;
  f->normalize = f->kind == thetahat_density ? nullptr : normalize_formula;
  f->model = {f->name,
              f->n_params,
              1 + 2 * f->n_plain + 4 * f->n_logs,
              f->sufficient,
              0,
              f->parameters,
              level->formula,
              merge_formula,
              finite_formula,
              scale_of,
              derivatives_of_formula,
              score_of_formula,
              nullptr,
              nullptr,
              nullptr,
              nullptr,
              nullptr,
              start_of_formula,
              other_starts_of_formula,
              nullptr,
              valid_for_formula,
              nullptr,
              count_outside_formula,
              ascent_on_formula,
              nullptr,
              nullptr,
              lanes_of_formula,
              line_of(*f)};
}

void thetahat_formula_values(const thetahat_formula* f, const double* theta, const double* x, int64_t n,
                             double* out) {
  double u[thetahat_formula_uniforms];
  tabulate(f, theta, u);
  level->formula_outputs(f, thetahat_values_program, u, x, n, out, n);
}

void thetahat_formula_integral(const thetahat_formula* f, const double* theta, double* outputs) {
  double u[thetahat_formula_uniforms];
  tabulate(f, theta, u);
  normalize_formula(f, theta, u, 0, outputs);
}
