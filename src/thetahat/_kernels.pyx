# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""The compiled kernels: loops without the GIL over slices of rows and epochs, calling the C table.

No mathematics of any family stands here, and no check of what users pass: callers hand over contiguous
float64 rows and valid parameters. Between slices pending signals are answered, so that Ctrl-C takes effect at
once.
"""

import os

from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport free, malloc


cdef extern from "thetahat/api.h" nogil:
    enum:
        thetahat_max_params
        thetahat_max_sums
        thetahat_max_tables

    ctypedef struct thetahat_bitgen:
        pass

    ctypedef struct thetahat_words:
        thetahat_bitgen* bitgen

    ctypedef struct thetahat_values:
        double log_likelihood
        double* score
        double* information
        double* covariance
        double* standard_error
        double decrement

    ctypedef struct thetahat_ascent:
        const double* x
        int64_t n
        int64_t batch_size
        int64_t epochs
        int order
        double learning_rate
        thetahat_words words
        uint32_t* index
        double* batch
        double* trace
        double* theta
        int64_t epoch
        int diverged

    ctypedef struct thetahat_family:
        const char* name
        int n_params
        int64_t tree_size
        void (*tree_clear)(void*) noexcept nogil
        void (*tree_add)(void*, const double*, int64_t, int) noexcept nogil
        void (*tree_total)(const void*, void*) noexcept nogil
        double (*rows)(const void*) noexcept nogil
        int (*finite)(const void*) noexcept nogil
        int (*maximum)(const void*, double*) noexcept nogil
        void (*evaluate)(const void*, const double*, thetahat_values*) noexcept nogil
        int (*valid)(const double*) noexcept nogil
        void (*log_density)(const double*, const double*, double*, int64_t) noexcept nogil
        int64_t (*gradient_ascent)(const void*, double, int64_t, double*, double*) noexcept nogil
        int (*stochastic_ascent)(thetahat_ascent*, int64_t) noexcept nogil

    ctypedef struct thetahat_table:
        const char* isa
        int n_families
        const thetahat_family* families
        int64_t (*count_not_finite)(const double*, int64_t, int64_t*) noexcept nogil
        void (*shuffle)(thetahat_bitgen*, uint32_t*, int64_t) noexcept nogil
        double (*log)(double) noexcept nogil
        double (*exp)(double) noexcept nogil

    int thetahat_tables(const thetahat_table**)


cdef int64_t SPAN_ROWS = 1 << 17   # a thread's smallest share
cdef int64_t PASS_SLICE = 1 << 23  # rows of one thread between two looks at the signals
cdef int64_t STEP_SLICE = 1 << 20  # rows of a stochastic ascent, likewise
cdef int64_t EPOCH_SLICE = 1 << 20  # epochs of a gradient ascent on sums, likewise

cdef const thetahat_table* table = NULL
isa_levels = ()
isa = ""


def _choose_table():
    """Take the best instruction set of this processor, or the one that THETAHAT_ISA names."""
    global table, isa_levels, isa
    cdef const thetahat_table* tables[thetahat_max_tables]
    cdef int count = thetahat_tables(tables)
    isa_levels = tuple([tables[i].isa.decode() for i in range(count)])
    isa = os.environ.get("THETAHAT_ISA") or isa_levels[0]
    if isa not in isa_levels:
        raise ImportError(
            f"THETAHAT_ISA={isa!r} is not an instruction set of this processor and build;"
            f" there are {', '.join(isa_levels)}"
        )
    table = tables[isa_levels.index(isa)]


_choose_table()
families = tuple([table.families[i].name.decode() for i in range(table.n_families)])


cdef const thetahat_family* family_at(int family) except NULL:
    if not 0 <= family < table.n_families:
        raise IndexError(f"there is no family number {family}")
    return &table.families[family]


cdef int read_theta(const thetahat_family* family, object theta, double* out) except -1:
    if len(theta) != family.n_params:
        raise ValueError(f"expected {family.n_params} parameters, got {len(theta)}")
    for j in range(family.n_params):
        out[j] = theta[j]
    return 0


cdef tuple to_tuple(const double* values, int n):
    return tuple([values[j] for j in range(n)])


cdef class Sums:
    """A sample seen through its sums: all that a fit needs."""

    cdef const thetahat_family* family
    cdef double state[thetahat_max_sums]
    cdef readonly int family_index

    def __cinit__(self, int family):
        self.family_index = family
        self.family = family_at(family)

    @property
    def n(self):
        return int(self.family.rows(self.state))

    @property
    def finite(self):
        return self.family.finite(self.state) != 0

    def maximum(self):
        """Return the closed-form maximum, or None where there is none."""
        cdef double theta[thetahat_max_params]
        if not self.family.maximum(self.state, theta):
            return None
        return to_tuple(theta, self.family.n_params)

    def evaluate(self, theta):
        """Return log-likelihood, score, information, covariance, standard errors and Newton decrement."""
        cdef double at[thetahat_max_params]
        cdef thetahat_values v
        cdef int p = self.family.n_params
        read_theta(self.family, theta, at)
        self.family.evaluate(self.state, at, &v)
        return (
            v.log_likelihood,
            to_tuple(v.score, p),
            to_tuple(v.information, p * p),
            to_tuple(v.covariance, p * p),
            to_tuple(v.standard_error, p),
            v.decrement,
        )

    def gradient_ascent(self, theta, double rate, int64_t epochs, double[:, ::1] trace=None):
        """Go that many epochs from theta; return the theta reached and the epochs done."""
        cdef double at[thetahat_max_params]
        cdef double* rows = NULL
        cdef int64_t done = 0, wanted, took
        cdef int p = self.family.n_params
        read_theta(self.family, theta, at)
        if trace is not None:
            rows = &trace[0, 0]
            for j in range(p):
                rows[j] = at[j]
        while done < epochs:
            wanted = min(EPOCH_SLICE, epochs - done)
            with nogil:
                took = self.family.gradient_ascent(
                    self.state, rate, wanted, at, rows + (done + 1) * p if rows != NULL else NULL
                )
            done += took
            PyErr_CheckSignals()
            if took < wanted:
                break
        return to_tuple(at, p), done


def summarize(int family, const double[::1] x, int threads):
    """Return the sums of x from one pass."""
    cdef Sums sums = Sums(family)
    cdef const thetahat_family* f = sums.family
    cdef int64_t n = x.shape[0], done = 0, rows
    cdef int team = <int>max(1, min(threads, n // (2 * SPAN_ROWS)))
    cdef void* tree = malloc(f.tree_size)
    if tree == NULL:
        raise MemoryError
    try:
        f.tree_clear(tree)
        while done < n:
            rows = min(PASS_SLICE * team, n - done)
            with nogil:
                f.tree_add(tree, &x[done], rows, team)
            done += rows
            PyErr_CheckSignals()
        f.tree_total(tree, sums.state)
    finally:
        free(tree)
    return sums


def valid(int family, theta):
    """Say whether theta lies in the domain of the family's parameters."""
    cdef double at[thetahat_max_params]
    cdef const thetahat_family* f = family_at(family)
    read_theta(f, theta, at)
    return f.valid(at) != 0


