// The kernel of all formulas: a machine whose instructions are loops over the rows that a register holds.
// Rows beyond the last whole step of lanes are copies of the block's first row, of weight 0.
#pragma once
#include <float.h>
#include "thetahat/formula_api.h"
#include "thetahat/kernels/formula_functions.hpp"
#include "thetahat/kernels/row_scores.hpp"
#include "thetahat/math/rests.hpp"
#include "thetahat/math/small_matrix.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int formula_rows = thetahat_formula_rows;

// What a program reads of some rows, and where it leaves what it finds.
struct formula_rows_in {
  const double *x, *w; /* w: NULL where each counts once */
  int64_t n;           /* rows, and copies of the first up to a whole step of lanes */
};
struct formula_results {
  double_double* sums;
  log_product* logs;
  double* out; /* output k of row i at out[k * stride + i], */
  int64_t stride, rows;
};

template <class F>
THETAHAT_INLINE void map_rows(double* d, const double* a, int64_t n, F f) {
  for (int64_t i = 0; i < n; i += 2 * width) {
    const vec u = f(load(a + i)), v = f(load(a + i + width));
    store(d + i, u), store(d + i + width, v);
  }
}
template <class F>
THETAHAT_INLINE void map_rows(double* d, const double* a, const double* b, int64_t n, F f) {
  for (int64_t i = 0; i < n; i += 2 * width) {
    const vec u = f(load(a + i), load(b + i)), v = f(load(a + i + width), load(b + i + width));
    store(d + i, u), store(d + i + width, v);
  }
}

// The sum of f over rows, 16 lanes whatever the width is.
template <class F>
THETAHAT_INLINE double fold_rows(const formula_rows_in& r, F f) {
  vec sum[registers] = {};
  for (int64_t i = 0; i < r.n; i += lanes)
    for (int k = 0; k < registers; ++k) {
      const int64_t at = i + k * width;
      if (r.w) {
        const vec w = load(r.w + at);
        sum[k] += select(w > 0.0, w * f(at), vec{});
      } else {
        sum[k] += f(at);
      }
    }
  return sum_registers(sum);
}

template <class F>
THETAHAT_INLINE void map_one_by_one(double* d, const double* a, int64_t n, F f) {
  for (int64_t i = 0; i < n; i += width) store(d + i, f(load(a + i)));
}

// Functions that are slow, or seldom, are the model's, of one number each.
inline void map_function(const thetahat_formula& f, int op, double* d, const double* a, int64_t n) {
  switch (op) {
    case thetahat_op_recip:
      return map_rows(d, a, n, [=](vec x) THETAHAT_INLINED { return 1.0 / x; });
    case thetahat_op_exp:
      return map_rows(d, a, n, [=](vec x) THETAHAT_INLINED { return exp_to_zero(x); });
    case thetahat_op_log:
      return map_rows(d, a, n, [=](vec x) THETAHAT_INLINED { return log_of_rows(x); });
    case thetahat_op_log1p:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return log1p(x); });
    case thetahat_op_expm1:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return expm1(x); });
    case thetahat_op_abs:
      return map_rows(d, a, n, [=](vec x) THETAHAT_INLINED { return abs(x); });
    case thetahat_op_tanh:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return tanh_of(x); });
    case thetahat_op_log_ndtr:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return log_ndtr(x); });
    case thetahat_op_hazard:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return normal_hazard(x); });
    case thetahat_op_sqrt:
      return map_rows(d, a, n, [=](vec x) THETAHAT_INLINED { return root(x); });
    case thetahat_op_arcsinh:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return arcsinh_of(x); });
    case thetahat_op_log1p_rest:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return log1p_rest<vec>(x).f; });
    case thetahat_op_log1p_rest1:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return log1p_rest<vec>(x).f1; });
    case thetahat_op_log1p_rest2:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return log1p_rest<vec>(x).f2; });
    case thetahat_op_expm1_rest:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return expm1_rest<vec>(x).f; });
    case thetahat_op_expm1_rest1:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return expm1_rest<vec>(x).f1; });
    case thetahat_op_expm1_rest2:
      return map_one_by_one(d, a, n, [=](vec x) THETAHAT_INLINED { return expm1_rest<vec>(x).f2; });
    default:
      for (int64_t i = 0; i < n; ++i) d[i] = f.function(op, a[i]);
  }
}

