// The terms of a family of counts, for a pass: those of small counts are looked up, the others are taken a
// register at a time. The table is filled once for each theta that a pass is made at.
#pragma once
#include "thetahat/engine/counts.hpp"

namespace thetahat::THETAHAT_ISA {

template <class Family>
struct count_table {
  static constexpr int n_terms = Family::n_terms, size = 256;

  Family at;
  double of[n_terms][size];

  explicit count_table(const double* theta) : at(theta) {
    double t[n_terms];
    for (int x = 0; x < size; ++x) {
      at.terms(double(x), t);
      for (int k = 0; k < n_terms; ++k) of[k][x] = t[k];
    }
  }

  // NaN where x is no count.
  void terms(vec x, vec* t, vec*) const {
    const auto large = x >= double(size);
    if (any(large)) at.large_terms(select(large, x, splat<vec>(size)), t);
    look_up(x, t);
    t[0] = select((x >= 0.0) & (from_integer(x) == 0.0), t[0], splat<vec>(NAN));
  }
  void row_score(vec x, vec* g) const {
    vec t[n_terms];
    terms(x, t, nullptr);
    at.score_of(t, g);
  }

 private:
#if THETAHAT_WIDTH > 1
  void look_up(vec x, vec* t) const {
    for (int i = 0; i < width; ++i)
      if (x[i] >= 0 && x[i] < size)
        for (int k = 0; k < n_terms; ++k) t[k][i] = of[k][int(x[i])];
  }
#else
  void look_up(double x, double* t) const {
    if (x >= 0 && x < size)
      for (int k = 0; k < n_terms; ++k) t[k] = of[k][int(x)];
  }
#endif
};

}  // namespace thetahat::THETAHAT_ISA
