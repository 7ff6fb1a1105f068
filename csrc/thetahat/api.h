/* The table of function pointers: all that Cython sees of the compiled core.
 *
 * One table per instruction set; the families of a table are in the order of families.def. Sums and trees are
 * opaque: their owner holds thetahat_max_sums doubles, or tree_size bytes, aligned as malloc aligns. */
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { thetahat_max_params = 3, thetahat_span_rows = 1 << 17, thetahat_max_sums = 32 /* doubles */ };

/* Where a parameter may lie; unit: between 0 and 1, neither of them included. */
enum { thetahat_real, thetahat_positive, thetahat_unit, thetahat_above_minus_one };

/* How the likelihood peaks in a parameter: where its slope is zero; where the slope jumps from above zero to
 * below (then the first parameter is a location, which peaks at a median, and the second a scale); or where
 * the support would no longer hold all rows. */
enum { thetahat_smooth, thetahat_kink, thetahat_edge };

/* What NumPy's BitGenerator capsules hold. */
typedef struct {
  void* state;
  uint64_t (*next_uint64)(void* state);
  uint32_t (*next_uint32)(void* state);
  double (*next_double)(void* state);
  uint64_t (*next_raw)(void* state);
} thetahat_bitgen;

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

enum { thetahat_max_words = 4 };

/* Random words drawn and not yet used. */
typedef struct {
  thetahat_bitgen* bitgen;
  int left;
  uint64_t word[thetahat_max_words];
} thetahat_words;

/* A sample's sums seen from one theta. Matrices are n_params x n_params, by rows. */
typedef struct {
  double log_likelihood;
  double score[thetahat_max_params];
  double information[thetahat_max_params * thetahat_max_params]; /* minus the Hessian */
  double covariance[thetahat_max_params * thetahat_max_params];  /* its inverse */
  double standard_error[thetahat_max_params];
  /* score' covariance score: the squared distance to the maximum in standard errors. NaN, as are the two
   * before it, where the information is not positive definite. */
  double decrement;
} thetahat_values;

enum { thetahat_sequential = 0, thetahat_batches = 1, thetahat_samples = 2 };

/* A stochastic ascent: its data, its settings, and where it stands: theta, and zeros to begin with. */
typedef struct {
  const double* x;
  const double* weights; /* positive; or NULL */
  int64_t n, batch_size, epochs;
  int order;
  double learning_rate;
  thetahat_words words; /* its bitgen may be NULL when order is sequential */
  uint32_t* index;      /* one entry per unit that is shuffled; NULL when order is sequential */
  double* batch;        /* room for batch_size rows and as many weights; NULL unless batches of several
                         * shuffled samples are gathered */
  double* trace;        /* (epochs + 1) x n_params, or NULL */
  const int* held;      /* parameters that stay where they are; or NULL */

  double theta[thetahat_max_params];
  int64_t epoch;                   /* epochs done */
  int64_t filled, drawn, position; /* of the present one: units indexed, put in their order, and used */
  int64_t gathered;                /* rows waiting in batch */
  int diverged;                    /* a step left the parameters' domain: theta is the one before it */
} thetahat_ascent;

/* A pass over rows: a tree takes them in, and its total is their sums. */
typedef struct {
  int64_t tree_size;
  void (*clear)(void* tree, const double* theta); /* theta may be NULL where the sums do not depend on it */
  void (*add)(void* tree, const thetahat_rows* rows, int64_t first, int64_t n, int threads);
  void (*total)(const void* tree, void* sums);
  int (*finite)(const void* sums);
} thetahat_pass;

/* A climb by Newton's method: the next theta to look at, the best one so far, and how it stands there. */
typedef struct {
  double theta[thetahat_max_params], best[thetahat_max_params], step[thetahat_max_params];
  int held[thetahat_max_params]; /* parameters that stay where they are */
  int standing;                  /* whether there is a best one */
  double stride;                 /* how many scales a step may take; 0: the usual two */
  double log_likelihood;         /* there */
  double decrement;              /* likewise; NaN where the log-likelihood is not concave */
  int flat[thetahat_max_params]; /* of whose free coordinate the rows say nothing there */
  int edge[thetahat_max_params]; /* which run to the bound of their domain */
  int looks;                     /* at how many thetas so far */
  int state;                     /* zero while the climb goes on */
} thetahat_climb;