inline vec normal_factor(vec u, vec_bits& others) {
  others |= from_mask(!((u >= 0x1p-1022) & (u < HUGE_VAL)));
  return u;
}

// Adds the logarithm of a product of a + one; of the rows' logarithms where a factor is no normal number, or
// rows have weights, or a is so small that 1 + a would lose it.
THETAHAT_NOINLINE inline void add_logs(const formula_rows_in& r, const double* a, bool one,
                                       log_product& into) {
  const auto plain = [&] {
    return fold_rows(r,
                     [&](int64_t i) THETAHAT_INLINED { return one ? log1p(load(a + i)) : log(load(a + i)); });
  };
  if (r.w) {
    into.rest = into.rest + plain();
    return;
  }
  running_product product[registers];
  for (running_product& p : product) p.clear();
  vec_bits others = {};
  const double offset = one ? 1.0 : 0.0;
  for (int64_t i = 0; i < r.n; i += lanes)
    for (int k = 0; k < registers; ++k) {
      const vec u = load(a + i + k * width);
      product[k].take(normal_factor(offset + u, others));
    }
  const auto sizes = [&](int64_t i) THETAHAT_INLINED { return abs(load(a + i)); };
  if (sign_of_any(others) || (one && !(fold_rows(r, sizes) > 0x1p-10 * double(r.n))))
    into.rest = into.rest + plain();
  else
    into = merge(into, total_of(product, r.n));
}

class formula_machine {
 public:
  formula_machine(const thetahat_formula& of, int which, const double* of_theta)
      : f(of), program(of.programs[which]), uniforms(of_theta) {}

  // noinline: the registers take up the stack for as long as this runs.
  THETAHAT_NOINLINE void run(const formula_rows_in& r, const formula_results& to) const {
    alignas(64) double room[thetahat_formula_registers][formula_rows];
    const auto at = [&](int register_) { return register_ < 0 ? r.x : room[register_]; };
    for (const thetahat_instruction* i = program.code; i < program.code + program.n; ++i) {
      if (i->op >= thetahat_op_sum)
        end(*i, r, at(i->a), at(i->b), to);
      else if (i->op == thetahat_op_where)
        choose(room[i->out], at(i->a), at(i->b), at(i->c), r.n);
      else if (i->op < thetahat_op_recip)
        combine(*i, room[i->out], at(i->a), at(i->b), r.n);
      else
        map_function(f, i->op, room[i->out], at(i->a), r.n);
    }
  }

 private:
  const thetahat_formula& f;
  const thetahat_program program;
  const double* const uniforms;

  static void choose(double* d, const double* m, const double* a, const double* b, int64_t n) {
    for (int64_t i = 0; i < n; i += width) store(d + i, select(load(m + i) != 0.0, load(a + i), load(b + i)));
  }
  static vec mark(decltype(vec{} > vec{}) m) { return select(m, broadcast(1.0), vec{}); }

