#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/follow_maximum.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr double near = 0.05;    // the squared length, in standard errors, of a step that is not worth taking
constexpr double trusted = 4.0;  // of one whose end is known without another evaluation
constexpr int most_evaluations = 100;  // of a segment
constexpr double most_damping = 1e15;

// The log-likelihood of a segment, plus the parabola of the rows before, of which a share is kept.
struct objective {
  double value, score[max_p], information[max_p * max_p];

  objective(int p, const thetahat_sgd_state& state, double kept, const expansion& e)
      : value(e.at.finite(p) ? e.at.log_likelihood : -HUGE_VAL) {
    for (int i = 0; i < p; ++i) {
      double Ju = 0.0;
      for (int j = 0; j < p; ++j) {
        information[i * p + j] = kept * state.information[i * p + j] + e.at.information[i * p + j];
        Ju += state.information[i * p + j] * e.u[j];
      }
      score[i] = kept * (state.linear_term[i] - Ju) + e.at.score[i];
      value += kept * e.u[i] * (state.linear_term[i] - 0.5 * Ju);
    }
  }
};

// The score at theta of a parabola.
void score_at(const thetahat_model& m, const thetahat_sgd_state& state, const double* information,
              const double* linear_term, const double* theta, double* score) {
  const int p = m.n_params;
  double u[max_p];
  coordinates(m, state, theta, u);
  for (int i = 0; i < p; ++i) {
    score[i] = linear_term[i];
    for (int j = 0; j < p; ++j) score[i] -= information[i * p + j] * u[j];
  }
}

// A step of Newton's method, damped by so many times the information of all rows. Returns its squared length
// in standard errors, or a negative number where there is no maximum.
double newton_step(int p, const thetahat_update_rule& r, const thetahat_sgd_state& state, const double* score,
                   const double* information, double damping, double* step) {
  double J[max_p * max_p], C[max_p * max_p];
  for (int i = 0; i < p * p; ++i) J[i] = information[i] + damping * state.information[i];
  if (!invert_free(p, r.fixed, J, C)) return -1.0;
  for (int i = 0; i < p; ++i) {
    step[i] = 0.0;
    for (int j = 0; j < p; ++j) step[i] += C[i * p + j] * score[j];
  }
  return quadratic_form(p, score, C, score);
}

// The rows that have a weight.
double counted(const block& rows) {
  double count = 0.0;
  if (!rows.w) return double(rows.n);
  for (int64_t i = 0; i < rows.n; ++i) count += rows.w[i] > 0;
  return count;
}

bool is_scale(const thetahat_parameter& p) { return p.scale_power == 1 && p.coordinate == thetahat_log; }

double more(double damping) { return damping > 0 ? 4 * damping : 1.0; }
double less(double damping) { return damping > 1 ? damping / 4 : 0.0; }

// Where a step leads that is shortened until no logarithm and no shape moves by more than 1; whether that is
// in the domain.
bool step_from(const thetahat_model& m, const thetahat_update_rule& r, const thetahat_sgd_state& state,
               const double* theta, const double* step, double* next) {
  double longest = 1.0;
  for (int j = 0; j < m.n_params; ++j)
    if (!unbounded(m.parameters[j]) && fabs(step[j]) > longest) longest = fabs(step[j]);
  for (int j = 0; j < m.n_params; ++j) {
    const thetahat_parameter& p = m.parameters[j];
    next[j] = r.fixed[j] ? theta[j] : retract(p, theta[j], step[j] / longest, unit_of(p, state));
  }
  return m.valid(&m, next);
}

void move_to(const thetahat_model& m, thetahat_sgd_state& state, const double* next) {
  double from[max_p], to[max_p];
  coordinates(m, state, state.theta, from);
  coordinates(m, state, next, to);
  for (int j = 0; j < m.n_params; ++j) {
    state.theta[j] = next[j];
    state.displacement[j] += to[j] - from[j];
  }
}

// theta becomes where a step leads from some theta, or that theta if the step leaves the domain.
void move_by(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
             const double* theta, const double* step) {
  double next[max_p];
  move_to(m, state, step_from(m, r, state, theta, step, next) ? next : theta);
}

