"""The C declarations of csrc/thetahat/censored_api.h that the extension modules use."""

from libc.stdint cimport int64_t

from thetahat._api cimport thetahat_model, thetahat_values

cdef extern from "thetahat/calls.hpp" nogil:
    ctypedef struct thetahat_intervals

    ctypedef struct thetahat_interval_rows:
        const double* a
        const double* b
        const double* w
        int64_t rows
        double n
        const double* x
        const double* x_weights
        int64_t x_rows
        int threads
        int (*interrupted)() noexcept nogil

    thetahat_intervals* thetahat_new_intervals "THETAHAT_CALL(thetahat_new_intervals)"(
        const thetahat_interval_rows*
    )
    void thetahat_free_intervals "THETAHAT_CALL(thetahat_free_intervals)"(thetahat_intervals*)
    void thetahat_attach "THETAHAT_CALL(thetahat_attach)"(
        const thetahat_model*, const thetahat_intervals*, thetahat_model*
    )
    void thetahat_evaluate_intervals "THETAHAT_CALL(thetahat_evaluate_intervals)"(
        const thetahat_model*, const thetahat_intervals*, const double*, thetahat_values*
    )
    void thetahat_interval_scores "THETAHAT_CALL(thetahat_interval_scores)"(
        const thetahat_model*, const double*, const double*, const double*, int64_t, double*, double*
    )
    int has_log_hazard "thetahat::has_log_hazard"(const thetahat_model*)
