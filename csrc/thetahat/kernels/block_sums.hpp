// A family's sums of one block: sufficient statistics, or its terms at one theta.
#pragma once
#include "thetahat/families/concept.hpp"
#include "thetahat/sums/count_table.hpp"

namespace thetahat::THETAHAT_ISA {

// What a kernel prepares at theta, and how a block is summed then. Sufficient statistics do not depend on
// theta.
template <class Family, bool sufficient = Family::sufficient, bool own = brings<Family>(own_sum),
          bool tallied = brings<Family>(count_terms)>
struct sums_at {
  explicit sums_at(const double*) {}
  template <class Block>
  typename Family::sums sum(const Block& b) const {
    return Family::sum(b);
  }
};

// Terms of each row.
template <class Family>
struct sums_at<Family, false, false, false> {
  const Family at;

  explicit sums_at(const double* theta) : at(theta) {}
  typename Family::sums sum(const block& b) const {
    return {sum_terms<Family::n_terms, Family::n_factors>(at, b)};
  }
};

// Terms of counts, by a table of those of small ones.
template <class Family>
struct sums_at<Family, false, false, true> {
  const Family at;
  const count_table<Family::n_terms> table;

  explicit sums_at(const double* theta) : at(theta), table(at) {}
  typename Family::sums sum(const block& b) const { return table.sum(at, b); }
};

// A family that sums its terms itself: others at some thetas than at others, or of rows that it transforms
// first.
template <class Family, bool apart = brings<Family>(sums_apart)>
struct summing {
  using type = Family;
};
template <class Family>
struct summing<Family, true> {
  using type = typename Family::of_rows;
};
template <class Family>
struct sums_at<Family, false, true, false> {
  const typename summing<Family>::type at;

  explicit sums_at(const double* theta) : at(theta) {}
  typename Family::sums sum(const block& b) const { return at.sum(b); }
};

}  // namespace thetahat::THETAHAT_ISA