// Where rows are impossible or their sums overflow, a larger scale may make them possible: by so many
// standard errors from the anchor, by twice as many, and so on while the objective rises. e becomes the
// expansion where that ends; false if there is none.
bool make_possible(const thetahat_model& m, const thetahat_update_rule& r, const thetahat_sgd_state& state,
                   const block& rows, double kept, expansion& e) {
  int j = 0;
  while (j < m.n_params && !is_scale(m.parameters[j])) ++j;
  if (j == m.n_params || r.fixed[j]) return false;
  double next[max_p], best = -HUGE_VAL;
  for (int i = 0; i < m.n_params; ++i) next[i] = state.anchor[i];
  for (double step = state.step_limit[j]; step < 100; step *= 2) {
    next[j] = retract(m.parameters[j], state.anchor[j], step, 1.0);
    if (!m.valid(&m, next)) break;
    const expansion there(m, state, next, rows);
    const double value = objective(m.n_params, state, kept, there).value;
    if (value < best) break;
    if (value > best) e = there;
    best = value;
  }
  return best > -HUGE_VAL;
}

// Newton's method on the objective, from the theta of e on, until the next step is short; e becomes the
// expansion where that begins. Steps that do not rise are damped. Returns how many thetas it evaluated after
// the first one, or -1 if it does not come so far.
int maximize(const thetahat_model& m, const thetahat_update_rule& r, const thetahat_sgd_state& state,
             const block& rows, double kept, expansion& e) {
  const int p = m.n_params;
  double damping = 0.0, step[max_p], next[max_p];
  int evaluations = e.at.finite(p) ? 0 : 1;
  if (evaluations > 0 && !make_possible(m, r, state, rows, kept, e)) return -1;
  for (objective now(p, state, kept, e); evaluations < most_evaluations; ++evaluations) {
    const double length = newton_step(p, r, state, now.score, now.information, damping, step);
    if (damping == 0 && length >= 0 && length <= near) return evaluations;
    if (length >= 0 && step_from(m, r, state, e.theta, step, next)) {
      const expansion there(m, state, next, rows);
      const objective then(p, state, kept, there);
      if (then.value > now.value) {
        e = there;
        now = then;
        damping = less(damping);
        continue;
      }
    }
    damping = more(damping);
  }
  return -1;
}

// Adds a segment to the model, where theta stays if that is near the maximum, to which it goes else; false if
// no theta near by makes the segment possible. Where rows are forgotten, a large score shows that the
// distribution has changed.
bool follow(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
            const block& rows) {
  const int p = m.n_params;
  const double kept = share_kept(r, rows.n);
  double C[max_p * max_p], score[max_p], step[max_p];
  const expansion first(m, state, state.theta, rows);
  expansion e = first;
  const int evaluations = maximize(m, r, state, rows, kept, e);
  if (evaluations < 0) return false;
  add_expansion(p, e, kept, state);
  scale_steps(p, r, state, C);
  const bool fits = quadratic_form(p, first.at.score, C, first.at.score) <= 100;
  state.change_point = r.forgetting_factor != 1 && !fits;
  if (evaluations > 0) {
    score_at(m, state, state.information, state.linear_term, e.theta, score);
    newton_step(p, r, state, score, state.information, 0.0, step);
    move_by(m, r, state, e.theta, step);
  }
  for (int j = 0; j < p; ++j) state.anchor[j] = state.theta[j];
  return true;
}

// Whether theta, after a step on a segment expanded about the theta before, is near the maximum, as the
// objective there says; it is not asked far from there.
bool is_near(const thetahat_model& m, const thetahat_update_rule& r, const thetahat_sgd_state& state,
             const expansion& e) {
  const int p = m.n_params;
  const objective before(p, state, 1.0, e);
  double step[max_p], u[max_p];
  const double length = newton_step(p, r, state, before.score, before.information, 0.0, step);
  if (!(before.value > -HUGE_VAL && length >= 0 && length <= trusted)) return false;
  coordinates(m, state, state.theta, u);
  for (int j = 0; j < p; ++j) u[j] -= e.u[j] + step[j];
  return quadratic_form(p, u, before.information, u) <= near;
}

// Adds what can be of a segment that cannot be followed as a whole: the rows that the anchor makes possible.
// The others are counted; where rows are forgotten, most of a segment being such shows that the distribution
// has changed.
void follow_some(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                 const block& rows) {
  move_to(m, state, state.anchor);
  const double all = counted(rows);
  const finite_rows good(m, state, state.anchor, rows);
  state.change_point = r.forgetting_factor != 1 && (good.skipped == 0 || 2 * good.skipped > all);
  if (state.change_point) return;
  const bool some = good.skipped > 0 && good.rows.n > 0 && follow(m, r, state, good.rows);
  state.skipped += some ? good.skipped : all;
  if (!some) move_to(m, state, state.anchor);
}

