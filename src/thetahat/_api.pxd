"""The C declarations of csrc/thetahat/api.h that the extension modules use.

Functions are called in the floating-point mode that the core needs, by the macro that stands in their names.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

cdef extern from "thetahat/calls.hpp" nogil:
    enum:
        thetahat_sums_layout
        thetahat_max_params
        thetahat_max_node
        thetahat_max_levels
        thetahat_span_rows
        thetahat_identity
        thetahat_log
        thetahat_logit
        thetahat_regular
        thetahat_nonsmooth
        thetahat_boundary
        thetahat_not_finite
        thetahat_inexact
        thetahat_no_weight
        thetahat_null
        thetahat_running
        thetahat_converged
        thetahat_at_limit
        thetahat_wants_pilot
        thetahat_wants_all
        thetahat_fit_ended
        thetahat_fit_slice
        thetahat_fit_check
        thetahat_fit_converged
        thetahat_fit_empty
        thetahat_fit_no_memory

    ctypedef struct thetahat_rows:
        const char* data
        int64_t n
        int64_t step
        int type
        int swapped
        int in_place
        int omit_nan
        const uint8_t* mask
        int64_t mask_step
        const uint8_t* validity
        int64_t first_bit
        int64_t bit_step
        const thetahat_rows* weights

    ctypedef struct thetahat_parameter:
        double low
        double high
        int coordinate
        int scale_power
        int regularity

    ctypedef struct thetahat_values:
        double log_likelihood
        double* score
        double* information
        double* covariance
        double* standard_error
        double decrement

    ctypedef struct thetahat_pilot:
        const double* x
        const double* w
        int64_t n

    ctypedef struct thetahat_model:
        const char* name
        int n_params
        int n_sums
        int sufficient
        const thetahat_parameter* parameters
        int (*maximum)(const thetahat_model*, const double*, const int*, double*) noexcept nogil
        int (*shift)(
            const thetahat_model*, const double*, const double*, const double*, double*, double*
        ) noexcept nogil
        int (*existence)(const thetahat_model*, const thetahat_pilot*, double*) noexcept nogil

    void merge_sums "THETAHAT_CALL(thetahat_model::merge)"(const thetahat_model*, double*, const double*)
    int sums_finite "THETAHAT_CALL(thetahat_model::finite)"(const thetahat_model*, const double*)
    int maximum_of_sums "THETAHAT_CALL(thetahat_model::maximum)"(
        const thetahat_model*, const double*, const int*, double*
    )
    int existence_of_maximum "THETAHAT_CALL(thetahat_model::existence)"(
        const thetahat_model*, const thetahat_pilot*, double*
    )
    int shift_sums "THETAHAT_CALL(thetahat_model::shift)"(
        const thetahat_model*, const double*, const double*, const double*, double*, double*
    )
    int valid_theta "THETAHAT_CALL(thetahat_model::valid)"(const thetahat_model*, const double*)
    int64_t ascend_on_sums "THETAHAT_CALL(thetahat_model::gradient_ascent)"(
        const thetahat_model*, const double*, double, int64_t, const int*, double*, double*
    )
    void log_density "THETAHAT_CALL(thetahat::log_density)"(
        const thetahat_model*, const double*, const double*, double*, int64_t
    )

    ctypedef struct thetahat_function:
        const char* name

    void apply_function "THETAHAT_CALL(thetahat::apply)"(
        const thetahat_function*, const double*, double*, int64_t
    )

    ctypedef struct thetahat_level:
        const char* isa
        int n_functions
        const thetahat_function* functions

    int thetahat_levels "THETAHAT_CALL(thetahat_levels)"(const thetahat_level**)
    int thetahat_use "THETAHAT_CALL(thetahat_use)"(const thetahat_level*, const thetahat_model**)

    ctypedef struct thetahat_tree
    enum:
        thetahat_all_sums
        thetahat_few_sums
        thetahat_products
    int64_t thetahat_tree_size "THETAHAT_CALL(thetahat_tree_size)"()
    void thetahat_tree_clear "THETAHAT_CALL(thetahat_tree_clear)"(
        thetahat_tree*, const thetahat_model*, const double*, int
    )
    int64_t thetahat_tree_add "THETAHAT_CALL(thetahat_tree_add)"(
        thetahat_tree*, const thetahat_rows*, int64_t, int
    )
    void thetahat_tree_total "THETAHAT_CALL(thetahat_tree_total)"(const thetahat_tree*, double*)
    void thetahat_evaluate "THETAHAT_CALL(thetahat_evaluate)"(
        const thetahat_model*, const double*, const double*, const double*, const int*, thetahat_values*
    )

    ctypedef struct thetahat_count:
        int64_t done
        int64_t count
        int64_t first

    int64_t thetahat_count_bad "THETAHAT_CALL(thetahat_count_bad)"(int, const thetahat_rows*, thetahat_count*)
    int64_t thetahat_count_outside "THETAHAT_CALL(thetahat_count_outside)"(
        const thetahat_model*, const double*, const thetahat_rows*, thetahat_count*
    )
    int64_t thetahat_copy_counted "THETAHAT_CALL(thetahat_copy_counted)"(
        const thetahat_rows*, thetahat_count*, double*, double*
    )
    int64_t thetahat_density_rows "THETAHAT_CALL(thetahat_density_rows)"()

    ctypedef struct thetahat_subsample:
        pass
    enum:
        thetahat_no_memory
    thetahat_subsample* thetahat_new_subsample "THETAHAT_CALL(thetahat_new_subsample)"(int64_t, int64_t)
    void thetahat_free_subsample "THETAHAT_CALL(thetahat_free_subsample)"(thetahat_subsample*)
    int64_t thetahat_add_to_subsample "THETAHAT_CALL(thetahat_add_to_subsample)"(
        thetahat_subsample*, const thetahat_rows*, int64_t
    )
    int64_t thetahat_rows_seen "THETAHAT_CALL(thetahat_rows_seen)"(const thetahat_subsample*)
    int64_t thetahat_subsample_size "THETAHAT_CALL(thetahat_subsample_size)"(const thetahat_subsample*)
    int64_t thetahat_take_subsample "THETAHAT_CALL(thetahat_take_subsample)"(
        const thetahat_subsample*, int64_t, double*, double*
    )

    ctypedef struct thetahat_newton:
        double* theta
        int* fixed
        double decrement
        int* zero_curvature
        int* at_bound
        int evaluations
        int state

    void thetahat_newton_iterate "THETAHAT_CALL(thetahat_newton_iterate)"(
        const thetahat_model*, int64_t, const double*, thetahat_newton*
    )

    ctypedef struct thetahat_exact:
        int* fixed
        double* fixed_values
        int has_start
        double* start
        int64_t size
        int state
        int64_t pilot_rows
        double* theta
        double* evaluated
        double* figures

    void thetahat_exact_begin "THETAHAT_CALL(thetahat_exact_begin)"(const thetahat_model*, thetahat_exact*)
    void thetahat_exact_pilot "THETAHAT_CALL(thetahat_exact_pilot)"(
        const thetahat_model*, thetahat_exact*, const thetahat_pilot*
    )
    void thetahat_exact_pass "THETAHAT_CALL(thetahat_exact_pass)"(
        const thetahat_model*, thetahat_exact*, double*
    )

    ctypedef struct thetahat_fit:
        thetahat_exact exact
        const thetahat_rows** chunks
        int64_t n_chunks
        int threads
        thetahat_tree* tree
        int rows_are_good
        int64_t passes
        double* node

    int thetahat_fit_advance "THETAHAT_CALL(thetahat_fit_advance)"(const thetahat_model*, thetahat_fit*)


cdef extern from "thetahat/calls.hpp" nogil:
    enum:
        thetahat_sgd_layout
        thetahat_n_lanes
        thetahat_shuffle_none

    ctypedef struct thetahat_bitgen

    ctypedef struct thetahat_random_buffer:
        thetahat_bitgen* bitgen

    ctypedef struct thetahat_epoch_reader:
        const thetahat_rows* rows
        int shuffle
        int64_t batch_unit
        int64_t group_rows
        int64_t capacity
        thetahat_random_buffer random
        uint32_t* row_groups
        double* x
        double* w
        uint32_t* units
        int64_t next
        int64_t loaded
        int64_t used

    ctypedef struct thetahat_update_rule:
        int free_coordinates
        int preconditioned
        int mean
        int update
        int average
        int implicit
        int64_t batch
        int64_t later_batch
        double rate
        double offset
        double power
        double forgetting_factor
        double beta1
        double beta2
        double epsilon
        int any_fixed
        int* fixed

    ctypedef struct thetahat_epoch_sums:
        double log_likelihood

    ctypedef struct thetahat_sgd_state:
        double* theta
        double diverged
        double t
        double steps
        double unit
        double averaged_steps
        double change_point
        double rows
        double skipped
        double n
        double n_effective
        double epochs
        double* best
        double best_log_likelihood
        thetahat_epoch_sums epoch

    ctypedef struct thetahat_sgd:
        thetahat_epoch_reader reader
        thetahat_update_rule rule
        thetahat_sgd_state state
        double* x
        double* w
        int64_t segment
        int64_t filled
        int64_t stepped
        int64_t last
        int64_t epoch
        int64_t epochs
        double* trace
        int64_t trace_every
        int64_t traced
        int64_t trace_rows

    ctypedef struct thetahat_reader_memory:
        int64_t window
        int64_t row_groups

    thetahat_reader_memory thetahat_reader_plan "THETAHAT_CALL(thetahat_reader_plan)"(
        thetahat_epoch_reader*, int64_t
    )
    int64_t thetahat_read_rows "THETAHAT_CALL(thetahat_read_rows)"(
        thetahat_epoch_reader*, int64_t, double*, double*
    )
    void thetahat_start_epoch "THETAHAT_CALL(thetahat_start_epoch)"(thetahat_epoch_reader*)
    int64_t thetahat_segment_rows "THETAHAT_CALL(thetahat_segment_rows)"(const thetahat_update_rule*)
    void thetahat_sgd_begin "THETAHAT_CALL(thetahat_sgd_begin)"(
        const thetahat_model*, thetahat_sgd*, const double*, const double*, int64_t
    )
    int thetahat_sgd_run "THETAHAT_CALL(thetahat_sgd_run)"(
        const thetahat_model*, thetahat_sgd*, int64_t, int64_t
    )
    void thetahat_sgd_settle "THETAHAT_CALL(thetahat_sgd_settle)"(thetahat_sgd*)
    int64_t thetahat_sgd_feed "THETAHAT_CALL(thetahat_sgd_feed)"(
        const thetahat_model*, thetahat_sgd*, const double*, const double*, int64_t
    )
    void thetahat_sgd_finish "THETAHAT_CALL(thetahat_sgd_finish)"(const thetahat_model*, thetahat_sgd*)
    void thetahat_sgd_report "THETAHAT_CALL(thetahat_sgd_report)"(
        const thetahat_model*, const thetahat_sgd*, double*
    )
    void thetahat_sgd_evaluate "THETAHAT_CALL(thetahat_sgd_evaluate)"(
        const thetahat_model*, const thetahat_sgd*, thetahat_values*
    )
    void thetahat_sgd_merge "THETAHAT_CALL(thetahat_sgd_merge)"(
        const thetahat_model*, thetahat_sgd*, const thetahat_sgd*
    )

    ctypedef struct thetahat_lanes:
        double[16][8] theta
        double[16] rate
        double[16] running

    void thetahat_begin_lanes "THETAHAT_CALL(thetahat_begin_lanes)"(const thetahat_model*, thetahat_lanes*)
    void thetahat_lane_rows "THETAHAT_CALL(thetahat_lane_rows)"(
        const thetahat_model*, thetahat_lanes*, const double*, int, int64_t
    )


cdef extern from "thetahat/calls.hpp" nogil:
    enum:
        thetahat_groups_done
        thetahat_groups_slice
        thetahat_groups_bad_code
        thetahat_groups_changed
        thetahat_groups_no_memory

    ctypedef struct thetahat_keys:
        const void* keys
        int type
        int64_t n
        void* codes
        int wide

    ctypedef struct thetahat_coding

    thetahat_coding* thetahat_coding_begin "THETAHAT_CALL(thetahat_coding_begin)"(const thetahat_keys*, int)
    void thetahat_coding_end "THETAHAT_CALL(thetahat_coding_end)"(thetahat_coding*)
    int thetahat_coding_advance "THETAHAT_CALL(thetahat_coding_advance)"(thetahat_coding*)
    int64_t thetahat_coding_uniques "THETAHAT_CALL(thetahat_coding_uniques)"(
        const thetahat_coding*, const int64_t**
    )

    ctypedef struct thetahat_coded_rows:
        const thetahat_rows** chunks
        int64_t n_chunks
        const void* codes
        int type
        int keyed
        int64_t least
        int64_t n_groups

    ctypedef struct thetahat_partitioning

    thetahat_partitioning* thetahat_partition_begin "THETAHAT_CALL(thetahat_partition_begin)"(
        const thetahat_coded_rows*, int
    )
    void thetahat_partition_end "THETAHAT_CALL(thetahat_partition_end)"(thetahat_partitioning*)
    int thetahat_partition_count "THETAHAT_CALL(thetahat_partition_count)"(thetahat_partitioning*)
    int64_t thetahat_partition_kept "THETAHAT_CALL(thetahat_partition_kept)"(const thetahat_partitioning*)
    int thetahat_partition_scatter "THETAHAT_CALL(thetahat_partition_scatter)"(
        thetahat_partitioning*, double*, double*, int64_t*
    )

    ctypedef struct thetahat_groups:
        const double* x
        const double* w
        const int64_t* offsets
        int64_t n_groups

    ctypedef struct thetahat_group_fits:
        double* theta
        double* standard_error
        double* covariance
        double* log_likelihood
        double* decrement
        double* n
        int64_t* rows
        int32_t* passes
        uint8_t* status
        int32_t* reason
        int64_t* bad
        int64_t* first_bad

    ctypedef struct thetahat_group_task:
        const thetahat_model* model
        thetahat_groups groups
        const double* fixed
        const double* start
        int64_t fixed_stride
        int64_t start_stride
        int threads
        thetahat_group_fits out

    ctypedef struct thetahat_group_run

    thetahat_group_run* thetahat_group_fit_begin "THETAHAT_CALL(thetahat_group_fit_begin)"(
        const thetahat_group_task*
    )
    void thetahat_group_fit_end "THETAHAT_CALL(thetahat_group_fit_end)"(thetahat_group_run*)
    int thetahat_group_fit_advance "THETAHAT_CALL(thetahat_group_fit_advance)"(thetahat_group_run*, int64_t*)
    int64_t thetahat_group_sums "THETAHAT_CALL(thetahat_group_sums)"(
        const thetahat_model*, const thetahat_groups*, int64_t, double*
    )
    void thetahat_merge_group_sums "THETAHAT_CALL(thetahat_merge_group_sums)"(
        const thetahat_model*, int64_t, double*, const double*
    )
    void thetahat_group_fit_sums "THETAHAT_CALL(thetahat_group_fit_sums)"(
        const thetahat_group_task*, const double*, int64_t, int64_t
    )
