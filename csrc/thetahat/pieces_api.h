/* Parts of a sample that are read apart, such as the partitions of a cluster, in plain C: pieces of the tree
 * of all rows, which merge into the very nodes of a tree that reads them one after another, and a hash of
 * rows that shows whether they are the same as before. */
#pragma once
#include "thetahat/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pieces: the sums of neighbouring rows, wherever they begin among all that count */

/* Rows before the first boundary of blocks, nodes of whole blocks, rows after the last boundary. The nodes
 * are the fewest that hold these blocks: which ones is a function of first and n. */
typedef struct thetahat_piece thetahat_piece;
typedef struct {
  int64_t first, n;  /* rows of the sample before the piece, and in it: those that count */
  int64_t edge_rows; /* those in no node */
  int64_t numbers;   /* doubles of all nodes */
  int weighted;      /* whether edge rows have weights */
} thetahat_piece_sizes;

/* theta and kind as of thetahat_tree_clear. NULL: memory is out. */
thetahat_piece* thetahat_new_piece(const thetahat_model*, const double* theta, int kind, int64_t first);
void thetahat_free_piece(thetahat_piece*);
/* Adds a slice of rows from `start` on, after those that are there; returns how many, or thetahat_no_memory.
 */
int64_t thetahat_add_to_piece(thetahat_piece*, const thetahat_rows*, int64_t start);
void thetahat_sizes_of_piece(const thetahat_piece*, thetahat_piece_sizes*);
/* Writes the numbers of the nodes, the edge rows, and their weights where there are some. */
void thetahat_copy_piece(const thetahat_piece*, double* nodes, double* x, double* w);
/* Makes a new piece one of n rows with these nodes and edge rows (w may be NULL). 0: it has not as many
 * numbers or edge rows; 1, or thetahat_no_memory. */
int thetahat_restore_piece(thetahat_piece*, int64_t n, const double* nodes, int64_t numbers, const double* x,
                           const double* w, int64_t edge_rows);
/* Adds the rows of the next piece. 0: it does not begin where this one ends, or is one of other sums. */
int thetahat_append_piece(thetahat_piece*, const thetahat_piece* next);
/* Adds them to a tree that ends where the piece begins. */
int thetahat_add_piece_to_tree(thetahat_tree*, const thetahat_piece*);
int64_t thetahat_rows_of_tree(const thetahat_tree*); /* that count */

/* ---- a hash of rows in their order, and of their weights */

typedef struct {
  int64_t rows, used; /* those that count; and have a weight that is not 0 */
  uint64_t hash;
} thetahat_row_hash;
/* Adds a slice of rows; returns how many. Begun by zeros; portions do not change it. */
int64_t thetahat_hash_rows(const thetahat_rows*, int64_t start, thetahat_row_hash*);

/* ---- pilots of which each part of the sample has some rows */

/* What a pilot of `wanted` of all these rows takes of those from `first` on. NULL: memory is out. */
thetahat_subsample* thetahat_new_subsample_part(int64_t rows, int64_t wanted, int64_t first);
/* Writes all that has been taken, weights too if there are some: room for thetahat_subsample_size. */
void thetahat_copy_subsample(const thetahat_subsample*, double* x, double* w);
/* The parts one after another as a subsample of all rows; w may be NULL. NULL: there are not as many as a
 * pilot of `wanted` takes, or memory is out. */
thetahat_subsample* thetahat_join_subsample(int64_t rows, int64_t wanted, const double* x, const double* w,
                                            int64_t n);

/* ---- ranks */

/* Add what was found in other rows, beside the same interval. Of copies there is room for those of both, or
 * none is added. */
void thetahat_merge_partitions(thetahat_partition*, const thetahat_partition*);
void thetahat_merge_ranks(thetahat_ranks*, const thetahat_ranks*);

#ifdef __cplusplus
}
#endif
