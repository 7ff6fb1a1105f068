// Some of a sample's rows, as start values are taken from them. Mean and standard deviation are those of the
// normal family's sums, so they have the bits of its fit; the functions behind them are the engine's
// (pilot.cpp).
#pragma once
#include "thetahat/api.h"

namespace thetahat::THETAHAT_ISA {

struct mean_and_sd {
  double mean, sd;  // sd: 0 where all rows are equal
};

struct interval {
  double low, high;
};

class pilot {
 public:
  const double* const x;
  const double* const w;  // NULL: each row counts once
  const int64_t n;

  explicit pilot(const thetahat_pilot& p) : x(p.x), w(p.w), n(p.n) {}
  mean_and_sd moments() const { return moments_of(x); }
  // Of log x; and of log(x / centre), each logarithm in full where x is near to the centre.
  mean_and_sd log_moments() const;
  mean_and_sd log_moments(double centre) const;
  // The least rows up to which there are such shares of the weight, in increasing order.
  void quantiles(int count, const double* shares, double* out) const;
  double median() const;
  // The shortest intervals that hold such shares of the weight.
  void shortest(int count, const double* shares, interval* out) const;
  double least() const;
  double greatest() const;

 private:
  mean_and_sd moments_of(const double* values) const;
  mean_and_sd wide_log_moments(double centre, double* logs) const;
};

}  // namespace thetahat::THETAHAT_ISA
