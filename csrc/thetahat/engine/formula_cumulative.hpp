// The distribution function of a formula at many rows of one theta, from both sides.
#pragma once
#include "thetahat/engine/formula_integral.hpp"

namespace thetahat::THETAHAT_ISA {

class formula_cumulative {
 public:
  formula_cumulative(const thetahat_formula&, const double* theta);

  // Writes P(X <= x) and P(X > x) of increasing rows inside the support, each to its own digits: what lies
  // between two neighbours is added up from the ends. False where an integral is not found.
  bool find(const double* x, int64_t n, double* below, double* above);

 private:
  struct mass {  // z exp(top)
    double top = -HUGE_VAL, z = 0.0;
    double in_units_of(double of) const { return z > 0 ? z * exp(top - of) : 0.0; }
    double logarithm() const { return z > 0 ? top + log(z) : -HUGE_VAL; }
    double share(const mass& of) const { return of.in_units_of(top) / z; }
    void add(const mass& other);
  };
  struct panel : mass {
    double noise;  // what the rounding of rows makes of z, as a share
    double from, to;
    int64_t row;  // of the limit above
    int level;
    bool of_rows;  // whether rows are the variable
  };
  struct variables {
    formula_variable of_all, of_few;
  };
  const thetahat_formula& f;
  const double* const theta;
  double uniforms[thetahat_formula_uniforms];
  std::vector<mass> parts;  // between a row and the one before; the first and the last beyond all rows
  std::vector<double> logs;
  int64_t used;  // nodes, less some for each row

  bool add_end(double a, double b, mass& into) const;
  bool add_counts(const double* x, int64_t n);
  bool add_between(const double* x, int64_t n);
  bool refine(const variables&, std::vector<panel>);
  void evaluate(const variables&, std::vector<panel>&);
  void take_nodes(panel&, const double* x, const double* weight, const double* l) const;
};

}  // namespace thetahat::THETAHAT_ISA
