"""The C table of csrc/thetahat/api.h, as the kernels see it."""

from libc.stdint cimport int64_t, uint8_t, uint32_t


cdef extern from "thetahat/api.h" nogil:
    enum:
        thetahat_sequential
        thetahat_climbing
        thetahat_arrived
        thetahat_positive
        thetahat_unit
        thetahat_above_minus_one
        thetahat_smooth
        thetahat_kink
        thetahat_edge
        thetahat_max_params
        thetahat_chains_n
        thetahat_span_rows
        thetahat_max_sums
        thetahat_max_tables

    ctypedef struct thetahat_bitgen:
        pass

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

    ctypedef struct thetahat_words:
        thetahat_bitgen* bitgen

    ctypedef struct thetahat_values:
        double log_likelihood
        double* score
        double* information
        double* covariance
        double* standard_error
        double decrement

    ctypedef struct thetahat_feed:
        const thetahat_rows* rows
        int order
        int64_t unit
        int64_t run
        int64_t room
        thetahat_words words
        uint32_t* runs
        double* x
        double* w
        uint32_t* units
        int64_t next
        int64_t loaded
        int64_t used

    ctypedef struct thetahat_rule:
        int logarithmic
        int scaled
        int mean
        int kind
        int averaged
        int implicit
        int64_t batch
        double rate
        double offset
        double power
        double memory
        double beta1
        double beta2
        double epsilon
        const int* held

    ctypedef struct thetahat_walk:
        double* theta
        double diverged
        double t
        double steps
        double means
        double lost
        double n
        double rows

    ctypedef struct thetahat_chains:
        double[16][3] theta
        double[16] rate
        double[16] going

    ctypedef struct thetahat_ascent:
        thetahat_feed feed
        thetahat_rule rule
        thetahat_walk walk
        double* x
        double* w
        int64_t segment
        int64_t filled
        int64_t stepped
        int64_t epoch
        int64_t epochs
        double* trace
        int64_t trace_every
        int64_t traced

    ctypedef struct thetahat_pass:
        int64_t tree_size
        void (*clear)(void*, const double*) noexcept nogil
        void (*add)(void*, const thetahat_rows*, int64_t, int64_t, int) noexcept nogil
        void (*total)(const void*, void*) noexcept nogil
        int (*finite)(const void*) noexcept nogil

    ctypedef struct thetahat_climb:
        double* theta
        double* best
        int* held
        int standing
        double log_likelihood
        double decrement
        int* flat
        int* edge
        int looks
        int state

    ctypedef struct thetahat_family:
        const char* name
        int n_params
        int sufficient
        const int* domain
        const int* peak
        thetahat_pass sums
        thetahat_pass products
        void (*merge)(void*, const void*) noexcept nogil
        double (*n)(const void*) noexcept nogil
        double (*rows)(const void*) noexcept nogil
        int (*maximum)(const void*, const int*, double*) noexcept nogil
        void (*climb)(const void*, thetahat_climb*) noexcept nogil
        void (*evaluate)(const void*, const void*, const double*, const int*, thetahat_values*) noexcept nogil
        int (*valid)(const double*) noexcept nogil
        void (*log_density)(const double*, const double*, double*, int64_t) noexcept nogil
        int64_t (*count_outside)(
            const double*, const thetahat_rows*, int64_t, int64_t, int64_t*
        ) noexcept nogil
        int64_t (*gradient_ascent)(
            const void*, double, int64_t, const int*, double*, double*
        ) noexcept nogil
        void (*set_out)(const thetahat_rule*, thetahat_walk*) noexcept nogil
        void (*steps)(
            const thetahat_rule*, thetahat_walk*, thetahat_feed*, double*, const double*, int64_t
        ) noexcept nogil
        void (*take_stock)(
            const thetahat_rule*, thetahat_walk*, const double*, const double*, int64_t
        ) noexcept nogil
        void (*walked)(const thetahat_rule*, const thetahat_walk*, thetahat_values*) noexcept nogil
        void (*begin_chains)(thetahat_chains*) noexcept nogil
        void (*chain_rows)(thetahat_chains*, const double*, int, int64_t) noexcept nogil
        void (*join)(const thetahat_rule*, thetahat_walk*, const thetahat_walk*) noexcept nogil

    ctypedef struct thetahat_function:
        const char* name
        void (*apply)(const double*, double*, int64_t) noexcept nogil

    ctypedef struct thetahat_split:
        double low
        double high
        double below
        double above
        int64_t between
        double* x
        double* weights

    ctypedef struct thetahat_table:
        const char* isa
        int n_families
        const thetahat_family* families
        int64_t (*count_not_finite)(const thetahat_rows*, int64_t, int64_t, int64_t*) noexcept nogil
        int64_t (*count_inexact)(const thetahat_rows*, int64_t, int64_t, int64_t*) noexcept nogil
        int64_t (*count_no_weight)(const thetahat_rows*, int64_t, int64_t, int64_t*) noexcept nogil
        int64_t (*copy_counted)(const thetahat_rows*, int64_t, int64_t, double*, double*) noexcept nogil
        void (*split)(const thetahat_rows*, int64_t, int64_t, thetahat_split*) noexcept nogil
        int64_t (*feed)(thetahat_feed*, int64_t, double*, double*) noexcept nogil
        void (*start_epoch)(thetahat_feed*) noexcept nogil
        int (*stochastic_ascent)(const thetahat_family*, thetahat_ascent*, int64_t) noexcept nogil
        void (*reported)(
            const thetahat_family*, const thetahat_rule*, const thetahat_walk*, double*
        ) noexcept nogil
        int n_functions
        const thetahat_function* functions

    int thetahat_tables(const thetahat_table**)
