// From the scores of single rows, for any family: the score of a batch, and the sums of products of scores.
#pragma once
#include "thetahat/sums/count_table.hpp"

namespace thetahat::THETAHAT_ISA {

// The score of a batch from those of its rows, eight lanes of rows at a time, the same at every level.
template <bool weighted>
inline double sum_scores(const double* scores, const block& b) {
  constexpr int few = 8, registers_of_few = few / width;
  vec sum[registers_of_few] = {};
  double lane[few];
  int64_t i = 0;
  for (; i + few <= b.n; i += few)
    for (int k = 0; k < registers_of_few; ++k) {
      const vec s = load(scores + i + k * width);
      sum[k] += weighted ? load(b.w + i + k * width) * s : s;
    }
  for (int k = 0; k < registers_of_few; ++k) store(lane + k * width, sum[k]);
  for (int half = few / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k) lane[k] += lane[k + half];
  for (; i < b.n; ++i) lane[0] += weighted ? b.w[i] * scores[i] : scores[i];
  return lane[0];
}

inline void sum_scores(int n_params, const double* scores, const thetahat_block* b, double* score) {
  for (int j = 0; j < n_params; ++j, scores += block_rows)
    score[j] = b->w ? sum_scores<true>(scores, *b) : sum_scores<false>(scores, *b);
}

// The pass over products of scores at one theta, of the lower triangle by rows. Products of small counts are
// taken once, and multiplied by how often, or with which weight, a block holds that count.
struct products_at {
  static constexpr int most_tallied = 6;  // products, of three parameters: a table of more would be too large
  double theta[thetahat_max_params];
  int n_tallied;  // products of the table; 0: there is none
  double of[most_tallied][small_counts];
};
static_assert(sizeof(products_at) <= thetahat_max_at);

// w = NULL: rows count once. Rows beyond the last whole step of lanes are added in their lanes.
inline double sum_product(const double* a, const double* b, const double* w, int64_t n) {
  vec sum[registers] = {};
  double lane[lanes];
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int r = 0; r < registers; ++r) {
      const int64_t at = i + r * width;
      const vec t = load(a + at) * load(b + at);
      sum[r] += w ? load(w + at) * t : t;
    }
  for (int r = 0; r < registers; ++r) store(lane + r * width, sum[r]);
  for (int k = 0; i + k < n; ++k) lane[k] += w ? w[i + k] * (a[i + k] * b[i + k]) : a[i + k] * b[i + k];
  return sum_lanes(lane);
}

inline void prepare_products(const thetahat_model* model, const double* theta, void* at) {
  products_at& p = *static_cast<products_at*>(at);
  const int n = model->n_params, count = n * (n + 1) / 2;
  for (int j = 0; j < n; ++j) p.theta[j] = theta[j];
  p.n_tallied = model->tallied && count <= products_at::most_tallied ? count : 0;
  if (p.n_tallied == 0) return;
  double x[small_counts], scores[thetahat_max_params * block_rows];
  for (int i = 0; i < small_counts; ++i) x[i] = i;
  model->kernel->row_scores(model, theta, x, small_counts, scores);
  for (int i = 0, k = 0; i < n; ++i)
    for (int j = 0; j <= i; ++j, ++k)
      for (int c = 0; c < small_counts; ++c)
        p.of[k][c] = scores[i * block_rows + c] * scores[j * block_rows + c];
}

// sum w g g' over the rows of a block, as n and double_doubles without a low part.
inline void add_products(const thetahat_model* model, const double* theta, const block& b, double* out) {
  double scores[thetahat_max_params * block_rows];
  model->kernel->row_scores(model, theta, b.x, b.n, scores);
  for (int i = 0; i < model->n_params; ++i)
    for (int j = 0; j <= i; ++j, out += 2) {
      out[0] = sum_product(scores + i * block_rows, scores + j * block_rows, b.w, b.n);
      out[1] = 0.0;
    }
}

// The weight of a block; NaN where a weight is not positive and finite.
inline double weight_of(const block& b) { return b.w ? sum_terms<1, 0>(row_terms{}, b).n : double(b.n); }

// sum w^2 g g', g the score of a row.
inline void sum_products(const thetahat_model* model, const void* at, const thetahat_block* rows,
                         double* sums) {
  const products_at& p = *static_cast<const products_at*>(at);
  double squares[block_rows];
  block b = *rows;
  for (int64_t i = 0; b.w && i < b.n; ++i) squares[i] = b.w[i] * b.w[i];
  if (b.w) b.w = squares;
  sums[0] = weight_of(b);
  if (p.n_tallied == 0) return add_products(model, p.theta, b, sums + 1);
  for (int k = 0; k < 2 * p.n_tallied; ++k) sums[1 + k] = 0.0;
  if (!all_counts(b)) {
    sums[0] = NAN;
    return;
  }
  sorted_counts counts;
  b.w ? counts.take<true>(b) : counts.take<false>(b);
  if (counts.n_large > 0)
    add_products(model, p.theta, {counts.x, b.w ? counts.w : nullptr, counts.n_large}, sums + 1);
  double times[small_counts];
  counts.total(times);
  for (int k = 0; k < p.n_tallied; ++k) {
    const double_double sum = double_double{sums[1 + 2 * k], sums[2 + 2 * k]} + sum_small(times, p.of[k]);
    sums[1 + 2 * k] = sum.hi;
    sums[2 + 2 * k] = sum.lo;
  }
}

}  // namespace thetahat::THETAHAT_ISA
