"""What the extension modules share: rows, models, and the functions of the core, linked into _core alone."""

from libc.stdint cimport int64_t

from thetahat._api cimport (
    thetahat_exact, thetahat_fit, thetahat_newton, thetahat_pilot, thetahat_subsample, thetahat_tree
)
from thetahat._api cimport (
    thetahat_epoch_reader, thetahat_function, thetahat_lanes,
    thetahat_model, thetahat_reader_memory, thetahat_rows,
    thetahat_sgd, thetahat_update_rule, thetahat_values
)
from thetahat._api cimport (
    thetahat_coded_rows, thetahat_coding, thetahat_group_run, thetahat_group_task, thetahat_groups,
    thetahat_keys, thetahat_partitioning
)
from thetahat._censored_api cimport censored_functions
from thetahat._formula_api cimport thetahat_formula
from thetahat._pieces_api cimport (
    thetahat_partition, thetahat_piece, thetahat_piece_sizes, thetahat_ranks, thetahat_row_hash
)


cdef class Rows:
    cdef thetahat_rows state
    cdef object owner
    cdef readonly Rows weights


cdef class Model:
    cdef const thetahat_model* c
    cdef readonly str name
    cdef readonly int n_params
    cdef readonly bint sufficient
    cdef readonly bint solved
    cdef readonly bint shifts
    cdef readonly tuple parameters
    cdef object owner  # of c, where it is none of the families'


cdef Model model_of(const thetahat_model* c, object owner)
cdef int read_theta(const thetahat_model* m, object theta, double* out) except -1
cdef int read_fixed(const thetahat_model* m, object fixed, int* out) except -1
cdef tuple to_tuple(const double* values, int n)
cdef const thetahat_function* function_named(str name) except NULL

cdef struct sums_functions:
    int64_t (*tree_size)() noexcept nogil
    void (*clear)(thetahat_tree*, const thetahat_model*, const double*, int) noexcept nogil
    int64_t (*add)(thetahat_tree*, const thetahat_rows*, int64_t, int) noexcept nogil
    void (*total)(const thetahat_tree*, double*) noexcept nogil
    void (*evaluate)(
        const thetahat_model*, const double*, const double*, const double*, const int*, thetahat_values*
    ) noexcept nogil
    void (*iterate)(const thetahat_model*, int64_t, const double*, thetahat_newton*) noexcept nogil
    void (*begin)(const thetahat_model*, thetahat_exact*) noexcept nogil
    void (*take_pilot)(const thetahat_model*, thetahat_exact*, const thetahat_pilot*) noexcept nogil
    void (*take_pass)(const thetahat_model*, thetahat_exact*, double*) noexcept nogil
    int (*advance)(const thetahat_model*, thetahat_fit*) noexcept nogil
    thetahat_subsample* (*new_subsample)(int64_t, int64_t) noexcept nogil
    void (*free_subsample)(thetahat_subsample*) noexcept nogil
    int64_t (*add_to_subsample)(thetahat_subsample*, const thetahat_rows*, int64_t) noexcept nogil
    int64_t (*rows_seen)(const thetahat_subsample*) noexcept nogil
    int64_t (*subsample_size)(const thetahat_subsample*) noexcept nogil
    int64_t (*take_subsample)(const thetahat_subsample*, int64_t, double*, double*) noexcept nogil

cdef struct sgd_functions:
    thetahat_reader_memory (*plan)(thetahat_epoch_reader*, int64_t) noexcept nogil
    int64_t (*read)(thetahat_epoch_reader*, int64_t, double*, double*) noexcept nogil
    void (*start_epoch)(thetahat_epoch_reader*) noexcept nogil
    int64_t (*segment_rows)(const thetahat_update_rule*) noexcept nogil
    void (*begin)(
        const thetahat_model*, thetahat_sgd*, const double*, const double*, int64_t
    ) noexcept nogil
    int (*run)(const thetahat_model*, thetahat_sgd*, int64_t, int64_t) noexcept nogil
    int64_t (*feed)(
        const thetahat_model*, thetahat_sgd*, const double*, const double*, int64_t
    ) noexcept nogil
    void (*finish)(const thetahat_model*, thetahat_sgd*) noexcept nogil
    void (*report)(const thetahat_model*, const thetahat_sgd*, double*) noexcept nogil
    void (*evaluate)(const thetahat_model*, const thetahat_sgd*, thetahat_values*) noexcept nogil
    void (*merge)(const thetahat_model*, thetahat_sgd*, const thetahat_sgd*) noexcept nogil
    void (*settle)(thetahat_sgd*) noexcept nogil
    void (*begin_lanes)(const thetahat_model*, thetahat_lanes*) noexcept nogil
    void (*lane_rows)(
        const thetahat_model*, thetahat_lanes*, const double*, int, int64_t
    ) noexcept nogil

