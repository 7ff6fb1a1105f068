/* What the compiled core is made of, in plain C: rows, models, kernels, derivatives, passes and exact fits.
 * The states of stochastic gradient ascent are in sgd_api.h.
 *
 * A model computes a family's likelihood and its derivatives from sums; it is compiled once. A kernel
 * computes sums from rows; it is compiled once per instruction set. Both take the model first, so that one
 * filled at run time would do.
 *
 * Sums are n_sums doubles, the first of which is n, the sum of the weights. A node is rows (those of positive
 * weight) followed by sums. Score and information of a model are in units of its scale, which neither
 * overflow nor underflow. Matrices are n_params x n_params, by rows. */
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Layouts of what records hold: raised when the meaning of their numbers changes, so that old ones are
 * refused. */
enum { thetahat_sums_layout = 4, thetahat_sgd_layout = 4 };

enum {
  thetahat_max_params = 8,
  thetahat_max_sums = 96,    /* of any model */
  thetahat_max_node = 97,    /* rows and sums */
  thetahat_max_at = 1 << 14, /* bytes of what a kernel prepares at one theta */
  thetahat_max_starts = 8,
  thetahat_max_levels = 3,
  thetahat_n_lanes = 16,
  thetahat_block_rows = 2048,
  thetahat_span_rows = 1 << 17
};

/* ---- rows */

enum {
  thetahat_float64,
  thetahat_float32,
  thetahat_float16,
  thetahat_int8,
  thetahat_int16,
  thetahat_int32,
  thetahat_int64,
  thetahat_uint8,
  thetahat_uint16,
  thetahat_uint32,
  thetahat_uint64
};

/* Rows as they lie in memory: n values of one type, `step` bytes apart. */
typedef struct thetahat_rows {
  const char* data;
  int64_t n, step;
  int type, swapped;   /* swapped: of the other byte order */
  int in_place;        /* aligned native contiguous doubles */
  int omit_nan;        /* NaN rows are left out */
  const uint8_t* mask; /* NumPy's: a byte per row, not zero where it is left out; or NULL */
  int64_t mask_step;
  const uint8_t* validity; /* Arrow's: a bit per row from first_bit on, zero where it is left out; or NULL */
  int64_t first_bit, bit_step;
  const struct thetahat_rows*
      weights; /* as many rows, none of them left out; or NULL: each row counts once */
} thetahat_rows;

/* At most thetahat_block_rows doubles, and their weights: NULL where each counts once. */
typedef struct {
  const double *x, *w;
  int64_t n;
} thetahat_block;

/* Rows beside an open interval. Weights are double-doubles: of the rows below it, at its lower end, inside,
 * at its upper end (0 where that is the lower one too), and of all, which is NaN where one is negative or
 * NaN. Those inside are copied while there is room: all of them are there if copies <= room. */
enum { thetahat_below, thetahat_at_low, thetahat_inside, thetahat_at_high, thetahat_all, thetahat_classes };
typedef struct {
  double low, high;
  double weight[thetahat_classes][2];
  int64_t copies, room;
  double *x, *weights; /* weights may be NULL where each row counts once */
} thetahat_partition;

/* Rows of a closed interval by buckets, into which the interval is cut evenly by the order of the bits of
 * doubles: how many have a weight, and their weights as double-doubles. The first bucket is for those below
 * the interval, the last one for those above, NaN among them. */
enum { thetahat_bucket_bits = 12, thetahat_buckets = (1 << thetahat_bucket_bits) + 2 };
typedef struct {
  double low, high;
  int64_t rows[thetahat_buckets];
  double weight[thetahat_buckets][2];
} thetahat_ranks;

/* ---- models and kernels */

/* The free coordinate of a parameter, which runs from -inf to inf: the parameter itself, in units of the
 * scale (its domain may still be bounded); the logarithm of its distance to the bound that it has; log(p / (1
 * - p)), p its share of the way from the lower bound to the upper one. */
