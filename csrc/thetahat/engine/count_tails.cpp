#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/count_tails.hpp"
#include "thetahat/math/exp_log.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr double negligible = 40;       // logarithms below the greatest probability of a tail
constexpr double most_counts = 0x1p20;  // that are added one by one

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
  const bool above = falls_above(c);
  beyond_each(above, &c, 1, out);
  return above;
}

// Adds counts to the moments, in units of exp(top); returns the sum of their probabilities. Of very many, the
// middle ones of groups stand for all in them: a tail of so many counts varies by less than 4e-5 over one
// group, and the error is of the second order.
double count_tails::add(double first, double last, double top) {
  const double n = last - first + 1, stride = n > most_counts ? 2 * floor(n / (2 * most_counts)) + 1 : 1.0;
  const double groups = floor(n / stride), middle = first + 0.5 * (stride - 1);
  double total = 0.0;
  for (double done = 0; done < groups; done += double(block_rows)) {
    x.clear();
    for (double k = done; k < groups && k < done + double(block_rows); ++k) x.push_back(middle + k * stride);
    level.resize(x.size());
    m.kernel->log_density(&m, theta, x.data(), level.data(), int64_t(x.size()));
    size_t kept = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double weight = stride * exp(level[i] - top);
      total += weight;
      if (weight > 1e-30) x[kept] = x[i], level[kept++] = weight;
    }
    moments.add(x.data(), level.data(), int64_t(kept));
  }
  const double rest = first + groups * stride;
  return rest <= last && stride > 1 ? total + add(rest, last, top) : total;
}

void count_tails::between(double first, double last, thetahat_log_probability* out) {
  const double ends[] = {at(first), at(last)}, top = ends[0] > ends[1] ? ends[0] : ends[1];
  moments.clear();
  const double total = add(first, last, top);
  moments.write(out);
  out->value = top + log(total);
}

void count_tails::beyond_each(bool above, const double* limits, int64_t n, thetahat_log_probability* out) {
  const double side = above ? 1 : 0;
  double total = 0.0, top = 0.0, added = end_of_tail(limits[0] + side, above ? 1 : -1);
  moments.clear();
  for (int64_t i = 0; i < n; ++i) {
    const double edge = limits[i] + side, level_there = at(edge), by = i ? exp(top - level_there) : 1.0;
    top = level_there;
    moments.multiply(by);
    total *= by;
    total += above ? add(edge, added, top) : add(added, edge, top);
    added = above ? edge - 1 : edge + 1;
    moments.write(&out[i]);
    out[i].value = top + log(total);
  }
}

}  // namespace thetahat::THETAHAT_ISA
