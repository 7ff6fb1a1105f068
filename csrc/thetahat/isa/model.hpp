// A family as a model: its members as C functions, compiled once.
#pragma once
#include <string.h>
#include "thetahat/engine/errors.hpp"
#include "thetahat/engine/row_steps.hpp"
#include "thetahat/isa/probabilities.hpp"

#ifdef __GNUC__
#define THETAHAT_FLAT __attribute__((flatten))
#else
#define THETAHAT_FLAT
#endif

namespace thetahat::THETAHAT_ISA {

template <class Family>
struct model_of {
  using sums = typename Family::sums;
  static constexpr int p = Family::n_params;
  static constexpr bool solves = Family::sufficient && brings<Family>(solved) && !brings<Family>(errors_hold);
  static_assert(sizeof(sums) % sizeof(double) == 0);

  static const sums& in(const double* s) { return *reinterpret_cast<const sums*>(s); }

  static void merge_sums(const thetahat_model*, double* left, const double* right) {
    *reinterpret_cast<sums*>(left) = merge(in(left), in(right));
  }
  static int finite(const thetahat_model*, const double* s) { return in(s).finite(); }
  static double scale(const thetahat_model*, const double* theta) { return Family::scale_of(theta); }

  // Of a copy of the sums, which the compiler knows not to change on the way.
  THETAHAT_INLINE static void derive(const double* theta, const sums of, thetahat_derivatives* d) {
    const Family at(theta);
    d->n = of.n;
    d->scale = at.scale();
    d->log_likelihood = at.log_likelihood(of);
    at.score(of, d->score);
    at.information(of, d->information);
    d->has_covariance = d->has_residual = 0;
    if constexpr (brings<Family>(own_covariance))
      d->has_covariance = at.covariance(of, d->covariance) ? 1 : 2;
    if constexpr (brings<Family>(own_residual)) {
      at.score_residual(of, d->residual);
      d->has_residual = 1;
    }
  }
  THETAHAT_COLD static void derivatives(const thetahat_model*, const double* theta, const double* s,
                                        thetahat_derivatives* d) {
    derive(theta, in(s), d);
  }
  static void score(const thetahat_model*, const double* theta, const double* s, double* g) {
    Family(theta).score(in(s), g);
  }
  static int maximum(const thetahat_model*, const double* s, const int* fixed, double* theta) {
    if constexpr (brings<Family>(solved)) return Family::maximum(in(s), fixed, theta);
    return 0;
  }
  // Of short groups. All that it calls is inlined: what its parts have in common is computed once then.
  THETAHAT_FLAT static int solve(const thetahat_model*, const double* s, double* theta, thetahat_values* v) {
    if constexpr (solves) {
      constexpr int none[thetahat_max_params] = {};
      if (!in(s).finite() || !Family::maximum(in(s), none, theta) || !Family::valid(theta)) return 0;
      thetahat_derivatives d;
      derive(theta, in(s), &d);
      find_errors(constant<p>{}, Family::parameters, d, nullptr, true, nullptr, v);
    }
    return 1;
  }
  static int shift(const thetahat_model*, const double* theta, const double* s, const double* to, double* out,
                   double* error) {
    if constexpr (brings<Family>(shifts)) {
      memcpy(out, s, sizeof(sums));
      *error = Family(theta).shift_sums(*reinterpret_cast<sums*>(out), Family(to));
      return *error <= 1e-3;
    }
    return 0;
  }
  static int profile(const thetahat_model*, const double* theta, const double* s, const int* fixed,
                     double* to) {
    if constexpr (brings<Family>(profiled)) return Family(theta).profile(in(s), fixed, to);
    return 0;
  }
  static int leap(const thetahat_model*, const double* theta, const double* s, double* to) {
    if constexpr (brings<Family>(leaps)) return Family(theta).leap(in(s), to);
    return 0;
  }
  static int start(const thetahat_model* m, const thetahat_pilot* rows, double* theta) {
    if constexpr (brings<Family>(starts)) return Family::start(pilot(*rows), theta);
    constexpr int none_fixed[thetahat_max_params] = {};
    double node[thetahat_max_node];
    sum_rows(*m, nullptr, {rows->x, rows->w, rows->n}, node);
    return maximum(m, node + 1, none_fixed, theta);
  }
  static int other_starts(const thetahat_model*, const thetahat_pilot* rows,
                          double (*starts)[thetahat_max_params]) {
    if constexpr (brings<Family>(more_starts)) return Family::other_starts(pilot(*rows), starts);
    return 0;
  }
  static int existence(const thetahat_model*, const thetahat_pilot* rows, double* figures) {
    if constexpr (brings<Family>(conditional)) return Family::may_exist(pilot(*rows), figures);
    return 1;
  }
  static int valid(const thetahat_model*, const double* theta) { return Family::valid(theta); }
  static int has_standard_errors(const thetahat_model*, const double* theta) {
    if constexpr (brings<Family>(errors_hold)) return Family::has_standard_errors(theta);
    return 1;
  }

  // The support at one theta, or without a family that of all together.
  static bool outside(const Family* at, double x) {
    if (x - x != 0 || !Family::in_support(x)) return true;
    if constexpr (brings<Family>(bounded_at)) return at && !at->in_support_at(x);
    return false;
  }
  static int64_t count_outside(const thetahat_model*, const double* theta, const thetahat_rows* r,
                               int64_t first, int64_t n, int64_t* at) {
    if (!theta) return count_bad(*r, first, n, at, [](double x) { return outside(nullptr, x); });
    const Family family(theta);
    return count_bad(*r, first, n, at, [&](double x) { return outside(&family, x); });
  }

  static constexpr thetahat_model table(const char* name) {
    return {name,
            p,
            int(sizeof(sums) / sizeof(double)),
            Family::sufficient,
            brings<Family>(count_terms),
            Family::parameters,
            nullptr,
            merge_sums,
            finite,
            scale,
            derivatives,
            score,
            brings<Family>(solved) ? maximum : nullptr,
            solves ? solve : nullptr,
            brings<Family>(shifts) ? shift : nullptr,
            brings<Family>(profiled) ? profile : nullptr,
            brings<Family>(leaps) ? leap : nullptr,
            start,
            brings<Family>(more_starts) ? other_starts : nullptr,
            brings<Family>(conditional) ? existence : nullptr,
            valid,
            brings<Family>(errors_hold) ? has_standard_errors : nullptr,
            count_outside,
            gradient_ascent<Family>,
            textbook_steps<Family>,
            preconditioned_steps<Family>,
            lanes_in_turn<Family>,
            Family::line,
            has_closed_form<Family>() ? closed_form<Family>::log_probability : nullptr,
            brings<Family>(power_hazard) ? closed_form<Family>::log_hazard : nullptr,
            nullptr,
            nullptr};
  }
};

}  // namespace thetahat::THETAHAT_ISA
