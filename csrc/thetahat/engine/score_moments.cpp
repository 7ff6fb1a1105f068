#include "thetahat/isa/baseline.hpp"

#include "thetahat/engine/score_moments.hpp"

namespace thetahat::THETAHAT_ISA {

score_moments::score_moments(const thetahat_model& m, const double* at, bool is_exchanged)
    : model(m),
      theta(at),
      exchanged(is_exchanged),
      p(m.n_params),
      prepared(m, thetahat_few_sums, at),
      scores(size_t(m.n_params) * block_rows) {
  const double other[] = {at[m.n_params > 1], at[0]};
  for (int j = 0; j < p; ++j)
    to_units[j] = exchanged
                      ? times_power(times_power(1.0, m.scale(&m, other), m.parameters[place(j)].scale_power),
                                    m.scale(&m, at), -m.parameters[j].scale_power)
                      : 1.0;
  clear();
}

void score_moments::clear() {
  mass = 0.0;
  for (double& v : first) v = 0.0;
  for (double& v : products) v = 0.0;
  for (double& v : information) v = 0.0;
}

void score_moments::add_products(const double* score, int64_t stride, const double* weights, int64_t n) {
  for (int64_t i = 0; i < n; ++i) mass += weights[i];
  for (int j = 0; j < p; ++j) {
    const double* of_j = score + j * stride;
    for (int64_t i = 0; i < n; ++i) first[place(j)] += to_units[j] * (weights[i] * of_j[i]);
    for (int k = 0; k < p; ++k) {
      const double* of_k = score + k * stride;
      double sum = 0.0;
      for (int64_t i = 0; i < n; ++i) sum += weights[i] * of_j[i] * of_k[i];
      products[place(j) * p + place(k)] += to_units[j] * to_units[k] * sum;
    }
  }
}

void score_moments::add_information(const double* x, const double* weights, int64_t n) {
  double node[thetahat_max_node];
  thetahat_derivatives d;
  sum_block(prepared, {x, weights, n}, node);
  model.derivatives(&model, theta, node + 1, &d);
  for (int j = 0; j < p; ++j)
    for (int k = 0; k < p; ++k)
      information[place(j) * p + place(k)] += to_units[j] * to_units[k] * d.information[j * p + k];
}

void score_moments::add(const double* x, const double* weights, int64_t n) {
  if (n == 0) return;
  model.kernel->row_scores(&model, theta, x, n, scores.data());
  add_products(scores.data(), block_rows, weights, n);
  add_information(x, weights, n);
}

void score_moments::add_remainder(double before, double last, double mean, double weight) {
  const double rows[] = {before, last}, half[] = {0.5 * weight, 0.5 * weight};
  double beyond[2 * max_p];
  model.kernel->row_scores(&model, theta, rows, 2, scores.data());
  for (int j = 0; j < p; ++j) {
    const double here = scores[j * block_rows + 1], step = here - scores[j * block_rows];
    beyond[2 * j] = here, beyond[2 * j + 1] = here + 2 * mean * step;
  }
  add_products(beyond, 2, half, 2);
  add_information(&last, &weight, 1);
}

void score_moments::merge(const score_moments& other) {
  mass += other.mass;
  for (int j = 0; j < max_p; ++j) first[j] += other.first[j];
  for (int k = 0; k < max_p * max_p; ++k) {
    products[k] += other.products[k];
    information[k] += other.information[k];
  }
}

void score_moments::multiply(double by) {
  mass *= by;
  for (double& v : first) v *= by;
  for (double& v : products) v *= by;
  for (double& v : information) v *= by;
}

void score_moments::write(thetahat_log_probability* out) const {
  for (int j = 0; j < p; ++j) out->first[j] = first[j] / mass;
  for (int j = 0, at = 0; j < p; ++j)
    for (int k = 0; k <= j; ++k, ++at)
      out->second[at] = (products[j * p + k] - information[j * p + k]) / mass - out->first[j] * out->first[k];
}

}  // namespace thetahat::THETAHAT_ISA