enum { thetahat_identity, thetahat_log, thetahat_logit };

/* The regularity of the likelihood in a parameter, at its maximum: the score is zero; the score jumps from
 * above zero to below (then the first parameter is a location, whose maximum is a median, and the second a
 * scale); or the support would no longer hold all rows. */
enum { thetahat_regular, thetahat_nonsmooth, thetahat_boundary };

/* The coordinate in which probabilities are integrated, where the density falls off from one peak at least as
 * fast as an exponential: x; log x; log(x / (1 - x)), by which two parameters change places; asinh((x - first
 * parameter) / scale); angles of period 2 pi about the first parameter. Counts are added up. */
enum {
  thetahat_real_line,
  thetahat_half_line,
  thetahat_unit_line,
  thetahat_wide_line,
  thetahat_circle,
  thetahat_counts
};

typedef struct {
  double low, high; /* the open interval of its domain */
  int coordinate;
  int scale_power; /* the power of the model's scale in it */
  int regularity;
} thetahat_parameter;

/* A likelihood and its derivatives at one theta, from a sample's sums: all that layers above a model read.
 * Derivatives of parts of a sample add up; what a model adds to them, where elimination would cancel or the
 * score has no root, is dropped then. */
typedef struct {
  double n, scale, log_likelihood;
  double score[thetahat_max_params];
  double information[thetahat_max_params * thetahat_max_params]; /* minus the Hessian */
  int has_covariance; /* the model's own inverse of the information; 2: there is none, it is not positive
                         definite */
  int has_residual;   /* the score less what a maximum may leave of it */
  double covariance[thetahat_max_params * thetahat_max_params];
  double residual[thetahat_max_params];
} thetahat_derivatives;

/* The same in the units of the rows. */
typedef struct {
  double log_likelihood;
  double score[thetahat_max_params];
  double information[thetahat_max_params * thetahat_max_params];
  double covariance[thetahat_max_params * thetahat_max_params];
  double standard_error[thetahat_max_params];
  /* score' information^-1 score; NaN, as are the two before it, where it is not concave. Where the model has
   * no standard errors at theta, only these two are NaN. */
  double decrement;
} thetahat_values;

/* log P(a < x <= b) and its derivatives in units of the scale: the lower triangle of the second ones by rows.
 */
typedef struct {
  double value;
  double first[thetahat_max_params];
  double second[thetahat_max_params * (thetahat_max_params + 1) / 2];
} thetahat_log_probability;

/* Some of a sample's rows, from which start values are taken. */
typedef struct {
  const double *x, *w; /* w may be NULL */
  int64_t n;
} thetahat_pilot;

typedef struct thetahat_model thetahat_model;
typedef struct thetahat_intervals thetahat_intervals;
typedef struct thetahat_update_rule thetahat_update_rule;
typedef struct thetahat_sgd_state thetahat_sgd_state;
typedef struct thetahat_epoch_reader thetahat_epoch_reader;
typedef struct thetahat_lanes thetahat_lanes;

/* From rows to sums, and to scores and densities of single rows, for one instruction set. */
typedef struct {
  int64_t at_size; /* bytes that prepare writes, aligned as a cache line */
  void (*prepare)(const thetahat_model*, const double* theta, void* at);
  void (*sums)(const thetahat_model*, const void* at, const thetahat_block*, double* sums);
  /* Without the moments that none but a shift needs; where a model has none, the same. */
  void (*few_sums)(const thetahat_model*, const void* at, const thetahat_block*, double* sums);
  /* Of a full block of floats where they lie; NULL: they are converted. */
  void (*float_sums)(const thetahat_model*, const void* at, const float* x, double* sums);
  /* In units of the scale: out[j * thetahat_block_rows + i], n at most thetahat_block_rows. */
  void (*row_scores)(const thetahat_model*, const double* theta, const double* x, int64_t n, double* out);
  void (*log_density)(const thetahat_model*, const double* theta, const double* x, double* out, int64_t n);
  /* Steps of single rows from several thetas in the lanes of registers; NULL: one after the other. */
  void (*lanes)(const thetahat_model*, thetahat_lanes*, const double* x, int shared, int64_t n);
} thetahat_kernel;

