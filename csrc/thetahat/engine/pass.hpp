// The passes that families make: over their own sums, and over the products of their rows' scores.
#pragma once
#include "thetahat/engine/count_table.hpp"

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
constexpr bool
    has_step<Family, to_void<decltype(Family::row_step(static_cast<double*>(nullptr), 0.0, 0.0))>> = true;

// Whether it takes rows at several thetas side by side, one in each lane of a register.
template <class Family, class = void>
constexpr bool has_lanes = false;
template <class Family>
constexpr bool has_lanes<Family, to_void<decltype(Family::lane_scores(static_cast<double*>(nullptr), 0.0,
                                                                      static_cast<double*>(nullptr)))>> =
    true;

// Whether its support depends on theta: supports(x) says whether x, inside for some theta, is so at this one.
template <class Family, class = void>
constexpr bool has_support = false;
template <class Family>
constexpr bool has_support<Family, to_void<decltype(&Family::supports)>> = true;

// Whether it takes a block's sums at theta itself, of other terms at some thetas than at others.
template <class Family, class = void>
constexpr bool has_sum = false;
template <class Family>
constexpr bool has_sum<Family, to_void<decltype(&Family::sum)>> = true;

// Whether it takes blocks of floats as they lie.
template <class Family, class = void>
constexpr bool takes_float_blocks = false;
template <class Family>
constexpr bool
    takes_float_blocks<Family, to_void<decltype(Family::sum(*static_cast<const float_block*>(nullptr)))>> =
        true;

// Whether its terms at theta are those of counts.
template <class Family, class = void>
constexpr bool of_counts = false;
template <class Family>
constexpr bool of_counts<Family, to_void<decltype(Family::of_counts)>> = Family::of_counts;

// Adds up a block's terms: of each row, or of counts by a table.
template <class Terms, int K, int L, bool counts>
struct term_adder {
  const Terms at;

  explicit term_adder(const double* theta) : at(theta) {}
  term_sums<K, L> sum(const block& b) const { return sum_terms<K, L>(at, b); }
};

template <class Terms, int K>
struct term_adder<Terms, K, 0, true> {
  const Terms at;
  const count_table<K> table;

  explicit term_adder(const double* theta) : at(theta), table(at) {}
  term_sums<K, 0> sum(const block& b) const { return table.sum(at, b); }
};

// The same of a family's terms; some add them up themselves.
template <class Family, bool own = has_sum<Family>>
struct sums_adder : term_adder<Family, Family::n_terms, Family::n_factors, of_counts<Family>> {
  using term_adder<Family, Family::n_terms, Family::n_factors, of_counts<Family>>::term_adder;
};

template <class Family>
struct sums_adder<Family, true> {
  const Family at;

  explicit sums_adder(const double* theta) : at(theta) {}
  typename Family::sums sum(const block& b) const { return at.sum(b); }
};

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
  using sums = typename Family::sums;

  const sums_adder<Family> rows;

  explicit sums_pass(const double* theta) : rows(theta) {}
  sums block(const block& b) const { return rows.sum(b); }
};

// The products of one row's scores, in units of the family's scale; the lower triangle by rows.
template <class Family>
struct score_products {
  static constexpr int n_params = Family::n_params;
  const Family at;

  explicit score_products(const double* theta) : at(theta) {}
  void terms(vec x, vec* t, vec*) const {
    vec g[n_params];
    at.row_score(x, g);
    multiply(g, t);
  }
  void large_terms(vec x, vec* t) const {
    vec g[n_params];
    at.large_row_score(x, g);
    multiply(g, t);
  }

 private:
  static void multiply(const vec* g, vec* t) {
    for (int i = 0; i < n_params; ++i)
      for (int j = 0; j <= i; ++j) *t++ = g[i] * g[j];
  }
};

// sum_i w_i^2 g_i g_i', g_i the score of row i.
template <class Family>
struct products_pass {
  static constexpr int n_params = Family::n_params, n_products = n_params * (n_params + 1) / 2;
  static constexpr bool takes_floats = false;
  using sums = term_sums<n_products, 0>;

  const term_adder<score_products<Family>, n_products, 0, of_counts<Family>> rows;

  explicit products_pass(const double* theta) : rows(theta) {}
  sums block(const block& b) const {
    if (!b.w) return rows.sum(b);
    double squares[block_rows];
    for (int64_t i = 0; i < b.n; ++i) squares[i] = b.w[i] * b.w[i];
    return rows.sum({b.x, squares, b.n});
  }
};

}  // namespace thetahat::THETAHAT_ISA
