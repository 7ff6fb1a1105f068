// The passes that families make: over their own sums, and over the products of their rows' scores.
#pragma once
#include "thetahat/engine/terms.hpp"

namespace thetahat::THETAHAT_ISA {

// Whether a family inverts its information itself, where elimination would cancel.
template <class...>
using to_void = void;
template <class Family, class = void>
constexpr bool has_covariance = false;
template <class Family>
constexpr bool has_covariance<Family, to_void<decltype(&Family::covariance)>> = true;

// Whether it has parameters in which its likelihood does not peak smoothly.
template <class Family, class = void>
constexpr bool has_peak = false;
template <class Family>
constexpr bool has_peak<Family, to_void<decltype(&Family::peak)>> = true;

constexpr int smooth_in_all[thetahat_max_params] = {};

template <class Family>
constexpr const int* peak_of() {
  if constexpr (has_peak<Family>)
    return Family::peak;
  else
    return smooth_in_all;
}

// Whether it brings steps of its own, shaped for the latency from one to the next.
template <class Family, class = void>
constexpr bool has_step = false;
template <class Family>
constexpr bool has_step<Family, to_void<decltype(&Family::row_step)>> = true;

// Whether it takes blocks of floats as they lie.
template <class Family, class = void>
constexpr bool takes_float_blocks = false;
template <class Family>
constexpr bool
    takes_float_blocks<Family, to_void<decltype(Family::sum(*static_cast<const float_block*>(nullptr)))>> =
        true;

// Sufficient statistics do not depend on theta; other sums are those of the family's terms at theta.
template <class Family, bool sufficient = Family::sufficient>
struct sums_pass {
  static constexpr int n_params = Family::n_params;
  static constexpr bool takes_floats = takes_float_blocks<Family>;
  using sums = typename Family::sums;

  explicit sums_pass(const double*) {}
  template <class Block>
  sums block(const Block& b) const {
    return Family::sum(b);
  }
};

template <class Family>
struct sums_pass<Family, false> {
  static constexpr int n_params = Family::n_params;
  static constexpr bool takes_floats = false;
  using sums = term_sums<Family::n_terms, Family::n_factors>;

  const Family at;

  explicit sums_pass(const double* theta) : at(theta) {}
  sums block(const block& b) const { return sum_terms<Family::n_terms, Family::n_factors>(at, b); }
};

// sum_i w_i^2 g_i g_i', g_i the score of row i in units of the family's scale; the lower triangle by rows.
template <class Family>
struct products_pass {
  static constexpr int n_params = Family::n_params, n_products = n_params * (n_params + 1) / 2;
  static constexpr bool takes_floats = false;
  using sums = term_sums<n_products, 0>;

  const Family at;

  explicit products_pass(const double* theta) : at(theta) {}

  void terms(vec x, vec* t, vec*) const {
    vec g[n_params];
    at.row_score(x, g);
    for (int i = 0; i < n_params; ++i)
      for (int j = 0; j <= i; ++j) *t++ = g[i] * g[j];
  }
  sums block(const block& b) const {
    if (!b.w) return sum_terms<n_products, 0>(*this, b);
    double squares[block_rows];
    for (int64_t i = 0; i < b.n; ++i) squares[i] = b.w[i] * b.w[i];
    return sum_terms<n_products, 0>(*this, {b.x, squares, b.n});
  }
};

}  // namespace thetahat::THETAHAT_ISA