struct thetahat_model {
  const char* name;
  int n_params, n_sums;
  int sufficient; /* the sums do not depend on theta */
  int tallied;    /* rows are counts, small ones of which are tallied */
  const thetahat_parameter* parameters;
  const thetahat_kernel* kernel; /* that of the instruction set in use */

  void (*merge)(const thetahat_model*, double* left, const double* right); /* left becomes left ++ right */
  int (*finite)(const thetahat_model*, const double* sums);
  double (*scale)(const thetahat_model*, const double* theta);
  void (*derivatives)(const thetahat_model*, const double* theta, const double* sums, thetahat_derivatives*);
  void (*score)(const thetahat_model*, const double* theta, const double* sums, double* score);
  /* What solves the equations of the sums. 0: there is no maximum; else theta may still lie outside its
   * domain, where doubles cannot hold it. Where all parameters are regular, fixed is not read. Sums that
   * depend on theta are those at theta as it comes in. NULL: there is no such equation. */
  int (*maximum)(const thetahat_model*, const double* sums, const int* fixed, double* theta);
  /* Where sums do not depend on theta: their maximum, no parameter fixed, and its errors. 0: there is none
   * that doubles hold. NULL: it is to be asked step by step. */
  int (*solve)(const thetahat_model*, const double* sums, double* theta, thetahat_values*);
  /* The sums at a theta near by, from those of a pass at another (not from shifted ones). error: a bound on
   * that of the score, as a share of what the scores of single rows are; 0 where it is so large that not even
   * a step can be judged by them. NULL: unknown. */
  int (*shift)(const thetahat_model*, const double* theta, const double* sums, const double* to,
               double* shifted, double* error);
  /* The maximum over some parameters, the others given, from sums at theta: writes those parameters of `to`,
   * to which shift is exact. 0: they are fixed, or there already. NULL: there is no such equation. */
  int (*profile)(const thetahat_model*, const double* theta, const double* sums, const int* fixed,
                 double* to);
  /* Where few rows outweigh all others at theta, a better one, by how much they do; else 0. NULL: unknown. */
  int (*leap)(const thetahat_model*, const double* theta, const double* sums, double* to);
  /* Rough values of the parameters; 0 where these rows have no maximum. NULL: none is ever needed. */
  int (*start)(const thetahat_model*, const thetahat_pilot*, double* theta);
  /* Others, where the likelihood may have several maxima; returns how many, at most thetahat_max_starts - 1.
   * NULL: there are none. */
  int (*other_starts)(const thetahat_model*, const thetahat_pilot*, double (*starts)[thetahat_max_params]);
  /* Whether rows may have a maximum with no parameter fixed, and two figures for the message that explains
   * why not. NULL: they may. */
  int (*existence)(const thetahat_model*, const thetahat_pilot*, double* figures);
  int (*valid)(const thetahat_model*, const double* theta);
  /* Whether the inverse information at theta is a covariance of the estimates; 0 as where a support that
   * depends on theta ends in too high a density. NULL: everywhere. */
  int (*has_standard_errors)(const thetahat_model*, const double* theta);
  /* Rows that count and are not finite, or lie outside the support (theta may be NULL: that of all thetas
   * together); at: the first one's index. */
  int64_t (*count_outside)(const thetahat_model*, const double* theta, const thetahat_rows*, int64_t first,
                           int64_t n, int64_t* at);
  /* Full-batch ascent on the sums; returns the epochs done, fewer when the next step would diverge. fixed may
   * be NULL. */
  int64_t (*gradient_ascent)(const thetahat_model*, const double* sums, double rate, int64_t epochs,
                             const int* fixed, double* theta, double* trace);
  /* Stochastic steps of the textbook rule, and of the preconditioned one: on n rows at x, a whole number of
   * batches or the last of them; or where there is a reader, on the next n units of its window. These are
   * single rows, which are written to x, or by the textbook rule batches, which are not. */
  void (*textbook_steps)(const thetahat_model*, const thetahat_update_rule*, thetahat_sgd_state*,
                         thetahat_epoch_reader*, double* x, const double* w, int64_t n);
  void (*preconditioned_steps)(const thetahat_model*, const thetahat_update_rule*, thetahat_sgd_state*,
                               thetahat_epoch_reader*, double* x, const double* w, int64_t n);
  /* Steps on n rows of several thetas, one after the other. */
  void (*lane_rows)(const thetahat_model*, thetahat_lanes*, const double* x, int shared, int64_t n);