// In a first epoch or a stream. Where rows are forgotten, single ones that theta makes impossible do not take
// it along, past all that is known of the others.
void follow_at_theta(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                     const block& rows) {
  const bool leaves_out =
      r.forgetting_factor != 1 && !expansion(m, state, state.anchor, rows).at.finite(m.n_params);
  state.rows += counted(rows);
  if (leaves_out || !follow(m, r, state, rows)) follow_some(m, r, state, rows);
}

// In a later epoch. While no anchor makes all rows possible, it moves to where it makes the segment's
// possible; the epoch's log-likelihood is unknown then.
void follow_at_anchor(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                      const block& rows) {
  const int p = m.n_params;
  expansion e(m, state, state.anchor, rows);
  state.rows += e.node[0];
  if (!e.at.finite(p)) {
    const bool known = state.best_log_likelihood > -HUGE_VAL;
    state.epoch.log_likelihood = known ? -HUGE_VAL : NAN;
    if (known || !make_possible(m, r, state, rows, 1.0, e)) return;
    for (int j = 0; j < p; ++j) state.anchor[j] = e.theta[j];
  }
  state.epoch.n += e.node[1];
  state.epoch.n_effective += e.node[0];
  state.epoch.log_likelihood += e.at.log_likelihood;
  add_parabola(p, e, 1.0, state.epoch.information, state.epoch.linear_term);
}

// Half the way from the best anchor to the present one, whose log-likelihood is less.
void step_back(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state) {
  double from[max_p], step[max_p];
  coordinates(m, state, state.best, from);
  coordinates(m, state, state.anchor, step);
  for (int j = 0; j < m.n_params; ++j) step[j] = 0.5 * (step[j] - from[j]);
  move_by(m, r, state, state.best, step);
}

// A step of Newton's method from the anchor, which is the best so far. The epoch's information, times the
// number of epochs, becomes that of all rows.
void step_on(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state) {
  const int p = m.n_params;
  const thetahat_epoch_sums& epoch = state.epoch;
  double C[max_p * max_p], score[max_p], step[max_p] = {}, damping = 0.0;
  for (int j = 0; j < p; ++j) state.best[j] = state.anchor[j];
  state.best_log_likelihood = epoch.log_likelihood;
  score_at(m, state, epoch.information, epoch.linear_term, state.best, score);
  while (newton_step(p, r, state, score, epoch.information, damping, step) < 0 && damping < most_damping)
    damping = more(damping);
  move_by(m, r, state, state.best, step);
  if (damping > 0) return;
  state.n = state.epochs * epoch.n;
  state.n_effective = state.epochs * epoch.n_effective;
  for (int i = 0; i < p * p; ++i) state.information[i] = state.epochs * epoch.information[i];
  for (int i = 0; i < p; ++i) state.linear_term[i] = state.epochs * epoch.linear_term[i];
  scale_steps(p, r, state, C);
}

}  // namespace

void follow_segment(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                    const block& rows) {
  (state.epochs == 0 ? follow_at_theta : follow_at_anchor)(m, r, state, rows);
}

void follow_batch(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state,
                  const block& rows) {
  const int p = m.n_params;
  const expansion e(m, state, state.theta, rows);
  double C[max_p * max_p];
  state.t = count_in(r, state.t, rows.w, rows.n);
  state.steps += 1;
  step_by_rule(m, r, state, e.at.score, rate_at(r, state.t), e.node[1]);
  if (state.diverged != 0) return;
  if (!is_near(m, r, state, e)) return follow_segment(m, r, state, rows);
  state.rows += e.node[0];
  add_expansion(p, e, 1.0, state);
  scale_steps(p, r, state, C);
  for (int j = 0; j < p; ++j) state.anchor[j] = state.theta[j];
}

void follow_epoch(const thetahat_model& m, const thetahat_update_rule& r, thetahat_sgd_state& state) {
  const double value = state.epoch.log_likelihood;
  state.epochs += 1;
  if (state.epochs == 1)
    state.best_log_likelihood = -HUGE_VAL;
  else if (value < state.best_log_likelihood)
    step_back(m, r, state);
  else if (value > -HUGE_VAL)
    step_on(m, r, state);
  else
    move_to(m, state, state.anchor);
  for (int j = 0; j < m.n_params; ++j) state.anchor[j] = state.theta[j];
  state.epoch = {};
}

}  // namespace thetahat::THETAHAT_ISA