def log_density(int family, theta, const double[::1] x, double[::1] out):
    """Write the log-density of each row of x to out, of the same length."""
    cdef double at[thetahat_max_params]
    cdef const thetahat_family* f = family_at(family)
    cdef int64_t n = x.shape[0], done = 0, rows
    read_theta(f, theta, at)
    while done < n:
        rows = min(PASS_SLICE, n - done)
        with nogil:
            f.log_density(at, &x[done], &out[done], rows)
        done += rows
        PyErr_CheckSignals()


def count_not_finite(const double[::1] x):
    """Return how many rows are NaN or infinite, and the index of the first (-1 if none is)."""
    cdef int64_t n = x.shape[0], done = 0, rows, count = 0, found, first = -1, at = 0
    while done < n:
        rows = min(PASS_SLICE, n - done)
        with nogil:
            found = table.count_not_finite(&x[done], rows, &at)
        if found and not count:
            first = done + at
        count += found
        done += rows
        PyErr_CheckSignals()
    return count, first


cdef thetahat_bitgen* bitgen_of(object bit_generator) except NULL:
    return <thetahat_bitgen*>PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")


def shuffle(bit_generator, uint32_t[::1] index):
    """Fill index with a random order of 0 .. n - 1, the one that an epoch would take."""
    if index.shape[0] > 0:
        with bit_generator.lock:
            table.shuffle(bitgen_of(bit_generator), &index[0], index.shape[0])


ORDERS = ("sequential", "batches", "samples")


cdef class Ascent:
    """A stochastic ascent, its data and where it stands."""

    cdef const thetahat_family* family
    cdef thetahat_ascent state
    cdef object bit_generator
    cdef tuple kept_alive

    def __cinit__(
        self,
        int family,
        const double[::1] x,
        theta,
        *,
        double learning_rate,
        int64_t epochs,
        int64_t batch_size,
        str order,
        bit_generator=None,
        uint32_t[::1] index=None,
        double[::1] batch=None,
        double[:, ::1] trace=None,
    ):
        self.family = family_at(family)
        self.kept_alive = (
            x.base,
            None if index is None else index.base,
            None if batch is None else batch.base,
            None if trace is None else trace.base,
        )
        self.state.x = &x[0]
        self.state.n = x.shape[0]
        self.state.batch_size = batch_size
        self.state.epochs = epochs
        self.state.order = ORDERS.index(order)
        self.state.learning_rate = learning_rate
        self.bit_generator = bit_generator
        if bit_generator is not None:
            self.state.words.bitgen = bitgen_of(bit_generator)
        if index is not None:
            self.state.index = &index[0]
        if batch is not None:
            self.state.batch = &batch[0]
        read_theta(self.family, theta, self.state.theta)
        if trace is not None:
            self.state.trace = &trace[0, 0]
            for j in range(self.family.n_params):
                trace[0, j] = self.state.theta[j]

    @property
    def theta(self):
        return to_tuple(self.state.theta, self.family.n_params)

    @property
    def epoch(self):
        return self.state.epoch

    @property
    def diverged(self):
        return self.state.diverged != 0

    def run(self, int64_t until):
        """Go on until so many epochs are done or a step diverges; return whether there is more to do."""
        cdef int64_t epochs = self.state.epochs
        cdef int going = 1
        self.state.epochs = min(until, epochs)
        try:
            while going:
                with nogil:
                    going = self.family.stochastic_ascent(&self.state, STEP_SLICE)
                PyErr_CheckSignals()
        finally:
            self.state.epochs = epochs
        return self.state.epoch < epochs and not self.state.diverged


def log(double x):
    """Return log(x), with the same bits on every processor."""
    return table.log(x)


def exp(double x):
    """Return exp(x), with the same bits on every processor."""
    return table.exp(x)
