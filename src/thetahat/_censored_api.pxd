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
        const unsigned char* x_events
        int threads
        int (*interrupted)() noexcept nogil

    # What the core alone links, for the modules that it is not linked into.
    ctypedef struct censored_functions "thetahat::censored_functions":
        thetahat_intervals* (*make)(const thetahat_interval_rows*) noexcept nogil
        void (*free)(thetahat_intervals*) noexcept nogil
        void (*attach)(const thetahat_model*, const thetahat_intervals*, thetahat_model*) noexcept nogil
        void (*evaluate)(
            const thetahat_model*, const thetahat_intervals*, const double*, thetahat_values*
        ) noexcept nogil
        void (*scores)(
            const thetahat_model*, const double*, const double*, const double*, int64_t, double*, double*
        ) noexcept nogil

    censored_functions censored_functions_of_the_core "thetahat::censored_functions_of_the_core"()
    int has_log_hazard "thetahat::has_log_hazard"(const thetahat_model*)
