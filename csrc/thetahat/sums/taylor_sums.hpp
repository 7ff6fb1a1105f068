// Sums at one theta that give those at a theta near by: beside the terms of the likelihood and its
// derivatives they hold higher moments of the rows, the coefficients of Taylor series in the change of theta.
#pragma once
#include "thetahat/sums/terms.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int taylor_order = 8;  // of the series of the score's sums

// The terms from `first` to `last` are moments that no derivative at theta needs: where they overflow, or are
// not known since these sums are shifted themselves, the sums are finite all the same.
template <int K, int L, int first, int last>
struct taylor_sums : term_sums<K, L> {
  bool finite() const {
    bool good = this->n - this->n == 0;
    for (int k = 0; k < K; ++k)
      if (k < first || k > last) good &= this->sum[k].hi - this->sum[k].hi == 0;
    return good;
  }
  // From shifted sums no others can be: their series would have to be longer.
  void forget_moments() {
    for (int k = first; k <= last; ++k) this->sum[k] = {NAN, 0.0};
  }
};

template <int K, int L, int first, int last>
inline taylor_sums<K, L, first, last> merge(const taylor_sums<K, L, first, last>& a,
                                            const taylor_sums<K, L, first, last>& b) {
  using terms = term_sums<K, L>;
  return {merge(static_cast<const terms&>(a), static_cast<const terms&>(b))};
}

// Sums of which these are the terms but for the moments: the first ones, and those after the moments.
template <int K, int L, int first, int last, int few, int factors>
inline void fill_in(const term_sums<few, factors>& s, taylor_sums<K, L, first, last>& all) {
  all.n = s.n;
  for (int k = 0; k < K; ++k) all.sum[k] = {};
  for (int k = 0; k < few; ++k) all.sum[k < first ? k : k + last + 1 - first] = s.sum[k];
  for (int l = 0; l < L; ++l) all.product[l] = factors > l ? s.product[l] : log_product{1.0, 0.0, {}};
  all.forget_moments();
}

// The size of the moment after the last one, at most: ratios of moments grow with their order, but slowly
// where the last moments are not those of a few far rows, and are small beside the first all the same.
inline double next_moment(double last, double before) {
  return last != 0 ? 4 * fabs(last) * fabs(last / before) : 0.0;
}

}  // namespace thetahat::THETAHAT_ISA
