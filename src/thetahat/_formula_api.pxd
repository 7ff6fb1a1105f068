"""The C declarations of csrc/thetahat/formula_api.h that the extension modules use."""

from libc.stdint cimport int64_t

from thetahat._api cimport thetahat_model, thetahat_parameter, thetahat_pilot

cdef extern from "thetahat/calls.hpp" nogil:
    enum:
        thetahat_formula_uniforms
        thetahat_operations
        thetahat_programs
        thetahat_max_starts
        thetahat_max_sums
        thetahat_density
        thetahat_unnormalized
        thetahat_intensity

    const char* const* thetahat_formula_operations

    ctypedef struct thetahat_instruction:
        int op
        int out
        int a
        int b
        int c
        int k
        int l

    ctypedef struct thetahat_program:
        const thetahat_instruction* code
        int64_t n

    ctypedef struct thetahat_formula_term:
        int output
        int sum
        int coefficient

    ctypedef struct thetahat_formula

    ctypedef int (*thetahat_formula_start)(
        const thetahat_formula*, const thetahat_pilot*, double (*)[8]
    ) noexcept nogil

    ctypedef struct thetahat_formula:
        thetahat_model model
        const char* name
        int n_params
        thetahat_parameter* parameters
        int scale_of
        double low
        double high
        int open_low
        int open_high
        int counts
        int kind
        int sufficient
        int n_constants
        int n_uniforms
        const double* constants
        thetahat_program uniforms
        thetahat_program* programs
        int n_terms
        int n_plain
        int n_logs
        const thetahat_formula_term* terms
        thetahat_formula_start start
        void* owner

    void thetahat_formula_init "THETAHAT_CALL(thetahat_formula_init)"(thetahat_formula*)
    void thetahat_formula_values "THETAHAT_CALL(thetahat_formula_values)"(
        const thetahat_formula*, const double*, const double*, int64_t, double*
    )
    void thetahat_formula_integral "THETAHAT_CALL(thetahat_formula_integral)"(
        const thetahat_formula*, const double*, double*
    )
    int thetahat_formula_cumulative "THETAHAT_CALL(thetahat_formula_cumulative)"(
        const thetahat_formula*, const double*, const double*, int64_t, double*, double*
    )
