// Integrals of exp(l), l the log-density of a formula, with its derivatives: by the values program on nodes
// of Gauss and Legendre, on panels that end where the parameters say that the density lies, bisected until
// both halves agree with the whole. Counts are added up.
#pragma once
#include <math.h>
#include <vector>
#include "thetahat/engine/formula_variable.hpp"

namespace thetahat::THETAHAT_ISA {

// Integrals of exp(l), of its product with the scores g, and with the second derivatives H + g g', all times
// exp(-top). squares: of g g. noise: what the rounding of rows makes of the first, and of those with g.
struct formula_moments {
  static constexpr int max_p = thetahat_max_params, max_pairs = max_p * (max_p + 1) / 2;
  double top = -HUGE_VAL, z = 0.0, noise[1 + max_p] = {}, squares[max_p] = {}, first[max_p] = {},
         second[max_pairs] = {};

  void rescale(double to);
  void add(formula_moments other);
};

class formula_integral {
 public:
  enum wanted { value, derivatives };
  formula_integral(const thetahat_formula&, const double* theta, const double* of_theta,
                   wanted = derivatives);

  // Over the support. False where it is not found: the density has no finite integral, or one that nodes do
  // not find.
  bool find();
  // Over rows above a up to b inside the support, either of them infinite; to digits of this integral itself,
  // which may be 0.
  bool find_between(double a, double b);
  formula_moments total;
  double lost =
      0.0;  // share that lies nearer to an end of the support than doubles do: of it, z alone is known

 private:
  struct panel {
    double from, to;
    int level;
    formula_moments of;
  };
  const thetahat_formula& f;
  const double *const theta, *const uniforms;
  const int p;  // parameters by which there are derivatives
  int64_t used = 0;
  double rounding_of_log = 0.0;  // of tails, where logarithms are large
  const formula_places places;
  std::vector<double> out;  // of the program

  bool is_finite() const;
  formula_moments of_rows(const double* x, const double* weight, int n, const double* out, int stride) const;
  void evaluate(const formula_variable&, std::vector<panel>& panels);
  bool agree(const panel& whole, const panel& left, const panel& right, const formula_moments& all) const;
  bool refine(const formula_variable&, std::vector<panel> panels);
  bool add_panels(const formula_variable&, double from, double to);
  double first_step(const formula_variable&, double from, double direction);
  bool extend(const formula_variable&, double from, double step);
  bool add_remainder(const formula_variable&, double u, double inwards);
  bool add_counts(double a, double b);
  double reach(double step) const;
  bool add_from(double first, double step, double last);
};

}  // namespace thetahat::THETAHAT_ISA
