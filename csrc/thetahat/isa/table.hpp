// The engine x the families as C functions, for the instruction set of the file that includes this.
#pragma once
#include <utility>  // index_sequence: types alone, no code
#include "thetahat/api.h"
#include "thetahat/engine/ascent.hpp"
#include "thetahat/engine/finish.hpp"
#include "thetahat/engine/tree.hpp"
#include "thetahat/families.def"

namespace thetahat::THETAHAT_ISA {

constexpr int n_families = __COUNTER__ - first_place;

static_assert(thetahat_span_rows == span_rows);

template <class Family>
struct functions {
  using sums = typename Family::sums;
  using trees = tree<Family>;
  static_assert(Family::n_params <= thetahat_max_params);
  static_assert(sizeof(sums) <= thetahat_max_sums * sizeof(double));

  static const sums& in(const void* s) { return *static_cast<const sums*>(s); }

  static void tree_clear(void* t) { static_cast<trees*>(t)->clear(); }
  static void tree_add(void* t, const thetahat_rows* rows, int64_t first, int64_t n, int threads) {
    static_cast<trees*>(t)->add(*rows, first, n, threads);
  }
  static void tree_total(const void* t, void* s) {
    *static_cast<sums*>(s) = static_cast<const trees*>(t)->total();
  }
  static void merge_sums(void* left, const void* right) {
    *static_cast<sums*>(left) = merge(in(left), in(right));
  }
  static double rows(const void* s) { return in(s).n; }
  static int finite(const void* s) { return in(s).finite(); }
  static int maximum_of(const void* s, double* theta) { return Family::maximum(in(s), theta); }
  static void evaluate_at(const void* s, const double* theta, thetahat_values* values) {
    evaluate<Family>(in(s), theta, values);
  }
  static int valid(const double* theta) { return Family::valid(theta); }
  static void log_density(const double* theta, const double* x, double* out, int64_t n) {
    const Family family(theta);
    int64_t i = 0;
    for (; i + width <= n; i += width) store(out + i, family.log_density(load(x + i)));
    for (; i < n; ++i) out[i] = family.log_density(x[i]);
  }
  static int64_t gradient(const void* s, double rate, int64_t epochs, double* theta, double* trace) {
    return gradient_ascent<Family>(in(s), rate, epochs, theta, trace);
  }
  static int stochastic(thetahat_ascent* a, int64_t rows) { return stochastic_ascent<Family>(a, rows); }

  static constexpr thetahat_family table(const char* name) {
    return {name,   Family::n_params, sizeof(trees), tree_clear, tree_add,    tree_total, merge_sums, rows,
            finite, maximum_of,       evaluate_at,   valid,      log_density, gradient,   stochastic};
  }
};

template <class places>
struct tables;

template <int... place>
struct tables<std::integer_sequence<int, place...>> {
  static constexpr thetahat_family families[] = {
      functions<typename family_at<place>::type>::table(family_at<place>::name)...};
  static constexpr thetahat_table all = {THETAHAT_ISA_NAME, n_families,    families,
                                         count_not_finite,  count_inexact, copy_counted,
                                         shuffle,           log,           exp};
};

extern const thetahat_table table;
const thetahat_table table = tables<std::make_integer_sequence<int, n_families>>::all;

}  // namespace thetahat::THETAHAT_ISA
