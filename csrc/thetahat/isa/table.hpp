// The engine x the families as C functions, for the instruction set of the file that includes this.
#pragma once
#include <utility>  // index_sequence: types alone, no code
#include "thetahat/api.h"
#include "thetahat/engine/ascent.hpp"
#include "thetahat/engine/chains.hpp"
#include "thetahat/engine/newton.hpp"
#include "thetahat/engine/split.hpp"
#include "thetahat/families.def"
#include "thetahat/isa/functions.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int n_families = __COUNTER__ - first_place;

static_assert(thetahat_span_rows == span_rows);

// A pass as C functions.
template <class Pass>
struct pass_functions {
  using trees = tree<Pass>;
  using sums = typename trees::sums;
  static_assert(sizeof(sums) <= thetahat_max_sums * sizeof(double));

  static void clear(void* t, const double* theta) { static_cast<trees*>(t)->clear(theta); }
  static void add(void* t, const thetahat_rows* rows, int64_t first, int64_t n, int threads) {
    static_cast<trees*>(t)->add(*rows, first, n, threads);
  }
  static void total(const void* t, void* s) {
    *static_cast<sums*>(s) = static_cast<const trees*>(t)->total();
  }
  static int finite(const void* s) { return static_cast<const sums*>(s)->finite(); }

  static constexpr thetahat_pass table = {sizeof(trees), clear, add, total, finite};
};

template <class Family>
struct functions {
  using pass = sums_pass<Family>;
  using products = products_pass<Family>;
  using sums = counted_sums<typename pass::sums>;
  static_assert(Family::n_params <= thetahat_max_params);

  static const sums& in(const void* s) { return *static_cast<const sums*>(s); }

  static void merge_sums(void* left, const void* right) {
    *static_cast<sums*>(left) = merge(in(left), in(right));
  }
  static double n(const void* s) { return in(s).sums.n; }
  static double rows(const void* s) { return in(s).rows; }
  static void climb_on(const void* s, thetahat_climb* c) { climb<Family>(in(s).sums, c); }
  static void evaluate_at(const void* s, const void* p, const double* theta, const int* held,
                          thetahat_values* values) {
    auto meat = static_cast<const counted_sums<typename products::sums>*>(p);
    evaluate<Family>(in(s).sums, meat ? &meat->sums : nullptr, theta, held, values);
  }
  static void log_density(const double* theta, const double* x, double* out, int64_t rows) {
    const Family family(theta);
    int64_t i = 0;
    for (; i + width <= rows; i += width) store(out + i, family.log_density(load(x + i)));
    for (; i < rows; ++i) out[i] = family.log_density(x[i]);
    for (i = 0; i < rows; ++i)
      if (outside(&family, x[i])) out[i] = x[i] == x[i] ? -HUGE_VAL : x[i];
  }
  // The support at one theta, or without a family that of all together.
  static bool outside(const Family* family, double x) {
    if (x - x != 0 || !Family::inside(x)) return true;
    if constexpr (has_support<Family>) return family && !family->supports(x);
    return false;
  }
  static int64_t count_outside(const double* theta, const thetahat_rows* r, int64_t first, int64_t rows,
                               int64_t* at) {
    if (!theta) return count_bad(*r, first, rows, at, [](double x) { return outside(nullptr, x); });
    const Family family(theta);
    return count_bad(*r, first, rows, at, [&](double x) { return outside(&family, x); });
  }
  static int64_t gradient(const void* s, double rate, int64_t epochs, const int* held, double* theta,
                          double* trace) {
    return gradient_ascent<Family>(in(s).sums, rate, epochs, held, theta, trace);
  }

  // The closed form, or what solves an equation of the sums; families without one have none to give.
  template <class F, class = decltype(&F::maximum)>
  static int maximum_of(const void* s, [[maybe_unused]] const int* held, double* theta) {
    if constexpr (has_peak<F>)
      return F::maximum(in(s).sums, held, theta);
    else
      return F::maximum(in(s).sums, theta);
  }
  template <class F>
  static constexpr auto maximum(int) -> decltype(&maximum_of<F>) {
    return maximum_of<F>;
  }
  template <class F>
  static constexpr int (*maximum(...))(const void*, const int*, double*) {
    return nullptr;
  }

  static constexpr thetahat_family table(const char* name) {
    return {name,
            Family::n_params,
            Family::sufficient,
            Family::domain,
            Family::dimension,
            peak_of<Family>(),
            pass_functions<pass>::table,
            pass_functions<products>::table,
            merge_sums,
            n,
            rows,
            maximum<Family>(0),
            climb_on,
            evaluate_at,
            is_valid<Family>,
            log_density,
            count_outside,
            gradient,
            set_out<Family>,
            steps<Family>,
            take_stock<Family>,
            walked<Family>,
            begin_chains<Family>,
            chain_rows<Family>,
            join<Family>};
  }
};

template <class places>
struct tables;

template <int... place>
struct tables<std::integer_sequence<int, place...>> {
  static constexpr thetahat_family families[] = {
      functions<typename family_at<place>::type>::table(family_at<place>::name)...};
  static constexpr thetahat_table all = {
      THETAHAT_ISA_NAME, n_families,   families, count_not_finite, count_inexact,     count_no_weight,
      copy_counted,      split,        feed,     start_epoch,      stochastic_ascent, report,
      n_functions,       function_list};
};

extern const thetahat_table table;
const thetahat_table table = tables<std::make_integer_sequence<int, n_families>>::all;

}  // namespace thetahat::THETAHAT_ISA
