/* Models that are filled at run time, in plain C: a log-density as programs for blocks of rows, and as terms
 * of its sums. */
#pragma once
#include "thetahat/api.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  thetahat_formula_registers = 40,  /* of a program */
  thetahat_formula_rows = 512,      /* that a register holds */
  thetahat_formula_uniforms = 2048, /* numbers that depend on theta alone */
  thetahat_formula_outputs = 1 + thetahat_max_params + thetahat_max_params * (thetahat_max_params + 1) / 2
};

/* What instructions do with registers a, b and c, and with constants k and l; of what depends on theta alone,
 * with numbers of the table. In the order of thetahat_formula_operations. */
enum {
  thetahat_op_add,
  thetahat_op_multiply,
  thetahat_op_min,
  thetahat_op_max,
  thetahat_op_less,
  thetahat_op_at_most,
  thetahat_op_equal,
  thetahat_op_where, /* b where a is not 0, else c */
  thetahat_op_fill,  /* k */
  thetahat_op_addc,  /* a + k */
  thetahat_op_mulc,  /* k a */
  thetahat_op_maddc, /* k a + l */
  thetahat_op_madd,  /* a + k b */
  thetahat_op_expc,  /* exp(k a) */
  thetahat_op_recip,
  thetahat_op_exp,
  thetahat_op_log,
  thetahat_op_log1p,
  thetahat_op_expm1,
  thetahat_op_sqrt,
  thetahat_op_abs,
  thetahat_op_sign,
  thetahat_op_sin,
  thetahat_op_cos,
  thetahat_op_sinh,
  thetahat_op_cosh,
  thetahat_op_tanh,
  thetahat_op_arctan,
  thetahat_op_lgamma,
  thetahat_op_digamma,
  thetahat_op_trigamma,
  thetahat_op_tetragamma,
  thetahat_op_erf,
  thetahat_op_erfc,
  thetahat_op_log_ndtr,
  thetahat_op_hazard, /* of the normal distribution at -a: density over distribution function */
  thetahat_op_softplus,
  thetahat_op_expit,
  thetahat_op_arcsinh,
  thetahat_op_log1p_rest,  /* (a - log(1 + a)) / a^2 */
  thetahat_op_log1p_rest1, /* its derivative */
  thetahat_op_log1p_rest2, /* its second derivative */
  thetahat_op_expm1_rest,  /* (exp(a) - 1 - a) / a^2 */
  thetahat_op_expm1_rest1,
  thetahat_op_expm1_rest2,
  thetahat_op_stirling, /* log Gamma(a) - (a - 1/2) log a + a - log(2 pi) / 2 */
  thetahat_op_stirling1,
  thetahat_op_stirling2,
  thetahat_op_sum,      /* of a, as sum `out` */
  thetahat_op_dot,      /* of a b */
  thetahat_op_sumlog,   /* of log a, as that of a product: `out` counts these sums apart */
  thetahat_op_sumlog1p, /* of log(1 + a) */
  thetahat_op_out,      /* a, as output `out` */
  thetahat_operations
};
extern const char* const thetahat_formula_operations[thetahat_operations];

/* Registers: -1 is x. */
typedef struct {
  int op, out, a, b, c, k, l;
} thetahat_instruction;

typedef struct {
  const thetahat_instruction* code;
  int64_t n;
} thetahat_program;

/* Programs: sums of a block; and for each row, its log-density l, the derivatives of l, and l with all its
 * first and second derivatives, which come by rows j <= i. */
enum {
  thetahat_sums_program,
  thetahat_density_program,
  thetahat_scores_program,
  thetahat_values_program,
  thetahat_programs
};

/* A summand of an output of the values program, summed over rows: coefficient times sum; sum -1 is n. */
typedef struct {
  int output, sum, coefficient;
} thetahat_formula_term;

/* The density is exp(l); exp(l) over its integral; or exp(l) is the intensity of a Poisson process. */
enum { thetahat_density, thetahat_unnormalized, thetahat_intensity };

typedef struct thetahat_formula thetahat_formula;

/* Writes up to thetahat_max_starts start values, the best first; returns how many. */
typedef int (*thetahat_formula_start)(const thetahat_formula*, const thetahat_pilot*,
                                      double (*starts)[thetahat_max_params]);

struct thetahat_formula {
  thetahat_model model; /* filled by thetahat_formula_init from what follows */
  const char* name;
  int n_params;
  thetahat_parameter parameters[thetahat_max_params];
  int scale_of; /* the parameter that gives the scale, by its own power; -1: the scale is 1 */
  double low, high;
  int open_low, open_high; /* whether the ends of the support are outside */
  int counts;              /* whether rows are integers */
  int kind;
  int sufficient;
  int n_constants, n_uniforms; /* of the table: parameters, constants, then what a program computes */
  const double* constants;
  thetahat_program uniforms, programs[thetahat_programs];
  int n_terms, n_plain, n_logs; /* of sums: two doubles each, and four for each logarithm of a product */
  const thetahat_formula_term* terms;
  thetahat_formula_start start;         /* NULL: by the units and domains of the parameters */
  void* owner;                          /* what `start` belongs to */
  double (*function)(int op, double x); /* those of one argument */
  void (*tabulate)(const thetahat_formula*, const double* theta, double* uniforms);
  /* Writes what the normalization adds to l and its first and second derivatives, of each row, or where rows
   * are those of a process, of all of them as a whole; NaN where the integral is not found. NULL: nothing. */
  void (*normalize)(const thetahat_formula*, const double* theta, const double* uniforms, int whole,
                    double* outputs);
};

void thetahat_formula_init(thetahat_formula*);
/* The values program's outputs for n rows, without the normalization: out[k * n + i]. */
void thetahat_formula_values(const thetahat_formula*, const double* theta, const double* x, int64_t n,
                             double* out);
/* What the normalization adds to them for each row, whatever the kind. */
void thetahat_formula_integral(const thetahat_formula*, const double* theta, double* outputs);
/* P(X <= x) and P(X > x) of n increasing rows inside the support, n > 0, each to its own digits; 0: an
 * integral is not found. */
int thetahat_formula_cumulative(const thetahat_formula*, const double* theta, const double* x, int64_t n,
                                double* below, double* above);

#ifdef __cplusplus
}
#endif