  void combine(const thetahat_instruction& i, double* d, const double* a, const double* b, int64_t n) const {
    const double k = uniforms[i.k], l = uniforms[i.l];
    switch (i.op) {
      case thetahat_op_add:
        return map_rows(d, a, b, n, [=](vec u, vec v) THETAHAT_INLINED { return u + v; });
      case thetahat_op_multiply:
        return map_rows(d, a, b, n, [=](vec u, vec v) THETAHAT_INLINED { return u * v; });
      case thetahat_op_min:
        return map_rows(d, a, b, n, [=](vec u, vec v) THETAHAT_INLINED { return select(u <= v, u, v); });
      case thetahat_op_max:
        return map_rows(d, a, b, n, [=](vec u, vec v) THETAHAT_INLINED { return select(v <= u, u, v); });
      case thetahat_op_less:
        return map_rows(d, a, b, n, [=](vec u, vec v) THETAHAT_INLINED { return mark(u < v); });
      case thetahat_op_at_most:
        return map_rows(d, a, b, n, [=](vec u, vec v) THETAHAT_INLINED { return mark(u <= v); });
      case thetahat_op_equal:
        return map_rows(d, a, b, n, [=](vec u, vec v) THETAHAT_INLINED { return mark(u == v); });
      case thetahat_op_fill:
        for (int64_t at = 0; at < n; ++at) d[at] = k;
        return;
      case thetahat_op_addc:
        return map_rows(d, a, n, [=](vec u) THETAHAT_INLINED { return u + k; });
      case thetahat_op_mulc:
        return map_rows(d, a, n, [=](vec u) THETAHAT_INLINED { return u * k; });
      case thetahat_op_maddc:
        return map_rows(d, a, n, [=](vec u) THETAHAT_INLINED { return u * k + l; });
      case thetahat_op_madd:
        return map_rows(d, a, b, n, [=](vec u, vec v) THETAHAT_INLINED { return u + k * v; });
      default:  // expc
        return map_rows(d, a, n, [=](vec u) THETAHAT_INLINED { return exp_to_zero(u * k); });
    }
  }
  static void end(const thetahat_instruction& i, const formula_rows_in& r, const double* a, const double* b,
                  const formula_results& to) {
    if (i.op == thetahat_op_sum)
      to.sums[i.out] = to.sums[i.out] + fold_rows(r, [=](int64_t k) THETAHAT_INLINED { return load(a + k); });
    else if (i.op == thetahat_op_dot)
      to.sums[i.out] = to.sums[i.out] +
                       fold_rows(r, [=](int64_t k) THETAHAT_INLINED { return load(a + k) * load(b + k); });
    else if (i.op == thetahat_op_out)
      memcpy(to.out + i.out * to.stride, a, to.rows * sizeof(double));
    else
      add_logs(r, a, i.op == thetahat_op_sumlog1p, to.logs[i.out]);
  }
};

// Calls visit(rows, first, how many) for as many rows at once as a register holds: in place where they fill
// it, else copied, with weights 1 and 0 where they have none.
template <class Visit>
THETAHAT_INLINE void each_formula_rows(const block& b, Visit visit) {
  for (int64_t first = 0; first < b.n; first += formula_rows) {
    const int64_t n = b.n - first < formula_rows ? b.n - first : formula_rows;
    const double *x = b.x + first, *w = b.w ? b.w + first : nullptr;
    if (n == formula_rows) {
      visit(formula_rows_in{x, w, n}, first, n);
      continue;
    }
    alignas(64) double rows[formula_rows], weights[formula_rows];
    const int64_t whole = (n + lanes - 1) / lanes * lanes;
    for (int64_t i = 0; i < whole; ++i) {
      rows[i] = i < n ? x[i] : b.x[0];
      weights[i] = i < n ? (w ? w[i] : 1.0) : 0.0;
    }
    visit(formula_rows_in{rows, weights, whole}, first, n);
  }
}

inline void prepare_formula(const thetahat_model* m, const double* theta, void* at) {
  const thetahat_formula& f = formula_of(m);
  f.tabulate(&f, theta, static_cast<double*>(at));
}

// Whether all rows are in the support. (Rows outside may have a finite log-density by the formula.)
inline bool all_inside(const thetahat_formula& f, const block& b) {
  const double low = f.low == -HUGE_VAL ? -DBL_MAX : f.open_low ? nextafter(f.low, HUGE_VAL) : f.low;
  const double high = f.high == HUGE_VAL ? DBL_MAX : f.open_high ? nextafter(f.high, -HUGE_VAL) : f.high;
  const bool counts = f.counts != 0;
  return !any_sign(b.x, b.n, [=](auto bits) {
    const vec x = from_bits(bits);
    const vec_bits outside = from_mask(!((x >= low) & (x <= high)));
    return counts ? outside | from_mask(!(from_integer(x) == 0.0)) : outside;
  });
}

// Small counts of a block, each with how often it occurs, or its weight.
struct counted_rows {
  double x[small_counts], w[small_counts];
  int64_t n = 0;

