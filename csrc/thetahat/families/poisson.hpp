// Poisson(rate r): log f = x log r - r - log x!, x = 0, 1, 2, ... Sufficient: n and the mean m; the
// likelihood takes sum log x! besides, from the gap. Units are those of the rate.
#pragma once
#include "thetahat/sums/count_gap.hpp"
#include "thetahat/families/register.hpp"

namespace thetahat::THETAHAT_ISA {

struct poisson {
  static constexpr int n_params = 1;
  static constexpr thetahat_parameter parameters[] = {positive_parameter(1)};
  static constexpr bool sufficient = true;
  static constexpr unsigned optional = solved;
  static constexpr int line = thetahat_counts;
  using sums = count_gap;

  double r;
  poisson_cost cost;

  explicit poisson(const double* theta) : r(theta[0]), cost(theta[0]) {}
  static double scale_of(const double* theta) { return theta[0]; }
  double scale() const { return r; }

  static bool valid(const double* theta) { return positive(theta[0]); }
  static bool in_support(double x) { return is_count(x); }

  static sums sum(const block& b) { return block_count_gap(b); }

  // r = m; where all rows are 0 the likelihood rises all the way to r = 0.
  static bool maximum(const sums& s, const int*, double* theta) {
    theta[0] = s.mean.hi;
    return s.mean.hi > 0;
  }

  double log_likelihood(const sums& s) const {
    return -(s.gap + s.n * divergence(s.mean.hi, excess(s), r)).hi;
  }
  // In units of r: x - r.
  void score(const sums& s, double* g) const { g[0] = s.n * excess(s); }
  void information(const sums& s, double* J) const { J[0] = s.n * s.mean.hi; }

  template <class V>
  V log_density(V x) const {
    return -cost(x);
  }
  template <class V>
  void row_score(V x, V* g) const {
    g[0] = x - r;
  }

 private:
  double excess(const sums& s) const { return (s.mean + -r).hi; }
};

THETAHAT_FAMILY(poisson)

}  // namespace thetahat::THETAHAT_ISA
