#include "thetahat/isa/baseline.hpp"

#include <vector>
#include "thetahat/engine/quadratic_model.hpp"
#include "thetahat/kernels/units.hpp"

namespace thetahat::THETAHAT_ISA {

free_derivatives::free_derivatives(const thetahat_model& model, const double* theta, double unit,
                                   const double* sums) {
  const int p = model.n_params;
  thetahat_derivatives d;
  double m[max_p], J[max_p * max_p];
  model.derivatives(&model, theta, sums, &d);
  log_likelihood = d.log_likelihood;
  for (int i = 0; i < p * p; ++i) J[i] = d.information[i];
  // For a median no second derivative is the information: the model's own covariance is.
  if (d.has_residual) invert(p, d.covariance, J);
  for (int i = 0; i < p; ++i) m[i] = jacobian(model.parameters[i], theta[i], d.scale, unit);
  for (int i = 0; i < p; ++i) {
    score[i] = m[i] * d.score[i];
    for (int j = 0; j < p; ++j) information[i * p + j] = m[i] * m[j] * J[i * p + j];
  }
  for (int i = 0; i < p && !d.has_residual; ++i)
    information[i * p + i] -= log_jacobian_slope(model.parameters[i], theta[i]) * score[i];
}

bool free_derivatives::finite(int p) const {
  double sum = log_likelihood - log_likelihood;
  for (int i = 0; i < p; ++i) sum += score[i] - score[i];
  for (int i = 0; i < p * p; ++i) sum += information[i] - information[i];
  return sum == 0;
}

void coordinates(const thetahat_model& m, const thetahat_sgd_state& state, const double* theta, double* u) {
  for (int j = 0; j < m.n_params; ++j)
    u[j] = free_coordinate(m.parameters[j], theta[j], state.origin[j], unit_of(m.parameters[j], state));
}

expansion::expansion(const thetahat_model& m, const thetahat_sgd_state& state, const double* about,
                     const block& rows)
    : at((sum_rows(m, about, rows, node), m), about, state.unit, node + 1) {
  for (int j = 0; j < m.n_params; ++j) theta[j] = about[j];
  coordinates(m, state, theta, u);
}

finite_rows::finite_rows(const thetahat_model& m, const thetahat_sgd_state& state, const double* about,
                         const block& all) {
  for (int64_t i = 0; i < all.n; ++i) {
    const expansion row(m, state, about, {all.x + i, all.w ? all.w + i : nullptr, 1});
    const bool good = row.at.finite(m.n_params);
    if (good) x.push_back(all.x[i]), w.push_back(all.w ? all.w[i] : 1.0);
    skipped += !good && (!all.w || all.w[i] > 0);
  }
  rows = {x.data(), all.w ? w.data() : nullptr, int64_t(x.size())};
}

void add_parabola(int p, const expansion& e, double kept, double* information, double* linear_term) {
  for (int i = 0; i < p; ++i) {
    double Ju = 0.0;
    for (int j = 0; j < p; ++j) {
      double& J = information[i * p + j];
      J = kept * J + e.at.information[i * p + j];
      Ju += e.at.information[i * p + j] * e.u[j];
    }
    linear_term[i] = kept * linear_term[i] + (e.at.score[i] + Ju);
  }
}

void add_expansion(int p, const expansion& e, double kept, thetahat_sgd_state& state) {
  state.n = kept * state.n + e.node[1];
  state.n_effective = kept * state.n_effective + e.node[0];
  state.offset = kept * state.offset + e.at.log_likelihood;
  for (int i = 0; i < p; ++i) {
    double Ju = 0.0;
    for (int j = 0; j < p; ++j) Ju += e.at.information[i * p + j] * e.u[j];
    state.offset -= e.u[i] * (e.at.score[i] + 0.5 * Ju);
  }
  add_parabola(p, e, kept, state.information, state.linear_term);
}

double share_kept(const thetahat_update_rule& r, int64_t n) {
  return r.forgetting_factor == 1 ? 1.0 : exp(double(n) * log(r.forgetting_factor));
}

bool scale_steps(int p, const thetahat_update_rule& r, thetahat_sgd_state& state, double* C) {
  if (!invert_free(p, r.fixed, state.information, C)) return false;
  for (int i = 0; i < p * p; ++i) state.preconditioner[i] = state.n * C[i];
  for (int i = 0; i < p; ++i) {
    const double error = sqrt(C[i * p + i] * state.n / state.n_effective);
    state.step_limit[i] = error < 0.25 ? 4 * error : 1.0;
  }
  return true;
}

void init_state(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state) {
  const double scale = m.scale(&m, state.theta);
  state.unit = r.preconditioned                     ? unit_near(scale, 1000)
               : is_textbook(r) && m.textbook_steps ? unit_of_rate(m.n_params, m.parameters, scale)
                                                    : 1.0;
  state.bias_correction[0] = state.bias_correction[1] = 1.0;
  for (int j = 0; j < m.n_params; ++j) state.origin[j] = state.anchor[j] = state.theta[j];
}

// Rows at which theta has a non-finite log-likelihood add nothing to the model, and are counted. From rows
// that show theta to be far away no short step leads.
void update_information(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                        const block& all) {
  const int p = m.n_params;
  double C[max_p * max_p];
  expansion e(m, state, state.theta, all);
  state.rows += e.node[0];
  if (!e.at.finite(p)) {
    const finite_rows good(m, state, state.theta, all);
    state.skipped += good.skipped;
    if (good.rows.n == 0) return;
    e = expansion(m, state, state.theta, good.rows);
  }
  add_expansion(p, e, 1.0, state);
  const bool concave = scale_steps(p, r, state, C);
  if (concave && quadratic_form(p, e.at.score, C, e.at.score) <= 100) return;
  for (double& limit : state.step_limit) limit = 1.0;
}

// Rows that are forgotten, by a factor f each, make an estimate of the variance (sum f^2i) / (sum f^i)^2
// times what one row has: (1 + f^n) / (1 + f) times the inverse of their information. How far the maximum is
// that rows left out of the model would have, is unknown.
void summarize_state(const thetahat_model& m, const thetahat_update_rule& r, const thetahat_sgd_state& state,
                     thetahat_values* v) {
  const int p = m.n_params;
  double C[max_p * max_p], u[max_p], rest[max_p], slope[max_p], variance_factor = 1.0;
  const double scale = m.scale(&m, state.theta);
  const bool concave = invert_free(p, r.fixed, state.information, C);
  const bool has_errors = concave && errors_hold_at(m, state.theta);
  if (r.forgetting_factor != 1)
    variance_factor =
        state.n / state.t * (1.0 + exp(state.rows * log(r.forgetting_factor))) / (1.0 + r.forgetting_factor);
  coordinates(m, state, state.theta, u);
  v->log_likelihood = state.offset;
  const bool all_rows = r.forgetting_factor != 1 || state.n_effective == state.rows;
  v->decrement = concave && all_rows ? 0.0 : NAN;
  for (int i = 0; i < p; ++i) {
    slope[i] = times_power(jacobian(m.parameters[i], state.theta[i], scale, state.unit), scale,
                           m.parameters[i].scale_power);
    rest[i] = state.linear_term[i];
    for (int j = 0; j < p; ++j) rest[i] -= state.information[i * p + j] * u[j];
    v->log_likelihood += 0.5 * u[i] * (state.linear_term[i] + rest[i]);
  }
  for (int i = 0; i < p; ++i) {
    for (int j = 0; j < p; ++j) {
      v->decrement += rest[i] * C[i * p + j] * rest[j];
      v->covariance[i * p + j] = has_errors ? variance_factor * slope[i] * C[i * p + j] * slope[j] : NAN;
    }
    v->standard_error[i] = has_errors ? slope[i] * sqrt(variance_factor * C[i * p + i]) : NAN;
  }
}

// Theta becomes where both parabolas together are highest, by what either theta is to its own:
// offset + linear_term'v - v'Jv / 2, v = ours / ratio + shift.
void merge_states(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                  const thetahat_sgd_state& other) {
  const int p = m.n_params;
  double ratio[max_p], shift[max_p], u[max_p], theirs[max_p], towards[max_p] = {}, C[max_p * max_p];
  coordinates(m, state, state.theta, u);
  coordinates(m, other, other.theta, theirs);
  for (int j = 0; j < p; ++j) {
    const bool scales = m.parameters[j].scale_power && unbounded(m.parameters[j]);
    ratio[j] = scales ? other.unit / state.unit : 1.0;
    shift[j] =
        free_coordinate(m.parameters[j], state.origin[j], other.origin[j], unit_of(m.parameters[j], other));
  }
  state.offset += other.offset;
  for (int i = 0; i < p; ++i) {
    double J_shift = 0.0;
    for (int j = 0; j < p; ++j) {
      const double J = other.information[i * p + j];
      J_shift += J * shift[j];
      towards[i] += J / ratio[i] * (theirs[j] - (u[j] / ratio[j] + shift[j]));
      state.information[i * p + j] += J / ratio[i] / ratio[j];
    }
    state.linear_term[i] += (other.linear_term[i] - J_shift) / ratio[i];
    state.offset += shift[i] * (other.linear_term[i] - 0.5 * J_shift);
  }
  state.t += other.t;
  state.n += other.n;
  state.rows += other.rows;
  state.skipped += other.skipped;
  state.n_effective += other.n_effective;
  state.steps += other.steps;
  if (other.diverged != 0) state.diverged = other.diverged;
  if (!scale_steps(p, r, state, C)) return;
  for (int i = 0; i < p; ++i) {
    double step = 0.0;
    for (int j = 0; j < p; ++j) step += C[i * p + j] * towards[j];
    state.theta[i] = retract(m.parameters[i], state.theta[i], step, unit_of(m.parameters[i], state));
  }
}

}  // namespace thetahat::THETAHAT_ISA
