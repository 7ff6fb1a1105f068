/* Stochastic gradient ascent, in plain C: rules, states, and what runs them. */
#pragma once
#include "thetahat/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What NumPy's BitGenerator capsules hold. */
typedef struct {
  void* state;
  uint64_t (*next_uint64)(void* state);
  uint32_t (*next_uint32)(void* state);
  double (*next_double)(void* state);
  uint64_t (*next_raw)(void* state);
} thetahat_bitgen;

/* Random words drawn and not yet used. */
enum { thetahat_max_words = 4 };
typedef struct {
  thetahat_bitgen* bitgen;
  int left;
  uint64_t word[thetahat_max_words];
} thetahat_random_buffer;

enum {
  thetahat_shuffle_none = 0,
  thetahat_shuffle_batches = 1,
  thetahat_shuffle_rows = 2,
  thetahat_shuffle_spread = 3
};

/* The rows of an ascent, none of them left out, in the order that its epochs take them, and the place in the
 * present one: zeros to begin with. */
struct thetahat_epoch_reader {
  const thetahat_rows* rows;
  int shuffle;
  int64_t batch_unit; /* neighbouring rows that stay together: a batch, or one row */
  int64_t
      group_rows;   /* those that enter the window together, a whole number of units; 0: there is no window */
  int64_t capacity; /* rows of the window */
  thetahat_random_buffer random; /* its bitgen may be NULL when nothing is shuffled */
  uint32_t* row_groups; /* room for the order of the groups, or of the units where there is no window */
  double *x, *w;        /* the window: room for `capacity` rows each; w may be NULL without weights */
  uint32_t* units;      /* room for the order of its units, or for what is drawn of its runs */

  int64_t next;        /* groups, or units, taken in this epoch; rows where nothing is shuffled */
  int64_t window_rows; /* those in the window, */
  int64_t loaded;      /* its units; of them, */
  int64_t drawn, used; /* those put in their order, and those taken */
};

enum { thetahat_plain = 0, thetahat_momentum = 1, thetahat_adam = 2 };
enum { thetahat_last = 0, thetahat_average_all = 1, thetahat_average_epoch = 2 };

/* What a step does with a batch's score. */
struct thetahat_update_rule {
  int free_coordinates; /* steps are of the free coordinates, not of the parameters themselves */
  int preconditioned;   /* by the inverse of the information of one row */
  int mean;             /* the score is divided by the rows of the batch */
  int update;
  int average;  /* the mean of thetas is reported: of all, or of an epoch's */
  int implicit; /* the score is taken where the step leads */
  int64_t batch;
  int64_t later_batch;        /* that of a stream which has become long; 0: the same */
  double rate, offset, power; /* the step at row t is rate (t + offset)^-power times the score */
  double forgetting_factor;   /* how much less a row counts at the next one: 1 never forgets */
  double beta1, beta2, epsilon;
  int any_fixed, fixed[thetahat_max_params];
};

/* The expansions of an epoch's rows, added up: weights, rows, log-likelihoods where they were taken, and
 * their parabola without its offset. */
typedef struct {
  double n, n_effective, log_likelihood;
  double information[thetahat_max_params * thetahat_max_params], linear_term[thetahat_max_params];
} thetahat_epoch_sums;

/* The state of an ascent: numbers alone, so that a record of them is complete. Free coordinates u as in
 * transform.hpp. */
struct thetahat_sgd_state {
  double theta[thetahat_max_params];
  double diverged; /* not 0: a step left the parameters' domain, theta is the one before it */
  double t;        /* rows that steps were taken on; their weights, where steps are preconditioned */
  double steps;
  double unit;                               /* a power of two near the scale of the first theta */
  double first_moment[thetahat_max_params];  /* momentum's velocity, or Adam's means of scores, */
  double second_moment[thetahat_max_params]; /* and of their squares, */
  double bias_correction[2];                 /* what is left in them of the zeros that they began with */
  double
      displacement[thetahat_max_params]; /* of theta since the first one, in the coordinates of the steps */
  double average[thetahat_max_params], averaged_steps; /* the mean of that, and of how many steps */
  double preconditioner[thetahat_max_params * thetahat_max_params];
  double step_limit[thetahat_max_params]; /* how far a preconditioned step may go */
  /* Of the rows so far: how many, those among them that theta gave no finite log-likelihood then and the
   * model is without, and, less what has been forgotten, weights and number. The quadratic model of their
   * log-likelihood, each segment's where theta was then, in free coordinates u from those of origin, the
   * first theta: offset + linear_term' u - u' information u / 2. */
  double change_point; /* the last segment's rows are of another distribution than those before */
  double rows, skipped, n, n_effective, offset, origin[thetahat_max_params];
  double information[thetahat_max_params * thetahat_max_params], linear_term[thetahat_max_params];
  /* Where steps follow the maximum: the epochs done, the present one's sums, and the anchor, which is theta
   * after the last segment of the first epoch or the stream; later epochs expand all rows about it. The best
   * anchor and the log-likelihood of all rows there, -inf while that of no anchor is known. */
  double epochs;
  thetahat_epoch_sums epoch;
  double anchor[thetahat_max_params], best[thetahat_max_params], best_log_likelihood;
};

