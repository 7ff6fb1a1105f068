// Integrals of exp(l), l the log-density of a formula, with its derivatives: by the values program on nodes of
// Gauss and Legendre, on panels that end where the parameters say that the density lies, bisected until both
// halves agree with the whole. Counts are added up.
#pragma once
#include <math.h>
#include <vector>
#include "thetahat/formula_api.h"
#include "thetahat/math/simd.hpp"

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

// What a variable u makes of rows: x itself, or such that the tails and singular ends of densities are far
// out.
class formula_variable {
 public:
  enum kind { plain, line, upwards, downwards, logit };

  // Of the rows of a formula.
  formula_variable(const thetahat_formula&, double centre, double width);
  // Rows themselves, between two of them that lie close together.
  formula_variable(double low, double high);

  kind is;
  int parts;         // panels between the usual values
  double low, high;  // the ends of rows
  double row_of(double u) const;
  double slope_of(double u) const;
  double of_row(double x) const;
  // Between which values most of a density lies.
  double usual_low() const { return is == plain ? low : is == logit ? -6.0 : -4.0; }
  double usual_high() const { return is == plain ? high : -usual_low(); }

 private:
  double centre, width;
};

class formula_integral {
 public:
  formula_integral(const thetahat_formula&, const double* theta, const double* of_theta);

  // Over the support. False where it is not found: the density has no finite integral, or one that nodes do
  // not find.
  bool find();
  // Over rows above a up to b inside the support, either of them infinite; to digits of this integral itself.
  bool find_between(double a, double b);
  formula_moments total;

 private:
  struct panel {
    double from, to;
    int level;
    formula_moments of;
  };
  const thetahat_formula& f;
  const double *const theta, *const uniforms;
  const int p;
  int64_t used = 0;
  std::vector<double> places, widths;
  double centre = 0.0, width = 1.0;
  std::vector<double> out;  // of the program

  void place();
  bool is_finite() const;
  formula_moments of_rows(const double* x, const double* weight, int n, const double* out, int stride) const;
  void evaluate(const formula_variable&, std::vector<panel>& panels);
  bool agree(const panel& whole, const panel& left, const panel& right, const formula_moments& all) const;
  bool refine(const formula_variable&, std::vector<panel> panels);
  std::vector<double> usual_ends(const formula_variable&) const;
  bool add_panels(const formula_variable&, double from, double to);
  double first_step(const formula_variable&, double from, double direction);
  bool extend(const formula_variable&, double from, double step);
  bool add_counts(double a, double b);
  double reach(double step) const;
  bool add_from(double first, double step, double last);
};

}  // namespace thetahat::THETAHAT_ISA
