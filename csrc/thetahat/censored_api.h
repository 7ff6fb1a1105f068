/* Samples with rows of which only limits are known, in plain C.
 *
 * Beside exact rows there are intervals (a, b], each of which adds w log P(a < x <= b) to the log-likelihood:
 * of a censored row w is its weight; of a row that was seen only in a window, there is one of weight -w. A
 * model with intervals has these in its derivatives, so that whatever takes a model fits them too. */
#pragma once
#include "thetahat/api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const double *a, *b, *w; /* a < b, w of either sign */
  int64_t rows;
  double n;                /* the weight of the rows that the intervals stand for */
  const double* x;         /* rows that are right-censored but are handed over among the exact ones, */
  const double* x_weights; /* NULL: each counts once, */
  int64_t x_rows;          /* of a model with log_hazard */
  int threads;
  int (*interrupted)(void); /* asked now and then: whether to give up, which leaves NaN; NULL: never */
} thetahat_interval_rows;

/* A copy of what is given. NULL: memory is out. */
thetahat_intervals* thetahat_new_intervals(const thetahat_interval_rows*);
void thetahat_free_intervals(thetahat_intervals*);
/* The model of exact rows and intervals together; both are to stay. */
void thetahat_attach(const thetahat_model*, const thetahat_intervals*, thetahat_model* out);
/* What the intervals alone add, in units of the rows: the log-likelihood, score and information. */
void thetahat_evaluate_intervals(const thetahat_model*, const thetahat_intervals*, const double* theta,
                                 thetahat_values*);
/* log P of some intervals (a == b: the log-density), and scores in units of the rows, n_params for each;
 * scores may be NULL. */
void thetahat_interval_scores(const thetahat_model*, const double* theta, const double* a, const double* b,
                              int64_t n, double* log_p, double* scores);

#ifdef __cplusplus
}
#endif
