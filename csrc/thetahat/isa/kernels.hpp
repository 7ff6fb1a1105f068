// What is compiled for one instruction set: the kernel of each family, and the conversions of rows. The file
// that includes this names the set.
#pragma once
#include <utility>  // index_sequence: types alone, no code
#include "thetahat/data/convert.hpp"
#include "thetahat/data/partition.hpp"
#include "thetahat/families.def"
#include "thetahat/isa/functions.hpp"
#include "thetahat/kernels/block_sums.hpp"
#include "thetahat/kernels/formula.hpp"
#include "thetahat/kernels/lanes.hpp"
#include "thetahat/kernels/row_scores.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int n_families = __COUNTER__ - first_place;

struct placed {};
}  // namespace thetahat::THETAHAT_ISA

// Constructs in memory that the caller owns; <new> would include the C++ library.
inline void* operator new(size_t, thetahat::THETAHAT_ISA::placed, void* at) noexcept { return at; }
inline void operator delete(void*, thetahat::THETAHAT_ISA::placed, void*) noexcept {}

namespace thetahat::THETAHAT_ISA {

template <class Family>
struct kernel_of {
  using sums_type = typename Family::sums;
  using at_theta = sums_at<Family>;
  static_assert(sizeof(at_theta) <= thetahat_max_at, "what is prepared at theta is too large");

  static void prepare(const thetahat_model*, const double* theta, void* at) {
    new (placed{}, at) at_theta(theta);
  }
  static void sums(const thetahat_model*, const void* at, const thetahat_block* b, double* out) {
    *reinterpret_cast<sums_type*>(out) = static_cast<const at_theta*>(at)->sum(*b);
  }
  static void few_sums(const thetahat_model*, const void* at, const thetahat_block* b, double* out) {
    if constexpr (brings<Family>(shifts))
      *reinterpret_cast<sums_type*>(out) = static_cast<const at_theta*>(at)->at.sum_without_moments(*b);
  }
  static void sums_of_floats(const thetahat_model*, const void*, const float* x, double* out) {
    if constexpr (brings<Family>(float_sums))
      *reinterpret_cast<sums_type*>(out) = Family::sum(float_block{x});
  }
  static void row_scores(const thetahat_model*, const double* theta, const double* x, int64_t n,
                         double* out) {
    constexpr int p = Family::n_params;
    const Family at(theta);
    int64_t i = 0;
    for (; i + width <= n; i += width) {
      vec g[p];
      prefetch_ahead<1>(x + i);
      at.row_score(load(x + i), g);
      for (int j = 0; j < p; ++j) store(out + j * block_rows + i, g[j]);
    }
    for (; i < n; ++i) {
      double g[p];
      at.row_score(x[i], g);
      for (int j = 0; j < p; ++j) out[j * block_rows + i] = g[j];
    }
  }
  // The support at theta decides where the density is 0.
  static bool outside(const Family& at, double x) {
    if (x - x != 0 || !Family::in_support(x)) return true;
    if constexpr (brings<Family>(bounded_at)) return !at.in_support_at(x);
    return false;
  }
  static void log_density(const thetahat_model*, const double* theta, const double* x, double* out,
                          int64_t n) {
    const Family at(theta);
    int64_t i = 0;
    for (; i + width <= n; i += width) store(out + i, at.log_density(load(x + i)));
    for (; i < n; ++i) out[i] = at.log_density(x[i]);
    for (i = 0; i < n; ++i)
      if (outside(at, x[i])) out[i] = x[i] == x[i] ? -HUGE_VAL : x[i];
  }
  template <class F>
  static constexpr auto lanes_of() -> decltype(thetahat_kernel::lanes) {
    if constexpr (brings<F>(own_steps) || brings<F>(lane_scores))
      return lane_rows<F>;
    else
      return nullptr;
  }
  static constexpr thetahat_kernel table() {
    return {sizeof(at_theta),
            prepare,
            sums,
            brings<Family>(shifts) ? few_sums : sums,
            brings<Family>(float_sums) ? sums_of_floats : nullptr,
            row_scores,
            log_density,
            lanes_of<Family>()};
  }
};

template <class places>
struct kernels;

template <int... place>
struct kernels<std::integer_sequence<int, place...>> {
  static constexpr thetahat_kernel all[] = {kernel_of<typename family_at<place>::type>::table()...};
};

extern const thetahat_level level_of_isa;
const thetahat_level level_of_isa = {THETAHAT_ISA_NAME,
                                     kernels<std::make_integer_sequence<int, n_families>>::all,
                                     convert_rows,
                                     mark_counted,
                                     pack,
                                     partition,
                                     sum_scores,
                                     prepare_products,
                                     sum_products,
                                     &formula_kernel,
                                     formula_outputs,
                                     n_functions,
                                     function_list};

}  // namespace thetahat::THETAHAT_ISA