/* An ascent over epochs of a sample, or along a stream; memory is the caller's. */
typedef struct {
  thetahat_epoch_reader reader;
  thetahat_update_rule rule;
  thetahat_sgd_state state;
  double *x, *w;   /* room for a segment of rows, after which the quadratic model is updated; w may be NULL */
  int64_t segment; /* its rows; of them, */
  int64_t filled, stepped;    /* those that are there, and those that steps were taken on */
  int64_t last;               /* rows of the segment before */
  int64_t epoch, epochs;      /* done; to be done */
  double* trace;              /* by rows, theta in each; or NULL */
  int64_t trace_every;        /* steps between two of them; 0: once an epoch */
  int64_t traced, trace_rows; /* thetas that are there, of so many that there is room for */
} thetahat_sgd;

/* How many doubles and indices a reader's window and orders need, from its rows, shuffle and batch. */
typedef struct {
  int64_t window, row_groups;
} thetahat_reader_memory;
thetahat_reader_memory thetahat_reader_plan(thetahat_epoch_reader*, int64_t batch);
/* Copies the next rows of an epoch, as many as are wanted or fewer, one unit at least; returns how many: 0
 * when the epoch has ended, and the next one begins. */
int64_t thetahat_read_rows(thetahat_epoch_reader*, int64_t wanted, double* x, double* w);
void thetahat_start_epoch(thetahat_epoch_reader*); /* draws the order of its groups, as the first read does */

int64_t thetahat_segment_rows(const thetahat_update_rule*);
/* Starts from state.theta; rows that are known (x may be NULL) give the first preconditioner, and count as
 * done. */
void thetahat_sgd_begin(const thetahat_model*, thetahat_sgd*, const double* x, const double* w, int64_t n);
/* Goes on for one slice of rows or for `rows` if these are fewer; returns 0 when the ascent has ended. */
int thetahat_sgd_run(const thetahat_model*, thetahat_sgd*, int64_t until, int64_t rows);
/* The batch and the segment of a stream by the rows that it has seen, after its state was set. */
void thetahat_sgd_settle(thetahat_sgd*);
/* Takes rows of a stream in, as far as one segment has room, and steps on whole batches; returns how many. */
int64_t thetahat_sgd_feed(const thetahat_model*, thetahat_sgd*, const double* x, const double* w, int64_t n);
void thetahat_sgd_finish(const thetahat_model*,
                         thetahat_sgd*); /* steps on what is left, and ends the segment */
/* The theta to report: the last one, or the mean that the rule keeps. */
void thetahat_sgd_report(const thetahat_model*, const thetahat_sgd*, double* theta);
/* theta's covariance and distance to the maximum by the quadratic model. */
void thetahat_sgd_evaluate(const thetahat_model*, const thetahat_sgd*, thetahat_values*);
/* The ascent becomes one over the rows of both. */
void thetahat_sgd_merge(const thetahat_model*, thetahat_sgd*, const thetahat_sgd* other);

/* Independent ascents side by side, by textbook steps on single rows. */
struct thetahat_lanes {
  double theta[thetahat_n_lanes][thetahat_max_params], rate[thetahat_n_lanes];
  double unit[thetahat_n_lanes];    /* as of sgd_state */
  double running[thetahat_n_lanes]; /* 0 from the step on that would have left the domain */
};
void thetahat_begin_lanes(const thetahat_model*, thetahat_lanes*);
/* Steps on rows, of which all lanes take the same, or each its own (thetahat_n_lanes for each row). */
void thetahat_lane_rows(const thetahat_model*, thetahat_lanes*, const double* x, int shared, int64_t n);

#ifdef __cplusplus
}
#endif
