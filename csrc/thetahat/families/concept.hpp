// The members of a family, required and optional. A member that a family may leave out is declared in its
// `optional`, and the declaration is checked against the members: a misspelt name, or one that was never
// declared, does not compile.
#pragma once
#include "thetahat/families/pilot.hpp"
#include "thetahat/math/jets.hpp"
#include "thetahat/sums/terms.hpp"

namespace thetahat::THETAHAT_ISA {

enum optional_members : unsigned {
  no_more = 0,
  float_sums = 1 << 0,      // sum(const float_block&): of floats where they lie
  own_sum = 1 << 1,         // sum(const block&) const, at theta: instead of terms(x, t, u)
  count_terms = 1 << 2,     // large_terms(x, t): terms are of counts, and those of small ones are tallied
  solved = 1 << 3,          // maximum(sums, fixed, theta): by equations of the sums
  own_covariance = 1 << 4,  // covariance(sums, C) const: where elimination would cancel
  own_residual = 1 << 5,    // score_residual(sums, g) const: where the score has no root
  shifts = 1 << 6,          // shift_sums(sums, to) const: the sums at a theta near by; returns their error.
                            // sum_without_moments(block) const: what none but a shift needs left out
  own_steps = 1 << 7,       // row_step, batch, batch_step: shaped for the latency from one step to the next.
                            // A theta that is not finite stays so; `valid` is the bounds of the parameters
  lane_scores = 1 << 8,     // lane_score(theta, x, g): several thetas, one in each lane of a register
  bounded_at = 1 << 9,      // in_support_at(x) const: the support depends on theta
  starts = 1 << 10,         // start(pilot, theta): rough values; else the maximum of the pilot's sums
  conditional = 1 << 11,    // may_exist(pilot, figures): whether rows have a maximum, as figures show
  errors_hold = 1 << 12,  // has_standard_errors(theta): whether the inverse information is a covariance there
  profiled = 1 << 13,  // profile(sums, fixed, theta) const: the maximum over some parameters given the others
  leaps = 1 << 14,     // leap(sums, theta) const: past where few rows outweigh all others
  more_starts = 1 << 15,  // other_starts(pilot, starts): where there may be several maxima
  sums_apart = 1 << 16,   // of_rows: a type with own_sum's sum alone, which is ready at theta sooner
  // Probabilities in closed form, by parameters of a type with derivatives (math/jets.hpp); else by
  // quadrature.
  hazard = 1 << 17,           // cumulative_hazard(theta, a, b): log S(a) - log S(b), a may be -inf
  reversed_hazard = 1 << 18,  // reversed_hazard_between(theta, a, b): log F(b) - log F(a), b may be inf
  closed_tails = 1 << 19,     // log_tail(theta, x, upper): log S(x), or log F(x)
  power_hazard = 1 << 20      // log_hazards(theta, n, sum_log): of n rows, where it is c + d log x
};

template <class Family>
constexpr bool brings(optional_members member) {
  return (Family::optional & member) != 0;
}

template <class...>
using to_void = void;
template <class T>
T&& made();

#define THETAHAT_FINDS(name, expression) \
  template <class F, class = void>       \
  constexpr bool name = false;           \
  template <class F>                     \
  constexpr bool name<F, to_void<decltype(expression)>> = true;

namespace finds {

THETAHAT_FINDS(scale, (F::scale_of(made<const double*>()), made<const F&>().scale()))
THETAHAT_FINDS(valid, F::valid(made<const double*>()))
THETAHAT_FINDS(in_support, F::in_support(1.0))
THETAHAT_FINDS(log_likelihood, made<const F&>().log_likelihood(made<const typename F::sums&>()))
THETAHAT_FINDS(score, made<const F&>().score(made<const typename F::sums&>(), made<double*>()))
THETAHAT_FINDS(information, made<const F&>().information(made<const typename F::sums&>(), made<double*>()))
THETAHAT_FINDS(log_density, made<const F&>().log_density(1.0))
THETAHAT_FINDS(row_score, made<const F&>().row_score(1.0, made<double*>()))
THETAHAT_FINDS(block_sum, F::sum(made<const block&>()))
THETAHAT_FINDS(float_sum, F::sum(made<const float_block&>()))
THETAHAT_FINDS(sum_at, made<const F&>().sum(made<const block&>()))
THETAHAT_FINDS(of_rows, made<typename F::of_rows>().sum(made<const block&>()))
THETAHAT_FINDS(terms, made<const F&>().terms(made<vec>(), made<vec*>(), made<vec*>()))
THETAHAT_FINDS(large_terms, made<const F&>().large_terms(made<vec>(), made<vec*>()))
THETAHAT_FINDS(maximum, F::maximum(made<const typename F::sums&>(), made<const int*>(), made<double*>()))
THETAHAT_FINDS(covariance, made<const F&>().covariance(made<const typename F::sums&>(), made<double*>()))
THETAHAT_FINDS(residual, made<const F&>().score_residual(made<const typename F::sums&>(), made<double*>()))
THETAHAT_FINDS(shift, made<const F&>().shift_sums(made<typename F::sums&>(), made<const F&>()))
THETAHAT_FINDS(few_sums, made<const F&>().sum_without_moments(made<const block&>()))
THETAHAT_FINDS(row_step, F::row_step(made<double*>(), 1.0, 1.0))
THETAHAT_FINDS(lane_score, F::lane_score(made<const double*>(), 1.0, made<double*>()))
THETAHAT_FINDS(in_support_at, made<const F&>().in_support_at(1.0))
THETAHAT_FINDS(start, F::start(made<const pilot&>(), made<double*>()))
THETAHAT_FINDS(other_starts, F::other_starts(made<const pilot&>(), made<double (*)[thetahat_max_params]>()))
THETAHAT_FINDS(may_exist, F::may_exist(made<const pilot&>(), made<double*>()))
THETAHAT_FINDS(profile,
               made<const F&>().profile(made<const typename F::sums&>(), made<const int*>(), made<double*>()))
THETAHAT_FINDS(leap, made<const F&>().leap(made<const typename F::sums&>(), made<double*>()))
THETAHAT_FINDS(has_standard_errors, F::has_standard_errors(made<const double*>()))
THETAHAT_FINDS(line, F::line)
THETAHAT_FINDS(cumulative_hazard, F::cumulative_hazard(made<const jet<F::n_params>*>(), 1.0, 1.0))
THETAHAT_FINDS(reversed_hazard_between, F::reversed_hazard_between(made<const jet<F::n_params>*>(), 1.0, 1.0))
THETAHAT_FINDS(log_hazards, F::log_hazards(made<const jet<F::n_params>*>(), 1.0, 1.0))
THETAHAT_FINDS(log_tail, F::log_tail(made<const jet<F::n_params>*>(), 1.0, true))

}  // namespace finds

#undef THETAHAT_FINDS

template <class Family>
constexpr int irregular_parameters() {
  int count = 0;
  for (const thetahat_parameter& p : Family::parameters) count += p.regularity != thetahat_regular;
  return count;
}

template <class F>
constexpr bool is_family() {
  constexpr int p = F::n_params;
  static_assert(p >= 1 && p <= thetahat_max_params, "n_params must be between 1 and thetahat_max_params");
  static_assert(sizeof F::parameters == p * sizeof(thetahat_parameter),
                "parameters must hold n_params of them");
  static_assert(sizeof(typename F::sums) <= thetahat_max_sums * sizeof(double), "sums are too many");
  static_assert(finds::scale<F>, "scale_of(theta) and scale() const are missing");
  static_assert(finds::valid<F>, "valid(theta) is missing");
  static_assert(finds::in_support<F>, "in_support(x) is missing");
  static_assert(finds::log_likelihood<F>, "log_likelihood(sums) const is missing");
  static_assert(finds::score<F>, "score(sums, g) const is missing");
  static_assert(finds::information<F>, "information(sums, J) const is missing");
  static_assert(finds::log_density<F>, "log_density(x) const is missing");
  static_assert(finds::row_score<F>, "row_score(x, g) const is missing");
  static_assert(finds::block_sum<F> == F::sufficient,
                "sum(block) must be static where sums are sufficient, and only there");
  static_assert(finds::float_sum<F> == brings<F>(float_sums), "float_sums: sum(float_block)");
  static_assert(F::sufficient || finds::sum_at<F> == brings<F>(own_sum), "own_sum: sum(block) const");
  static_assert(finds::of_rows<F> == brings<F>(sums_apart), "sums_apart: of_rows");
  static_assert(F::sufficient || brings<F>(own_sum) || finds::terms<F>, "terms(x, t, u) const is missing");
  static_assert(finds::large_terms<F> == brings<F>(count_terms), "count_terms: large_terms(x, t) const");
  static_assert(finds::maximum<F> == brings<F>(solved), "solved: maximum(sums, fixed, theta)");
  static_assert(finds::covariance<F> == brings<F>(own_covariance),
                "own_covariance: covariance(sums, C) const");
  static_assert(finds::residual<F> == brings<F>(own_residual), "own_residual: score_residual(sums, g) const");
  static_assert(finds::shift<F> == brings<F>(shifts), "shifts: shift_sums(sums, to) const");
  static_assert(finds::few_sums<F> == brings<F>(shifts), "shifts: sum_without_moments(block) const");
  static_assert(finds::row_step<F> == brings<F>(own_steps), "own_steps: row_step(theta, x, rate)");
  static_assert(finds::lane_score<F> == brings<F>(lane_scores), "lane_scores: lane_score(theta, x, g)");
  static_assert(finds::in_support_at<F> == brings<F>(bounded_at), "bounded_at: in_support_at(x) const");
  static_assert(finds::start<F> == brings<F>(starts), "starts: start(pilot, theta)");
  static_assert(finds::other_starts<F> == brings<F>(more_starts), "more_starts: other_starts(pilot, starts)");
  static_assert(finds::may_exist<F> == brings<F>(conditional), "conditional: may_exist(pilot, figures)");
  static_assert(finds::has_standard_errors<F> == brings<F>(errors_hold),
                "errors_hold: has_standard_errors(theta)");
  static_assert(finds::line<F>, "line is missing");
  static_assert(finds::cumulative_hazard<F> == brings<F>(hazard), "hazard: cumulative_hazard(theta, a, b)");
  static_assert(finds::reversed_hazard_between<F> == brings<F>(reversed_hazard),
                "reversed_hazard: reversed_hazard_between(theta, a, b)");
  static_assert(finds::log_tail<F> == brings<F>(closed_tails), "closed_tails: log_tail(theta, x, upper)");
  static_assert(finds::log_hazards<F> == brings<F>(power_hazard),
                "power_hazard: log_hazards(theta, n, sum_log)");
  static_assert(finds::profile<F> == brings<F>(profiled), "profiled: profile(sums, fixed, theta) const");
  static_assert(!brings<F>(profiled) || brings<F>(shifts), "profiled needs shift_sums(sums, to) const");
  static_assert(finds::leap<F> == brings<F>(leaps), "leaps: leap(sums, theta) const");
  static_assert(irregular_parameters<F>() == 0 || (brings<F>(own_covariance) && brings<F>(own_residual)),
                "a parameter that is not regular needs covariance(sums, C) and score_residual(sums, g)");
  static_assert(F::sufficient || brings<F>(starts), "without sufficient sums, start(pilot, theta) is needed");
  return true;
}

}  // namespace thetahat::THETAHAT_ISA
