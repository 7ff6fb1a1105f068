#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/count_tails.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr double negligible = 40;  // logarithms below the greatest probability of a tail

}  // namespace

double count_tails::at(double count) {
  double value;
  m.kernel->log_density(&m, theta, &count, &value, 1);
  return value;
}

// The last count of a tail that matters: steps of powers of 2 from the first one on.
double count_tails::end_of_tail(double first, int direction) {
  constexpr int steps = 50;
  double counts[steps], levels[steps];
  for (int k = 0; k < steps; ++k) {
    const double count = first + direction * ldexp(1.0, k);
    counts[k] = count > 0 ? count : 0.0;
  }
  m.kernel->log_density(&m, theta, counts, levels, steps);
  const double here = at(first);
  for (int k = 0; k < steps; ++k)
    if (counts[k] == 0 || !(levels[k] > here - negligible)) return counts[k];
  return counts[steps - 1];
}

bool count_tails::falling_side(double c, thetahat_log_probability* out) {
  const bool above = at(c + 1) < at(c);
  if (above)
    between(c + 1, end_of_tail(c + 1, 1), out);
  else
    between(end_of_tail(c, -1), c, out);
  return above;
}

void count_tails::between(double first, double last, thetahat_log_probability* out) {
  const double ends[] = {at(first), at(last)}, top = ends[0] > ends[1] ? ends[0] : ends[1];
  double total = 0.0;
  moments.clear();
  for (double count = first; count <= last; count += block_rows) {
    x.clear();
    for (int64_t i = 0; i < block_rows && count + double(i) <= last; ++i) x.push_back(count + double(i));
    level.resize(x.size());
    m.kernel->log_density(&m, theta, x.data(), level.data(), int64_t(x.size()));
    size_t kept = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double weight = exp(level[i] - top);
      total += weight;
      if (weight > 1e-30) x[kept] = x[i], level[kept++] = weight;
    }
    moments.add(x.data(), level.data(), int64_t(kept));
  }
  moments.write(out);
  out->value = top + log(total);
}

}  // namespace thetahat::THETAHAT_ISA
