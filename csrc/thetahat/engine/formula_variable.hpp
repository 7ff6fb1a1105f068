// The variables in which the densities of formulas are integrated, and the nodes of Gauss and Legendre there.
#pragma once
#include <math.h>
#include <vector>
#include "thetahat/formula_api.h"
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int n_nodes = 16;

// Parameters in the units of the rows, or where nothing has units, any: places are real ones, widths
// positive.
struct formula_places {
  std::vector<double> places, widths;

  formula_places(const thetahat_formula&, const double* theta);
};

// What a variable u makes of rows: x itself, or such that the tails and singular ends of densities are far
// out.
class formula_variable {
 public:
  enum kind { plain, line, upwards, downwards, logit };

  // Of the rows of a formula.
  formula_variable(const thetahat_formula&, const formula_places&);
  // Rows themselves, between two of them that lie close together.
  formula_variable(double low, double high);

  kind is;
  int parts;         // panels between the usual values
  double low, high;  // the ends of rows
  double row_of(double u) const;
  double slope_of(double u) const;
  double of_row(double x) const;
  // Whether rows have an end where the variable has none.
  bool ends(double direction) const {
    return is == logit || (direction < 0 && (is == upwards || is == downwards));
  }
  // Between which values most of a density lies, and where panels of them end: evenly, and where the
  // parameters say that the density changes.
  double usual_low() const { return is == plain ? low : is == logit ? -6.0 : -4.0; }
  double usual_high() const { return is == plain ? high : -usual_low(); }
  std::vector<double> usual_ends(const formula_places&) const;
  // The rows of the nodes between two values, and their weights.
  void put_nodes(double from, double to, double* x, double* weight) const;

 private:
  double centre, width;
};

}  // namespace thetahat::THETAHAT_ISA