cdef struct group_functions:
    thetahat_coding* (*begin_coding)(const thetahat_keys*, int) noexcept nogil
    void (*end_coding)(thetahat_coding*) noexcept nogil
    int (*code)(thetahat_coding*) noexcept nogil
    int64_t (*uniques)(const thetahat_coding*, const int64_t**) noexcept nogil
    thetahat_partitioning* (*begin_partition)(const thetahat_coded_rows*, int) noexcept nogil
    void (*end_partition)(thetahat_partitioning*) noexcept nogil
    int (*count)(thetahat_partitioning*) noexcept nogil
    int64_t (*kept)(const thetahat_partitioning*) noexcept nogil
    int (*scatter)(thetahat_partitioning*, double*, double*, int64_t*) noexcept nogil
    thetahat_group_run* (*begin)(const thetahat_group_task*) noexcept nogil
    void (*end)(thetahat_group_run*) noexcept nogil
    int (*advance)(thetahat_group_run*, int64_t*) noexcept nogil
    int64_t (*sums)(const thetahat_model*, const thetahat_groups*, int64_t, double*) noexcept nogil
    void (*merge)(const thetahat_model*, int64_t, double*, const double*) noexcept nogil
    void (*fit_sums)(const thetahat_group_task*, const double*, int64_t, int64_t) noexcept nogil

cdef struct formula_functions:
    void (*init)(thetahat_formula*) noexcept nogil
    const char* const* operations
    void (*values)(const thetahat_formula*, const double*, const double*, int64_t, double*) noexcept nogil
    void (*integral)(const thetahat_formula*, const double*, double*) noexcept nogil
    int (*cumulative)(
        const thetahat_formula*, const double*, const double*, int64_t, double*, double*
    ) noexcept nogil

cdef struct rank_functions:
    int64_t (*partition_rows)(const thetahat_rows*, int64_t, int, thetahat_partition*) noexcept nogil
    void (*merge_partitions)(thetahat_partition*, const thetahat_partition*) noexcept nogil
    int (*locate)(const thetahat_partition*, double*) noexcept nogil
    int64_t (*rank_rows)(const thetahat_rows*, int64_t, int, thetahat_ranks*) noexcept nogil
    void (*merge_ranks)(thetahat_ranks*, const thetahat_ranks*) noexcept nogil
    int64_t (*bucket)(const thetahat_ranks*, int, double*) noexcept nogil

cdef struct piece_functions:
    thetahat_piece* (*create)(const thetahat_model*, const double*, int, int64_t) noexcept nogil
    void (*free)(thetahat_piece*) noexcept nogil
    int64_t (*add)(thetahat_piece*, const thetahat_rows*, int64_t) noexcept nogil
    void (*sizes)(const thetahat_piece*, thetahat_piece_sizes*) noexcept nogil
    void (*copy)(const thetahat_piece*, double*, double*, double*) noexcept nogil
    int (*restore)(
        thetahat_piece*, int64_t, const double*, int64_t, const double*, const double*, int64_t
    ) noexcept nogil
    int (*append)(thetahat_piece*, const thetahat_piece*) noexcept nogil
    int (*add_to_tree)(thetahat_tree*, const thetahat_piece*) noexcept nogil
    int64_t (*rows_of_tree)(const thetahat_tree*) noexcept nogil
    int64_t (*hash_rows)(const thetahat_rows*, int64_t, thetahat_row_hash*) noexcept nogil
    thetahat_subsample* (*new_subsample)(int64_t, int64_t, int64_t) noexcept nogil
    void (*copy_subsample)(const thetahat_subsample*, double*, double*) noexcept nogil
    thetahat_subsample* (*join_subsample)(
        int64_t, int64_t, const double*, const double*, int64_t
    ) noexcept nogil

cdef sums_functions sums
cdef censored_functions censored
cdef rank_functions ranks
cdef piece_functions pieces
cdef sgd_functions sgd
cdef group_functions groups
cdef formula_functions formulas