  int line; /* a coordinate */
  /* log P(a < x <= b), a or b infinite, in closed form; 0: there is none of an interval with two finite ends.
   * NULL: there is none at all. */
  int (*log_probability)(const thetahat_model*, const double* theta, double a, double b,
                         thetahat_log_probability*);
  /* The logarithm of the hazard of rows, added up: it is c + d log x. Minus its derivatives are added to
   * those of a sample where rows of this weight and sum of log x are right-censored. NULL: it is another. */
  void (*log_hazard)(const thetahat_model*, const double* theta, double n, double sum_log,
                     thetahat_log_probability*);
  /* Of a sample with censored rows: what is known of them, and the model of the others. Else NULL. */
  const thetahat_intervals* intervals;
  const thetahat_model* exact;
};

/* A mathematical function of one number: out[i] = f(x[i]); out may be x. */
typedef struct {
  const char* name;
  void (*apply)(const double* x, double* out, int64_t n);
} thetahat_function;

struct thetahat_formula;

/* What is compiled for one instruction set. */
typedef struct {
  const char* isa;
  const thetahat_kernel* kernels; /* in the order of the models */
  /* Rows from p on, which may not be in place, as doubles; whether each of some rows counts, 1 or 0, and how
   * many do (x may be NULL where NaN is not omitted); those that count, one after another, without a branch
   * for each. */
  const double* (*convert)(const thetahat_rows*, const char* p, int64_t n, double* buffer);
  int64_t (*mark_counted)(const thetahat_rows*, int64_t first, int64_t n, const double* x, uint8_t* keep);
  int64_t (*pack)(const double* x, const uint8_t* keep, int64_t n, double* out);
  void (*partition)(const thetahat_block*, thetahat_partition*);
  /* Over row scores: their sum, and the pass that adds up their products. */
  void (*sum_scores)(int n_params, const double* scores, const thetahat_block*, double* score);
  void (*prepare_products)(const thetahat_model*, const double* theta, void* at);
  void (*sum_products)(const thetahat_model*, const void* at, const thetahat_block*, double* sums);
  /* The kernel of models that are filled at run time, and their programs for single rows: output k of row i
   * at out[k * stride + i]. */
  const thetahat_kernel* formula;
  void (*formula_outputs)(const struct thetahat_formula*, int program, const double* uniforms,
                          const double* x, int64_t n, double* out, int64_t stride);
  int n_functions;
  const thetahat_function* functions;
} thetahat_level;

/* The instruction sets that this processor can run, the best one first; returns their number. */
int thetahat_levels(const thetahat_level** levels);
/* Takes one of them into use: to be called once, before anything else. Returns the number of models. */
int thetahat_use(const thetahat_level* level, const thetahat_model** models);

/* ---- passes: a tree takes rows in, and its total is their node */

typedef struct thetahat_tree thetahat_tree;
int64_t thetahat_tree_size(void); /* bytes */
/* theta may be NULL where the sums do not depend on it. Products: the sums are those of the products of the
 * rows' scores, of the lower triangle by rows. Few sums: they are not to be shifted. */
