// Many limits of one side at once. theta is the same for all of them, so that log P and its derivatives are
// functions of one number there: over a panel of limits they are polynomials to rounding, of which the
// moments of the limits give the sums. What is evaluated are the nodes of the panels, however many limits
// there are.
#pragma once
#include <map>
#include <tuple>
#include <vector>
#include "thetahat/engine/probabilities.hpp"
#include "thetahat/engine/threads.hpp"

namespace thetahat::THETAHAT_ISA {

// A sum of w log P and of its derivatives.
struct probability_sum {
  double value = 0.0, first[max_p] = {}, second[max_p * (max_p + 1) / 2] = {};

  void add(int p, double w, const log_probability& x) {
    value += w * x.value;
    for (int j = 0; j < p; ++j) first[j] += w * x.first[j];
    for (int k = 0; k < p * (p + 1) / 2; ++k) second[k] += w * x.second[k];
  }
  void add(int p, const probability_sum& x) {
    value += x.value;
    for (int j = 0; j < p; ++j) first[j] += x.first[j];
    for (int k = 0; k < p * (p + 1) / 2; ++k) second[k] += x.second[k];
  }
};

// How the work of one pass is shared, and whether it has been given up.
struct work {
  int threads;
  int (*interrupted)(void);
  bool stopped = false;

  // Runs job(i) for i in [0, jobs), a few at a time between two questions whether to give up.
  template <class Job>
  void run(int64_t jobs, int64_t at_once, Job job);
};

class limits {
 public:
  // In increasing order.
  limits(bool upper, std::vector<double> x, std::vector<double> w)
      : upper(upper), x(std::move(x)), w(std::move(w)) {}

  void add_to(const thetahat_model& model, const double* theta, work& share, probability_sum& out);

 private:
  static constexpr int n_nodes = 16;
  struct panel {
    size_t from, to;  // of the limits
    bool resolved;
    std::vector<log_probability> at;
  };
  const bool upper;
  const std::vector<double> x, w;
  // Of panels, which lie fixed, in a coordinate.
  std::map<std::tuple<int, size_t, size_t>, std::vector<double>> known_moments;

  double coordinate(int line, double limit) const;
  double limit_at(int line, double t) const;
  void of(probabilities& at, double limit, log_probability* out) const;
  void evaluate(const thetahat_model& model, const double* theta, panel& q) const;
  const std::vector<double>& moments(int line, const panel& q);
  size_t middle(int line, const panel& q) const;
  void add_panel(const thetahat_model& model, const panel& q, probability_sum& out);
  void add_counts(const thetahat_model& model, const double* theta, probability_sum& out) const;
  void add_single(const thetahat_model& model, const double* theta, const std::vector<panel>& few,
                  work& share, probability_sum& out) const;
};

// Intervals with two finite ends, one after the other.
void add_intervals(const thetahat_model& model, const double* theta, int64_t n, const double* a,
                   const double* b, const double* w, work& share, probability_sum& out);

template <class Job>
void work::run(int64_t jobs, int64_t at_once, Job job) {
  for (int64_t done = 0; done < jobs && !stopped; done += at_once) {
    const int64_t size = jobs - done < at_once ? jobs - done : at_once;
    auto part = [&](int64_t i) { job(done + i); };
    auto of_part = [](void* context, int64_t i) { (*static_cast<decltype(part)*>(context))(i); };
    run_jobs(threads, size, of_part, &part);
    stopped = interrupted && interrupted();
  }
}

}  // namespace thetahat::THETAHAT_ISA
