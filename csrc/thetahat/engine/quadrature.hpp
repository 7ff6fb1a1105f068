// Integrals of a density beyond a limit, or between two, in a coordinate in which it falls off from one peak:
// Gauss-Kronrod panels, halved until the two rules agree. The nodes give the derivatives too.
#pragma once
#include <memory>
#include <vector>
#include "thetahat/engine/score_moments.hpp"

namespace thetahat::THETAHAT_ISA {

class quadrature {
 public:
  quadrature(const thetahat_model& model, const double* theta);

  // log P beyond x on the side where the density falls off, which is at most 1 - 1/e; whether that is above.
  bool falling_side(double x, thetahat_log_probability* out);
  // log P between two finite limits, where the density has no peak much narrower than they lie apart.
  void between(double a, double b, thetahat_log_probability* out);
  // The same of angles from a on, over at most a turn, whatever the peak.
  void arc(double a, double width, thetahat_log_probability* out);

 private:
  static constexpr int n_steps = 28;  // by which the end of a tail is looked for
  struct panel {
    double from, to, kronrod, gauss;
    size_t first;  // of its nodes
    bool halved;
  };
  struct tail {
    bool above;
    double length;
    bool ends;  // whether the density beyond is negligible
  };
  const thetahat_model& m;
  const double* const theta;
  const double unit;
  // Where the integrals are taken: about 0 on the wide line, for the digits of rows near the centre.
  struct centred_theta {
    double at[max_p];
    centred_theta(const thetahat_model& model, const double* theta) {
      for (int j = 0; j < model.n_params; ++j) at[j] = theta[j];
      if (model.line == thetahat_wide_line) at[0] = 0.0;
    }
  } const centred;
  double turned_theta[max_p];  // of the mirror image of the unit line
  score_moments moments;
  std::unique_ptr<score_moments> turned_moments;
  double origin, start;  // a limit, and its coordinate
  double top, total;     // the greatest log-density of the first panels; the integral over its exponential
  std::vector<panel> panels;
  std::vector<double> nodes, level, x, kept, kept_weights;

  void begin(double limit);
  double furthest(int direction) const;
  double distance(double a, double b) const;
  bool turned(double v) const { return m.line == thetahat_unit_line && start + v > 0; }
  double place(double v) const;
  double log_stretch(double v) const;
  void densities(const double* v, double* out, int64_t n);
  tail find_tail();
  double nearer_end(double inside, double outside, double here);
  void integrate(const double* breaks, int n);
  void evaluate(size_t from);
  void refine();
  void gather(bool of_turned);
  void add_remainder(double v, int direction);
  void finish(thetahat_log_probability* out);
};

}  // namespace thetahat::THETAHAT_ISA
