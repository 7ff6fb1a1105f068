# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""Rows of which only limits are known: the probabilities of intervals, and models that have them."""

from _thread import get_ident

import numpy as np

from thetahat.errors import ParameterError

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t
from libc.string cimport memset

from thetahat._api cimport thetahat_max_params, thetahat_model, thetahat_values
from thetahat._censored_api cimport (
    has_log_hazard, thetahat_interval_rows, thetahat_intervals
)
from thetahat._core cimport Model, censored as core, model_of, read_theta, to_tuple

cdef int64_t SLICE = 256  # intervals between two checks for signals

# What signal handlers have raised while the core was at work, which gives up then, by thread.
cdef dict pending = {}


cdef int interrupted() noexcept with gil:
    try:
        PyErr_CheckSignals()
    except BaseException as error:
        pending[get_ident()] = error
    return get_ident() in pending


cdef int raise_pending() except -1:
    error = pending.pop(get_ident(), None) if pending else None
    if error is not None:
        raise error
    return 0


cdef int reject_process(Model model) except -1:
    """Raise where a model is that of a Poisson process, whose rows are not drawn one by one."""
    if getattr(model.owner, "of_process", False):
        raise ParameterError(
            f"{model.name} is the intensity of a Poisson process (extended=True), of which no row is known by"
            " limits: write the family with normalized=False"
        )
    return 0


@cython.final
cdef class AttachedModel:
    """The C model of exact rows and intervals together, and what it points to."""

    cdef thetahat_model c
    cdef object intervals
    cdef Model exact


@cython.final
cdef class Intervals:
    """Intervals (a, b], each of which adds weight times log P(a < x <= b) to a log-likelihood.

    Weights may have either sign. `n` is the weight of the rows that the intervals stand for. Right-censored
    rows of a family with a simple hazard may be handed over among the exact rows instead: x names them.
    """

    cdef thetahat_intervals* c
    cdef readonly double n
    cdef readonly bint joined

    def __cinit__(
        self,
        const double[::1] lower,
        const double[::1] upper,
        const double[::1] weights,
        double n,
        const double[::1] x=None,
        const double[::1] x_weights=None,
        int threads=1,
        const unsigned char[::1] x_events=None,
    ):
        cdef thetahat_interval_rows rows
        memset(&rows, 0, sizeof(rows))
        rows.rows, rows.n, rows.threads, rows.interrupted = lower.shape[0], n, threads, interrupted
        if upper.shape[0] != rows.rows or weights.shape[0] != rows.rows:
            raise ValueError("lower, upper and weights differ in length")
        if rows.rows:
            rows.a, rows.b, rows.w = &lower[0], &upper[0], &weights[0]
        for i in range(rows.rows):
            if not lower[i] < upper[i]:
                raise ValueError(f"interval {i} is empty: ({lower[i]}, {upper[i]}]")
        if x is not None and x.shape[0]:
            rows.x, rows.x_rows = &x[0], x.shape[0]
            if x_weights is not None:
                if x_weights.shape[0] != rows.x_rows:
                    raise ValueError("x and x_weights differ in length")
                rows.x_weights = &x_weights[0]
            if x_events is not None:
                if x_events.shape[0] != rows.x_rows or x_weights is not None:
                    raise ValueError("x_events and x differ in length, or there are weights")
                rows.x_events = &x_events[0]
        self.n, self.joined = n, rows.x_rows > 0
        with nogil:
            self.c = core.make(&rows)
        if self.c == NULL:
            raise MemoryError

    def __dealloc__(self):
        if self.c != NULL:
            core.free(self.c)

    def attach(self, Model model):
        """Return the model of exact rows and these intervals together."""
        cdef AttachedModel attached = AttachedModel()
        reject_process(model)
        if isinstance(model.owner, AttachedModel):
            raise ValueError("the model has intervals already")
        if self.joined and not has_log_hazard(model.c):
            raise ValueError(f"the hazard of {model.name} is no power of x")
        attached.intervals, attached.exact = self, model
        core.attach(model.c, self.c, &attached.c)
        return model_of(&attached.c, attached)

    def derivatives(self, Model model, theta):
        """Return what the intervals alone add: log-likelihood, score and information."""
        cdef double at[thetahat_max_params]
        cdef thetahat_values v
        cdef int p = model.n_params
        read_theta(model.c, theta, at)
        with nogil:
            core.evaluate(model.c, self.c, at, &v)
        raise_pending()
        return v.log_likelihood, to_tuple(v.score, p), to_tuple(v.information, p * p)


def _interval_rows(Model model, theta, const double[::1] lower, const double[::1] upper, bint scores):
    cdef double at[thetahat_max_params]
    cdef int64_t n = lower.shape[0], done = 0, size
    cdef int p = model.n_params
    cdef double* to_scores = NULL
    if upper.shape[0] != n:
        raise ValueError("lower and upper differ in length")
    reject_process(model)
    read_theta(model.c, theta, at)
    log_p, of_theta = np.empty(n), np.empty((n if scores else 0, p))
    cdef double[::1] values = log_p
    cdef double[:, ::1] gradients = of_theta
    while done < n:
        size = min(SLICE, n - done)
        if scores:
            to_scores = &gradients[done, 0]
        with nogil:
            core.scores(
                model.c, at, &lower[done], &upper[done], size, &values[done], to_scores
            )
        done += size
        PyErr_CheckSignals()
    return log_p, of_theta


def log_probability(Model model, theta, const double[::1] lower, const double[::1] upper):
    """Return log P(a < x <= b) of each interval; the log-density where lower and upper are equal."""
    return _interval_rows(model, theta, lower, upper, False)[0]


def scores(Model model, theta, const double[::1] lower, const double[::1] upper):
    """Return log P of each interval and its gradient, rows by parameters; NaN where P is 0."""
    return _interval_rows(model, theta, lower, upper, True)


def has_simple_hazard(Model model):
    """Say whether right-censored rows may be handed over among the exact ones, by `Intervals(x=)`."""
    return has_log_hazard(model.c) != 0