enum { thetahat_climbing = 0, thetahat_arrived = 1, thetahat_stuck = 2 };

typedef struct {
  const char* name;
  int n_params;
  int sufficient; /* the sums do not depend on theta */
  const int* domain;
  const int* peak;

  thetahat_pass sums, products; /* products: of the rows' scores, for the sandwich */

  void (*merge)(void* left, const void* right); /* left becomes left ++ right */
  double (*n)(const void* sums);                /* the sum of the weights */
  double (*rows)(const void* sums);             /* those of positive weight */
  /* 0: there is none; else theta may still lie outside its domain, where doubles cannot hold it. Where all
   * parameters peak smoothly, held is not looked at. Sums that depend on theta are those at theta as it comes
   * in, and give the maximum over the parameters that do not change them but by a factor. NULL: there is no
   * way but to climb. */
  int (*maximum)(const void* sums, const int* held, double* theta);
  void (*climb)(const void* sums_at_theta, thetahat_climb* climb); /* one step */
  /* products may be NULL; else the covariance is the sandwich. Parameters that are held have no covariance.
   */
  void (*evaluate)(const void* sums, const void* products, const double* theta, const int* held,
                   thetahat_values* values);

  int (*valid)(const double* theta);
  void (*log_density)(const double* theta, const double* x, double* out, int64_t n);
  /* Rows that count and are not finite, or lie outside the support (theta may be NULL: that of all thetas
   * together); at: the first one's index. */
  int64_t (*count_outside)(const double* theta, const thetahat_rows* rows, int64_t first, int64_t n,
                           int64_t* at);

  /* Full-batch ascent on the sums; returns the epochs done, fewer when the next step would diverge. held may
   * be NULL. */
  int64_t (*gradient_ascent)(const void* sums, double rate, int64_t epochs, const int* held, double* theta,
                             double* trace);
  /* Goes on for about so many rows; returns 0 when the ascent has ended. */
  int (*stochastic_ascent)(thetahat_ascent* ascent, int64_t rows);
} thetahat_family;

/* A mathematical function of one number: out[i] = f(x[i]); out may be x. */
typedef struct {
  const char* name;
  void (*apply)(const double* x, double* out, int64_t n);
} thetahat_function;

/* Rows below `low`, from there to `high`, and above it. */
typedef struct {
  double low, high;
  double below, above; /* weights, added up one after another */
  int64_t between;     /* how many of the last rows lie there */
  double *x, *weights; /* copies of these; weights may be NULL */
} thetahat_split;

typedef struct {
  const char* isa;
  int n_families;
  const thetahat_family* families;

  /* Of rows first .. first + n - 1 that count: how many are not finite, are integers beyond 2^53, or are no
   * weights (at: the first one's index), and the copy of those that count (returns how many), with that of
   * their weights where there is room for it. */
  int64_t (*count_not_finite)(const thetahat_rows* rows, int64_t first, int64_t n, int64_t* at);
  int64_t (*count_inexact)(const thetahat_rows* rows, int64_t first, int64_t n, int64_t* at);
  int64_t (*count_no_weight)(const thetahat_rows* rows, int64_t first, int64_t n, int64_t* at);
  int64_t (*copy_counted)(const thetahat_rows* rows, int64_t first, int64_t n, double* out, double* weights);
  /* Splits those that count at low and high: weighs those below and those above, copies those between. */
  void (*split)(const thetahat_rows* rows, int64_t first, int64_t n, thetahat_split* split);
  /* One epoch's order of the units 0 .. n - 1. */
  void (*shuffle)(thetahat_bitgen* bitgen, uint32_t* index, int64_t n);
  int n_functions;
  const thetahat_function* functions;
} thetahat_table;

/* The tables this processor can run, the best one first; returns their number. */
int thetahat_tables(const thetahat_table** tables);

enum { thetahat_max_tables = 3 };

#ifdef __cplusplus
}
#endif
