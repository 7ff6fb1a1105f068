/* The table of function pointers: all that Cython sees of the compiled core.
 *
 * One table per instruction set; the families of a table are in the order of families.def. Sums and trees are
 * opaque: their owner holds thetahat_max_sums doubles, or tree_size bytes, aligned as malloc aligns. */
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { thetahat_chains_n = 16 };
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

/* The rows of a stochastic ascent, none of them left out, in the order that its epochs take them, and where
 * the present one stands: zeros to begin with. */
typedef struct {
  const thetahat_rows* rows;
  int order;
  int64_t unit; /* neighbouring rows that stay together: a batch, or one row */
  int64_t run;  /* those that enter the window together, a whole number of units; 0: there is no window */
  int64_t room; /* rows of the window */
  thetahat_words words; /* its bitgen may be NULL when order is sequential */
  uint32_t* runs;       /* room for the order of the runs, or of the units where there is no window */
  double *x, *w;        /* the window: room for `room` rows each; w may be NULL without weights */
  uint32_t* units;      /* room for the order of its units */

  int64_t next;        /* runs, or units, taken in this epoch; rows where the order is sequential */
  int64_t window_rows; /* those in the window, */
  int64_t loaded;      /* its units; of them, */
  int64_t drawn, used; /* those put in their order, and those taken */
} thetahat_feed;

enum { thetahat_plain = 0, thetahat_momentum = 1, thetahat_adam = 2 };
enum { thetahat_last = 0, thetahat_of_all = 1, thetahat_of_epoch = 2 };

/* What a step does with a batch's score. */
typedef struct {
  int logarithmic; /* steps are of the free coordinates, not of the parameters themselves */
  int scaled;      /* by the inverse of the information of one row */
  int mean;        /* the score is divided by the rows of the batch */
  int kind;
  int averaged; /* the mean of thetas is kept: of all, or of an epoch's */
  int implicit; /* the score is taken where the step leads */
  int64_t batch;
  double rate, offset, power; /* the step at row t is rate (t + offset)^-power times the score */
  double memory;              /* how much less a row counts at the next one: 1 never forgets */
  double beta1, beta2, epsilon;
  const int* held; /* parameters that stay where they are; or NULL */
} thetahat_rule;

/* Where a stochastic ascent stands: numbers alone. Free coordinates: u = theta / unit^dimension of a real
 * parameter, log of a positive one, log(p / (1 - p)) of one between 0 and 1. */
typedef struct {
  double theta[thetahat_max_params];
  double diverged; /* not 0: a step left the parameters' domain, theta is the one before it */
  double t;        /* rows that steps were taken on; their weights, where steps are scaled */
  double steps;
  double unit;                             /* a power of two near the scale of the first theta */
  double first[thetahat_max_params];       /* momentum's velocity, or Adam's means of scores */
  double second[thetahat_max_params];      /* and of their squares, */
  double fading[2];                        /* what is left in them of the zeros that they began with */
  double moved[thetahat_max_params];       /* how far theta has come, in the coordinates of the steps */
  double mean[thetahat_max_params], means; /* the mean of that, and of how many steps */
  double metric[thetahat_max_params * thetahat_max_params]; /* what scales a score, */
  double limit[thetahat_max_params];                        /* and how far a scaled step may go */
  /* Of the rows so far: how many, and, less what has faded, weights and number. Each where theta was then, in
   * free coordinates u from those of the first theta: log-likelihood level + pull' u - u' J u / 2. */
  double lost; /* the last of them are of another law than those before, which should be forgotten */
  double rows, n, counted, level, origin[thetahat_max_params];
  double information[thetahat_max_params * thetahat_max_params], pull[thetahat_max_params];
} thetahat_walk;

/* Independent stochastic ascents side by side, by the notebook's steps on single rows. */
typedef struct {
  double theta[thetahat_chains_n][thetahat_max_params], rate[thetahat_chains_n];
  double unit[thetahat_chains_n];  /* as of a walk */
  double going[thetahat_chains_n]; /* 0 from the step on that would have left the domain */
} thetahat_chains;

/* A stochastic ascent over epochs. */
typedef struct {
  thetahat_feed feed;
  thetahat_rule rule;
  thetahat_walk walk;
  double *x, *w;           /* room for a segment, after which it takes stock: one batch, or several */
  int64_t segment;         /* its rows; of them, */
  int64_t filled, stepped; /* those that are there, and those that steps were taken on */
  int64_t epoch, epochs;   /* done; to be done */
  double* trace;           /* by rows, theta in each; or NULL */
  int64_t trace_every;     /* steps between two of them; 0: once an epoch */
  int64_t traced;
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

typedef struct thetahat_family {
  const char* name;
  int n_params;
  int sufficient; /* the sums do not depend on theta */
  const int* domain;
  const int* dimension; /* the power of the family's scale in each parameter */
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
  /* A stochastic ascent: its units, before the first step; steps on some rows, a whole number of batches or
   * the last of them, which are read from x, or are the next ones of a window and written there; and taking
   * stock of rows after steps on them: it scales the next ones. */
  void (*set_out)(const thetahat_rule* rule, thetahat_walk* walk);
  void (*steps)(const thetahat_rule* rule, thetahat_walk* walk, thetahat_feed* feed, double* x,
                const double* w, int64_t n);
  void (*take_stock)(const thetahat_rule* rule, thetahat_walk* walk, const double* x, const double* w,
                     int64_t n);
  /* What it knows: theta's covariance from the information of the rows so far, and the squared distance to
   * their maximum, likewise. */
  void (*walked)(const thetahat_rule* rule, const thetahat_walk* walk, thetahat_values* values);
  /* Side by side: before the first step, and steps on rows, of which all chains take the same, or each its
   * own (thetahat_chains_n for each row). */
  void (*begin_chains)(thetahat_chains* chains);
  void (*chain_rows)(thetahat_chains* chains, const double* x, int shared, int64_t n);
  /* The walk goes on as if it had seen the other's rows too. */
  void (*join)(const thetahat_rule* rule, thetahat_walk* walk, const thetahat_walk* other);
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
  /* Copies the next rows of an epoch, as many as are wanted or fewer, one unit at least; returns how many: 0
   * when the epoch has ended, and the next one begins. */
  int64_t (*feed)(thetahat_feed* feed, int64_t wanted, double* x, double* w);
  void (*start_epoch)(thetahat_feed* feed); /* draws the order of its runs, as the first call of feed does */
  /* Goes on for about so many rows; returns 0 when the ascent has ended. */
  int (*stochastic_ascent)(const thetahat_family* family, thetahat_ascent* ascent, int64_t rows);
  /* The theta of an ascent: the last one, or the mean that the rule keeps. */
  void (*reported)(const thetahat_family* family, const thetahat_rule* rule, const thetahat_walk* walk,
                   double* theta);
  int n_functions;
  const thetahat_function* functions;
} thetahat_table;

/* The tables this processor can run, the best one first; returns their number. */
int thetahat_tables(const thetahat_table** tables);

enum { thetahat_max_tables = 3 };

#ifdef __cplusplus
}
#endif
