/* Fits of many groups of rows in one call, in plain C: rows put together by group, and a fit for each group.
 *
 * A group's fit has the bits of the exact fit of its rows alone, so that neither the other groups nor the
 * number of threads change it. */
#pragma once
#include "thetahat/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why a function returns: it is done; there may be signals; a code is out of range; rows were changed by
 * another thread while they were read; memory is out. */
enum {
  thetahat_groups_done,
  thetahat_groups_slice,
  thetahat_groups_bad_code,
  thetahat_groups_changed,
  thetahat_groups_no_memory
};

/* ---- codes of integer keys: the place of each among the distinct ones, in increasing order */

typedef struct {
  const void* keys; /* contiguous, of an integer type of thetahat_rows */
  int type;
  int64_t n;
  void* codes; /* n of int64_t where wide, otherwise of int32_t; NULL: only their range is wanted */
  int wide;
} thetahat_keys;

typedef struct thetahat_coding thetahat_coding;
thetahat_coding* thetahat_coding_begin(const thetahat_keys*, int threads); /* NULL: memory is out */
void thetahat_coding_end(thetahat_coding*);
int thetahat_coding_advance(thetahat_coding*);
/* The distinct keys as int64_t in the same order, those of 64 bits without sign less 2^63; how many. Without
 * codes: the least and the greatest. */
int64_t thetahat_coding_uniques(const thetahat_coding*, const int64_t** uniques);

/* ---- rows by group */

/* Rows in any order with the code of the group of each, 0 <= code < n_groups; those of code -1 are dropped.
 * Keys of a narrow range need no codes: the code of a row is its key less the least one. */
typedef struct {
  const thetahat_rows** chunks;
  int64_t n_chunks;
  const void* codes; /* contiguous, one for each row of all chunks: int32_t or int64_t, or keys */
  int type;          /* theirs, an integer one of thetahat_rows */
  int keyed;         /* they are keys, of which there are fewer than 2^31 from the least to the greatest */
  int64_t least;     /* key, as thetahat_coding_uniques has it */
  int64_t n_groups;
} thetahat_coded_rows;

typedef struct thetahat_partitioning thetahat_partitioning;

/* Puts rows together, those of a group in their order. NULL: memory is out. */
thetahat_partitioning* thetahat_partition_begin(const thetahat_coded_rows*, int threads);
void thetahat_partition_end(thetahat_partitioning*);
/* First the rows of each group are counted, in slices; then it is known how many are kept. */
int thetahat_partition_count(thetahat_partitioning*);
int64_t thetahat_partition_kept(const thetahat_partitioning*);
/* x and weights (or NULL) with room for the rows kept, offsets for n_groups + 1 numbers. */
int thetahat_partition_scatter(thetahat_partitioning*, double* x, double* weights, int64_t* offsets);

/* Rows that lie together: those of group g are offsets[g] .. offsets[g + 1] - 1. */
typedef struct {
  const double *x, *w; /* w may be NULL */
  const int64_t* offsets;
  int64_t n_groups;
} thetahat_groups;

/* ---- fits */

enum {
  thetahat_group_converged,
  thetahat_group_boundary,     /* at a maximum on the boundary of the support */
  thetahat_group_no_maximum,   /* reason: towards which limit the likelihood increases, if that is known */
  thetahat_group_too_few,      /* fewer rows of positive weight than parameters to fit, and no maximum */
  thetahat_group_equal_rows,   /* all rows are equal, and there is no maximum */
  thetahat_group_not_finished, /* Newton's method ended before it found a maximum, or that there is none */
  thetahat_group_bad_rows,     /* reason: why; how many, and which is the first */
  thetahat_group_precision     /* as near to the maximum as doubles come */
};

/* Parameter j runs to the lower end of its domain: 1 + 2 j; to the upper one: 2 + 2 j. */
enum {
  thetahat_no_reason = 0,
  thetahat_reason_condition = 1 + 2 * thetahat_max_params, /* the family's condition for a maximum */
  thetahat_reason_overflow,   /* sums, or the maximum, are beyond what doubles hold */
  thetahat_reason_not_finite, /* rows that are NaN or infinite */
  thetahat_reason_outside,    /* rows outside the support */
  thetahat_reason_weight      /* weights that are negative or not finite */
};

/* One entry for each group, n_params or their square of theta, stderr and cov; NaN where there is no fit. */
typedef struct {
  double *theta, *standard_error;
  double* covariance; /* or NULL */
  double *log_likelihood, *decrement, *n;
  int64_t* rows;
  int32_t* passes;
  uint8_t* status;
  int32_t* reason;
  int64_t *bad, *first_bad; /* of thetahat_group_bad_rows alone: of others they are not written */
} thetahat_group_fits;

/* Values of fixed parameters and start values, NaN where a parameter is free or there is no start: NULL, or
 * n_params for each group, stride 0 where they are the same for all. */
typedef struct {
  const thetahat_model* model;
  thetahat_groups groups;
  const double *fixed, *start;
  int64_t fixed_stride, start_stride;
  int threads;
  thetahat_group_fits out;
} thetahat_group_task;

typedef struct thetahat_group_run thetahat_group_run;

thetahat_group_run* thetahat_group_fit_begin(const thetahat_group_task*); /* NULL: memory is out */
void thetahat_group_fit_end(thetahat_group_run*);
/* Goes on for a slice of time: thetahat_groups_done, _slice or _no_memory. done: groups that are. */
int thetahat_group_fit_advance(thetahat_group_run*, int64_t* done);

/* Sums of sufficient families: a node for each group, and the fits on them. */
int64_t thetahat_group_sums(const thetahat_model*, const thetahat_groups*, int64_t first, double* nodes);
void thetahat_merge_group_sums(const thetahat_model*, int64_t n, double* left, const double* right);
void thetahat_group_fit_sums(const thetahat_group_task*, const double* nodes, int64_t first, int64_t n);

#ifdef __cplusplus
}
#endif