enum { thetahat_all_sums, thetahat_few_sums, thetahat_products };
void thetahat_tree_clear(thetahat_tree*, const thetahat_model*, const double* theta, int kind);
/* Adds rows from `first` on, as many as one slice between two checks for signals holds; returns how many. */
int64_t thetahat_tree_add(thetahat_tree*, const thetahat_rows*, int64_t first, int threads);
void thetahat_tree_total(const thetahat_tree*, double* node);

/* products (a node) may be NULL; else the covariance is the sandwich. Fixed parameters have no covariance. */
void thetahat_evaluate(const thetahat_model*, const double* node, const double* products, const double* theta,
                       const int* fixed, thetahat_values*);

/* ---- checks and copies of rows; each returns after one slice how many rows it has read */

typedef struct {
  int64_t done, count, first; /* rows read; bad ones among them; the index of the first, or -1 */
} thetahat_count;

enum { thetahat_not_finite, thetahat_inexact, thetahat_no_weight, thetahat_null };
int64_t thetahat_count_bad(int what, const thetahat_rows*, thetahat_count*);
int64_t thetahat_count_outside(const thetahat_model*, const double* theta, const thetahat_rows*,
                               thetahat_count*);
/* Copies those that count, and their weights where there is room for them; count: of the copies. */
int64_t thetahat_copy_counted(const thetahat_rows*, thetahat_count*, double* out, double* weights);
int64_t thetahat_density_rows(void); /* densities between two checks for signals */

/* ---- rows by their ranks, for medians */

/* Add a slice of rows from `first` on, those that count; return how many. -1: memory is out. Begun by zeros,
 * the ends of the interval, and the room for copies. */
int64_t thetahat_partition_rows(const thetahat_rows*, int64_t first, int threads, thetahat_partition*);
int64_t thetahat_rank_rows(const thetahat_rows*, int64_t first, int threads, thetahat_ranks*);
/* The least row up to which there is half of the weight, and the least up to which there is more: each is in
 * a closed interval, that of one number if it is known. ends: the two intervals. 0: the weight is not
 * positive and finite; -1: memory is out. */
int thetahat_locate(const thetahat_partition*, double* ends);
/* The bucket that holds one of these two, as an interval; returns how many of its rows have a weight. */
int64_t thetahat_bucket(const thetahat_ranks*, int more, double* ends);

/* ---- Newton's method */

/* The next theta to evaluate, the best one so far, and what was found there. */
typedef struct {
  double theta[thetahat_max_params], best[thetahat_max_params], step[thetahat_max_params];
  double evaluated[thetahat_max_params]; /* where the last sums were taken */
  int fixed[thetahat_max_params];
  int has_best;
  double newton[thetahat_max_params]; /* the last step of Newton's, and how many times as far it went */
  double stretch;
  double step_cap;                         /* how many scales a step may take; 0: the usual two */
  double log_likelihood, decrement;        /* at the best; the latter NaN where it is not concave */
  int zero_curvature[thetahat_max_params]; /* free coordinates in which the likelihood is flat there */
  int at_bound[thetahat_max_params];       /* parameters that run to the bound of their domain */
  int evaluations;
  int state;
} thetahat_newton;

/* Where it ends: at the maximum; where the likelihood increases towards a limit; or at neither. */
enum { thetahat_running, thetahat_converged, thetahat_at_limit, thetahat_unfinished };

/* One iteration for each of so many groups: nodes and states lie one after another. */
void thetahat_newton_iterate(const thetahat_model*, int64_t groups, const double* nodes, thetahat_newton*);

/* ---- the exact fit: a machine that asks for rows, and for passes, until it is done */

