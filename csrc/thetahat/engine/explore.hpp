// Newton's method where sums cost next to nothing: on the rows of a pilot, or on sufficient sums.
#pragma once
#include "thetahat/engine/newton.hpp"

namespace thetahat::THETAHAT_ISA {

class landscape {
 public:
  landscape(const thetahat_model& model, const int* fixed, const thetahat_pilot& rows)
      : m(model), fixed(fixed), rows(&rows) {}
  landscape(const thetahat_model& model, const int* fixed, const double* sufficient_sums)
      : m(model), fixed(fixed), sufficient(sufficient_sums) {}

  // From the best of some starts, as it ends, to the maximum by Newton's method; where some parameters are
  // fixed, by a search as well if that ends elsewhere. Returns how many evaluations led to the maximum, 0 if
  // none was found: theta stays as it is then.
  int maximize(int n_starts, const double (*starts)[max_p], double* theta) const;

 private:
  const thetahat_model& m;
  const int* const fixed;
  const thetahat_pilot* const rows = nullptr;
  const double* const sufficient = nullptr;

  const double* sums_at(const double* theta, double* node) const;
  double height(const double* theta) const;
  // How Newton's method ends: also as soon as it leads to a maximum, of this log-likelihood, that is known.
  enum end { elsewhere, at_maximum, at_known };
  end newton(thetahat_newton& c, const double* known, double top) const;
  bool is_near(const thetahat_newton& c, const double* known, double top) const;
  void search(double* theta) const;
  bool search_along(int j, double* theta, double* best) const;
};

}  // namespace thetahat::THETAHAT_ISA
