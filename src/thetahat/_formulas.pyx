# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""Models of formulas: programs and constants in the memory of the object that owns them."""

import numpy as np

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t
from libc.string cimport memset

from thetahat._api cimport thetahat_pilot
from thetahat._core cimport formulas as core, model_of
from thetahat._formula_api cimport (
    thetahat_density, thetahat_formula, thetahat_formula_term,
    thetahat_formula_uniforms, thetahat_instruction, thetahat_intensity, thetahat_max_starts,
    thetahat_max_sums, thetahat_operations, thetahat_program, thetahat_programs, thetahat_unnormalized
)

DENSITY, UNNORMALIZED, INTENSITY = thetahat_density, thetahat_unnormalized, thetahat_intensity
MOST_SUMS, MOST_UNIFORMS = thetahat_max_sums - 1, thetahat_formula_uniforms
OPERATIONS = {
    core.operations[op].decode(): op for op in range(thetahat_operations)
}


cdef int64_t SLICE = 1 << 13  # rows of a distribution function between two checks for signals


cdef int ask_for_starts(
    const thetahat_formula* f, const thetahat_pilot* rows, double (*starts)[8]
) noexcept with gil:
    """Write the start values that a function of Python takes from rows; none where it fails."""
    cdef Formula formula = <Formula>f.owner
    cdef int n = 0
    try:
        x = np.array(<double[:rows.n]><double*>rows.x)
        for theta in formula.start(x)[:thetahat_max_starts]:
            for j in range(f.n_params):
                starts[n][j] = theta[j]
            n += 1
    except BaseException as error:
        formula.failure = error
        return 0
    return n


cdef thetahat_program program_of(const int[:, ::1] code) noexcept:
    cdef thetahat_program program
    program.n = code.shape[0]
    program.code = <const thetahat_instruction*>&code[0, 0] if program.n else NULL
    return program


@cython.final
cdef class Formula:
    """A formula as the compiled core runs it: what `model` lives in.

    Programs are arrays of seven integers for each instruction; terms, of three.
    """

    cdef thetahat_formula state
    cdef readonly object start
    cdef public object failure
    cdef tuple kept
    cdef bytes name

    def __cinit__(
        self,
        str name,
        list parameters,
        uniforms,
        list programs,
        terms,
        constants,
        tuple support,
        *,
        int n_constants,
        int n_uniforms,
        int n_plain,
        int n_logs,
        bint sufficient,
        bint counts,
        int kind,
        int scale_of,
        start=None,
    ):
        cdef const int[:, ::1] code
        cdef const double[::1] numbers = constants
        memset(&self.state, 0, sizeof(self.state))
        self.name = name.encode()
        self.kept = (uniforms, tuple(programs), terms, constants)
        self.state.name = self.name
        self.state.n_params = len(parameters)
        for j, (low, high, coordinate, scale_power, regularity) in enumerate(parameters):
            self.state.parameters[j].low, self.state.parameters[j].high = low, high
            self.state.parameters[j].coordinate = coordinate
            self.state.parameters[j].scale_power = scale_power
            self.state.parameters[j].regularity = regularity
        self.state.low, self.state.high = support
        self.state.uniforms = program_of(uniforms)
        for j in range(thetahat_programs):
            self.state.programs[j] = program_of(programs[j])
        code = terms
        self.state.n_terms = code.shape[0]
        self.state.terms = <const thetahat_formula_term*>&code[0, 0]
        self.state.n_constants = n_constants
        self.state.constants = &numbers[0]
        self.state.n_uniforms, self.state.n_plain, self.state.n_logs = n_uniforms, n_plain, n_logs
        self.state.sufficient, self.state.counts, self.state.kind = sufficient, counts, kind
        self.state.scale_of = scale_of
        self.state.owner = <void*>self
        self.start = start
        if start is not None:
            self.state.start = ask_for_starts
        core.init(&self.state)

    def open_ends(self, bint low, bint high):
        """Say which ends of the support are outside."""
        self.state.open_low, self.state.open_high = low, high

    @property
    def of_process(self):
        """Whether the log-density is the logarithm of an intensity."""
        return self.state.kind == thetahat_intensity

    def of(self):
        """Return the model, which keeps this object."""
        return model_of(&self.state.model, self)

    def values(self, const double[::1] theta, const double[::1] x):
        """Return l, its first derivatives and its second ones by rows j <= i, for each row of x, 512 at most.

        Without the normalization.
        """
        cdef int p = self.state.n_params
        out = np.empty((1 + p + p * (p + 1) // 2, x.shape[0]))
        cdef double[:, ::1] values = out
        core.values(&self.state, &theta[0], &x[0], x.shape[0], &values[0, 0])
        return out

    def integral(self, const double[::1] theta):
        """Return minus log Z, Z the integral, and its two derivatives; NaN where it is not found."""
        cdef int p = self.state.n_params
        out = np.empty(1 + p + p * (p + 1) // 2)
        cdef double[::1] values = out
        with nogil:
            core.integral(&self.state, &theta[0], &values[0])
        return out

    def cumulative(self, const double[::1] theta, const double[::1] x):
        """Return P(X <= x) and P(X > x) of increasing rows inside the support; NaN where they are not found.
        """
        cdef int64_t n = x.shape[0], first = 0, size
        cdef int found
        below, above = np.empty(n), np.empty(n)
        cdef double[::1] of_below = below, of_above = above
        while first < n:
            size = min(SLICE, n - first)
            with nogil:
                found = core.cumulative(
                    &self.state, &theta[0], &x[first], size, &of_below[first], &of_above[first]
                )
            if not found:
                below[first : first + size] = above[first : first + size] = np.nan
            first += size
            PyErr_CheckSignals()
        return below, above