enum {
  thetahat_wants_pilot, /* about pilot_rows of the rows, spread evenly over the sample */
  thetahat_wants_all,   /* all rows, since those of a pilot are too much alike to start from */
  thetahat_wants_pass,  /* the node at theta */
  /* and where it ends: */
  thetahat_fit_converged,
  thetahat_no_start,      /* the rows have no maximum to start from */
  thetahat_no_maximum,    /* the sums have none */
  thetahat_fit_failed,    /* from no start: Newton's method ended where the likelihood tends to a limit */
  thetahat_fit_unfinished /* or, from some, before it found a maximum or such a limit */
};

typedef struct {
  int fixed[thetahat_max_params];
  double fixed_values[thetahat_max_params];
  int has_start;
  double start[thetahat_max_params];
  int64_t size; /* rows of the sample that count */

  int state;
  int64_t pilot_rows;
  double theta[thetahat_max_params];     /* where the node is wanted; in the end, the maximum */
  double evaluated[thetahat_max_params]; /* where the last node was taken */
  double figures[2];                     /* of existence, where there is no start */
  double starts[thetahat_max_starts][thetahat_max_params];
  int n_starts, next_start; /* how many, and the one that is tried where none before succeeds */
  int explored;             /* evaluations that led to the maximum of the pilot */
  int at_limit;             /* whether the likelihood tended to a limit, from one of them */
  int found, started;       /* whether theta holds start values, and good ones */
  int next_pilot;           /* of the pilots that Newton's method begins on */
  int last_pass;            /* the pass at the maximum itself */
  thetahat_newton newton;
} thetahat_exact;

void thetahat_exact_begin(const thetahat_model*, thetahat_exact*);
void thetahat_exact_pilot(const thetahat_model*, thetahat_exact*, const thetahat_pilot*);
/* The node becomes that at the maximum where its sums give it. */
void thetahat_exact_pass(const thetahat_model*, thetahat_exact*, double* node);

/* The machine on rows in memory, which answers it slice by slice; begun by zeros and thetahat_exact_begin. */
typedef struct {
  thetahat_exact exact;
  const thetahat_rows** chunks;
  int64_t n_chunks;
  int threads;
  thetahat_tree* tree;
  int64_t chunk, row; /* the next rows of the pass */
  int in_pass, rows_are_good;
  int64_t passes;
  double node[thetahat_max_node]; /* of the last pass */
} thetahat_fit;

/* Why the fit returns: it has ended, or wants all rows; there may be signals; some rows or weights may be
 * none, and are to be checked (rows_are_good set) before it goes on; no row counts; memory is out. */
enum {
  thetahat_fit_ended,
  thetahat_fit_slice,
  thetahat_fit_check,
  thetahat_fit_empty,
  thetahat_fit_no_memory
};
int thetahat_fit_advance(const thetahat_model*, thetahat_fit*);

/* ---- pilots of rows that arrive in portions: some of them are kept, which pilots are taken from */

typedef struct thetahat_subsample thetahat_subsample;
enum { thetahat_no_memory = -2 };
/* Of so many rows that count, for pilots of about `wanted` or fewer; 0: their number is not known. NULL:
 * memory is out. */
thetahat_subsample* thetahat_new_subsample(int64_t rows, int64_t wanted);
void thetahat_free_subsample(thetahat_subsample*);
/* Adds rows from `first` on, after those before; returns how many, or thetahat_no_memory. */
int64_t thetahat_add_to_subsample(thetahat_subsample*, const thetahat_rows*, int64_t first);
int64_t thetahat_rows_seen(const thetahat_subsample*); /* that count */
/* A pilot of about so many rows, and their weights where there are some: room for thetahat_subsample_size.
 * Returns how many, -1 where a weight is negative or not finite, or thetahat_no_memory. */
int64_t thetahat_subsample_size(const thetahat_subsample*);
int64_t thetahat_take_subsample(const thetahat_subsample*, int64_t wanted, double* x, double* w);

#ifdef __cplusplus
}
#endif
