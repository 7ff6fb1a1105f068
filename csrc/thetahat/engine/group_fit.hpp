// The exact fit of one group of rows after another, each slice by slice, in memory that all of them share.
#pragma once
#include <memory>
#include <vector>
#include "thetahat/engine/median.hpp"
#include "thetahat/engine/tree.hpp"
#include "thetahat/groups_api.h"

namespace thetahat::THETAHAT_ISA {

class group_fit {
 public:
  explicit group_fit(const thetahat_group_task& task);
  group_fit(const group_fit&) = delete;

  bool busy() const { return group >= 0; }
  int64_t solve(int64_t first, int64_t last);
  void begin(int64_t g, int threads);
  // Goes on for one slice; not busy afterwards where the group's fit has ended.
  void advance();

 private:
  const thetahat_group_task& task;
  const thetahat_model& model;
  const int p;
  const bool nonsmooth;
  std::unique_ptr<pass> at_any_theta;  // where sums do not depend on theta, and their maximum is free
  std::vector<unsigned char> tree_memory;
  // Of a family whose location is a median: what it waits for, and where sums are taken.
  enum { at_median, at_unit, at_large_unit, at_theta } stage;
  median_search search;
  double theta[thetahat_max_params];
  int64_t group = -1;
  thetahat_rows rows, weights;
  const thetahat_rows* chunk = &rows;
  thetahat_fit fit;

  static constexpr int most_at_once = 16;
  bool solve(int64_t g, const double* node);
  block all() const;
  const int* fixed() const { return fit.exact.fixed; }
  int n_free() const;
  void take_all();
  bool check();
  bool reject_bad_rows();
  void conclude();
  bool violates_condition() const;
  void conclude_unfinished();
  void advance_at_median();
  void search_median();
  bool sum_up();
  bool has_finite_sums() const;
  bool accept_sums();
  void take_scale();
  void succeed(const double* theta, const double* evaluated);
  void fail_without_maximum(int reason);
  void fail(int status, int reason);
};

// Writes the fit of a node of group g at theta, evaluated at another theta near by.
void write_group_fit(const thetahat_group_task& task, int64_t g, const double* node, const double* theta,
                     const double* evaluated, const int* fixed, int64_t passes);
// Writes that group g has no fit.
void write_no_fit(const thetahat_group_task& task, int64_t g, int status, int reason);
// Values of fixed parameters, and start values, of group g.
void read_settings(const thetahat_group_task& task, int64_t g, thetahat_exact& e);
// Why an exact fit has ended without a maximum: which parameter runs to which end of its domain, if that is
// known. Sums: those of the last pass.
int reason_of_limit(const thetahat_model& m, const thetahat_exact& e, const double* sums);

}  // namespace thetahat::THETAHAT_ISA