  explicit counted_rows(const sorted_counts& rows) {
    double times[small_counts];
    rows.total(times);
    for (int c = 0; c < small_counts; ++c) {
      x[n] = c, w[n] = times[c];
      n += times[c] > 0;
    }
  }
};

// The programs of counts take long: up to here, rows are not counted first.
constexpr int64_t few_counts = 32;

inline void sum_formula(const thetahat_model* m, const void* at, const thetahat_block* b, double* sums) {
  const thetahat_formula& f = formula_of(m);
  double_double* const plain = reinterpret_cast<double_double*>(sums + 1);
  log_product* const logs = reinterpret_cast<log_product*>(plain + f.n_plain);
  for (int k = 0; k < f.n_plain; ++k) plain[k] = {0.0, 0.0};
  for (int k = 0; k < f.n_logs; ++k) logs[k] = {1.0, 0.0, {0.0, 0.0}};
  sums[0] = all_inside(f, *b) ? weight_of(*b) : NAN;
  if (sums[0] != sums[0]) return;
  const formula_machine machine(f, thetahat_sums_program, static_cast<const double*>(at));
  const auto add = [&](const block& rows) {
    each_formula_rows(rows, [&](const formula_rows_in& r, int64_t, int64_t) {
      machine.run(r, {plain, logs, nullptr, 0, 0});
    });
  };
  if (!f.counts || f.low < 0 || b->n <= few_counts) return add(*b);
  sorted_counts rows;
  b->w ? rows.take<true>(*b) : rows.take<false>(*b);
  const counted_rows small(rows);
  add({small.x, small.w, small.n});
  add({rows.x, b->w ? rows.w : nullptr, rows.n_large});
}

// Of a program whose outputs are those of rows: out[k * stride + i].
inline void formula_outputs(const thetahat_formula* f, int program, const double* uniforms, const double* x,
                            int64_t n, double* out, int64_t stride) {
  const formula_machine machine(*f, program, uniforms);
  each_formula_rows({x, nullptr, n}, [&](const formula_rows_in& r, int64_t first, int64_t rows) {
    machine.run(r, {nullptr, nullptr, out + first, stride, rows});
  });
}

inline void formula_scores(const thetahat_model* m, const double* theta, const double* x, int64_t n,
                           double* out) {
  const thetahat_formula& f = formula_of(m);
  double uniforms[thetahat_formula_uniforms], of_row[thetahat_formula_outputs] = {};
  f.tabulate(&f, theta, uniforms);
  formula_outputs(&f, thetahat_scores_program, uniforms, x, n, out, block_rows);
  if (f.normalize) f.normalize(&f, theta, uniforms, 0, of_row);
  const double scale = m->scale(m, theta);
  for (int j = 0; j < m->n_params; ++j) {
    const double unit = times_power(1.0, scale, m->parameters[j].scale_power);
    for (int64_t i = 0; i < n; ++i)
      out[j * block_rows + i] = (out[j * block_rows + i] + of_row[1 + j]) * unit;
  }
}

inline void formula_log_density(const thetahat_model* m, const double* theta, const double* x, double* out,
                                int64_t n) {
  const thetahat_formula& f = formula_of(m);
  double uniforms[thetahat_formula_uniforms], of_row[thetahat_formula_outputs] = {};
  f.tabulate(&f, theta, uniforms);
  formula_outputs(&f, thetahat_density_program, uniforms, x, n, out, n);
  if (f.normalize) f.normalize(&f, theta, uniforms, 0, of_row);
  for (int64_t i = 0; i < n; ++i) {
    if (x[i] != x[i])
      out[i] = x[i];
    else
      out[i] = outside_support(f, x[i]) ? -HUGE_VAL : out[i] + of_row[0];
  }
}

constexpr thetahat_kernel formula_kernel = {
    thetahat_formula_uniforms * sizeof(double),
    prepare_formula,
    sum_formula,
    sum_formula,
    nullptr,
    formula_scores,
    formula_log_density,
    nullptr,
};
static_assert(thetahat_formula_uniforms * sizeof(double) <= thetahat_max_at);

}  // namespace thetahat::THETAHAT_ISA
