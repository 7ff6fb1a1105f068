// Where Newton's method starts on a formula: by the units and domains of its parameters.
#include "thetahat/isa/baseline.hpp"

#include <float.h>
#include <string.h>
#include "thetahat/engine/formula.hpp"
#include "thetahat/engine/transform.hpp"
#include "thetahat/families/pilot.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

// What rough values are made of: a place and a width in the units of the rows, and a size for what has none.
struct guess {
  double place, width, shape;
};

double rough(const thetahat_formula& f, const thetahat_parameter& p, const guess& g) {
  if (p.coordinate == thetahat_logit) return p.low + (p.high - p.low) * g.shape / (1.0 + g.shape);
  const double size = p.scale_power ? times_power(1.0, g.width, p.scale_power) : g.shape;
  if (p.coordinate == thetahat_log) return at_distance(p, size);
  return p.scale_power == 1 || f.scale_of < 0 ? g.place : 0.0;
}

}  // namespace

int starts_of(const thetahat_formula& f, const thetahat_pilot& rows, double (*starts)[thetahat_max_params]) {
  if (f.start) return f.start(&f, &rows, starts);
  constexpr double shares[] = {0.25, 0.5, 0.75};
  const pilot p(rows);
  const mean_and_sd moments = p.moments();
  double q[3];
  p.quantiles(3, shares, q);
  // On a half line, a width is a distance from its end.
  const bool one_ended = f.low > -HUGE_VAL && f.high == HUGE_VAL;
  double width = one_ended ? moments.mean - f.low : moments.sd;
  if (!(width > 0 && width < HUGE_VAL)) width = fabs(q[1]) > 0 ? fabs(q[1]) : 1.0;
  const guess guesses[] = {{q[1], width, 1.0},        {q[1], width, 4.0},        {q[1], width, 0.25},
                           {q[0], 0.25 * width, 1.0}, {q[2], 0.25 * width, 1.0}, {q[1], 8.0 * width, 0.1},
                           {q[1], 0.1 * width, 16.0}};
  int n = 0;
  for (const guess& g : guesses) {
    for (int j = 0; j < f.n_params; ++j) starts[n][j] = rough(f, f.parameters[j], g);
    n += f.model.valid(&f.model, starts[n]);
  }
  return n;
}

}  // namespace thetahat::THETAHAT_ISA
