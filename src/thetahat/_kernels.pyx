# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""The compiled kernels: loops without the GIL over slices of rows and epochs, calling the C table.

No mathematics of any family stands here, and no check of what users pass: callers hand over rows of known
layout and valid parameters. Between slices pending signals are answered, so that Ctrl-C takes effect at once.
"""

import os

import numpy as np

from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t, intptr_t, uint8_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from thetahat._api cimport *

cdef int64_t PASS_SLICE = 1 << 21  # rows of one thread between two looks at the signals
cdef int64_t EPOCH_SLICE = 1 << 20  # epochs of a gradient ascent on sums, likewise

THREAD_ROWS = 2 * thetahat_span_rows  # a second thread starts from here on

cdef const thetahat_table* table = NULL
isa_levels = ()
TYPES = (
    "float64", "float32", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"
)
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
MAX_SUMS = thetahat_max_sums  # how many numbers any family's sums are
# A parameter's domain, where it is not the whole line.
POSITIVE, UNIT, ABOVE_MINUS_ONE = thetahat_positive, thetahat_unit, thetahat_above_minus_one
sufficient = tuple([table.families[i].sufficient != 0 for i in range(table.n_families)])
solved = tuple(  # by their sums
    [sufficient[i] and table.families[i].maximum != NULL for i in range(table.n_families)]
)
domains = tuple(
    [
        tuple([table.families[i].domain[j] for j in range(table.families[i].n_params)])
        for i in range(table.n_families)
    ]
)
SMOOTH, KINK, EDGE = thetahat_smooth, thetahat_kink, thetahat_edge  # how the likelihood peaks in a parameter
peaks = tuple(
    [
        tuple([table.families[i].peak[j] for j in range(table.families[i].n_params)])
        for i in range(table.n_families)
    ]
)


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


cdef int read_held(const thetahat_family* family, object held, int* out) except -1:
    for j in range(family.n_params):
        out[j] = j in held
    return 0


cdef tuple to_tuple(const double* values, int n):
    return tuple([values[j] for j in range(n)])


cdef class Products:
    """The products of the rows' scores at one theta, in units of the family's scale."""

    cdef double state[thetahat_max_sums]


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
        """The sum of the rows' weights: an int where it is one."""
        cdef double n = self.family.n(self.state)
        return int(n) if n == int(n) else n

    @property
    def rows(self):
        """How many rows have a positive weight."""
        return int(self.family.rows(self.state))

    @property
    def finite(self):
        return self.family.sums.finite(self.state) != 0

    def merge(self, Sums other):
        """Return the sums of these rows and the other's."""
        cdef Sums both = Sums(self.family_index)
        both.state = self.state
        self.family.merge(both.state, other.state)
        return both

    def numbers(self):
        """Return the sums as floats, all that `from_numbers` needs."""
        return to_tuple(self.state, thetahat_max_sums)

    @staticmethod
    def from_numbers(int family, numbers):
        """Return the sums that `numbers` wrote."""
        cdef Sums sums = Sums(family)
        if len(numbers) != MAX_SUMS:
            raise ValueError(f"expected {MAX_SUMS} numbers, got {len(numbers)}")
        for i, number in enumerate(numbers):
            sums.state[i] = number
        return sums

    def maximum(self, theta=None, held=()):
        """Return the maximum that an equation of the sums gives, or None where there is none.

        Theta is where the sums were taken, and the values of the parameters that are held.
        """
        cdef double values[thetahat_max_params]
        cdef int which[thetahat_max_params]
        read_held(self.family, held, which)
        if theta is not None:
            read_theta(self.family, theta, values)
        if not self.family.maximum(self.state, which, values):
            return None
        return to_tuple(values, self.family.n_params)

    def evaluate(self, theta, Products products=None, held=()):
        """Return log-likelihood, score, information, covariance, standard errors and Newton decrement.

        With products the covariance is the sandwich; held parameters have none.
        """
        cdef int which[thetahat_max_params]
        cdef double at[thetahat_max_params]
        cdef thetahat_values v
        cdef int p = self.family.n_params
        cdef double* of_scores = NULL
        if products is not None:
            of_scores = products.state
        read_theta(self.family, theta, at)
        read_held(self.family, held, which)
        self.family.evaluate(self.state, of_scores, at, which, &v)
        return (
            v.log_likelihood,
            to_tuple(v.score, p),
            to_tuple(v.information, p * p),
            to_tuple(v.covariance, p * p),
            to_tuple(v.standard_error, p),
            v.decrement,
        )

    def gradient_ascent(self, theta, double rate, int64_t epochs, double[:, ::1] trace=None, held=()):
        """Go that many epochs from theta; return the theta reached and the epochs done."""
        cdef int which[thetahat_max_params]
        cdef const int* kept = NULL
        cdef double at[thetahat_max_params]
        cdef double* rows = NULL
        cdef int64_t done = 0, wanted, took
        cdef int p = self.family.n_params
        read_theta(self.family, theta, at)
        read_held(self.family, held, which)
        if held:
            kept = which
        if trace is not None:
            rows = &trace[0, 0]
            for j in range(p):
                rows[j] = at[j]
        while done < epochs:
            wanted = min(EPOCH_SLICE, epochs - done)
            with nogil:
                took = self.family.gradient_ascent(
                    self.state, rate, wanted, kept, at, rows + (done + 1) * p if rows != NULL else NULL
                )
            done += took
            PyErr_CheckSignals()
            if took < wanted:
                break
        return to_tuple(at, p), done


cdef class Climb:
    """A climb to the maximum by Newton's method, from theta on; held parameters stay where they are."""

    cdef const thetahat_family* family
    cdef thetahat_climb state

    def __cinit__(self, int family, theta, held=()):
        self.family = family_at(family)
        memset(&self.state, 0, sizeof(self.state))
        read_theta(self.family, theta, self.state.theta)
        read_held(self.family, held, self.state.held)

    @property
    def theta(self):
        """Where to look next; in the end, the maximum."""
        return to_tuple(self.state.theta, self.family.n_params)

    @property
    def looks(self):
        return self.state.looks

    @property
    def flat(self):
        """Which parameters the rows said nothing of, in their free coordinates, at the last look."""
        return tuple([j for j in range(self.family.n_params) if self.state.flat[j]])

    @property
    def edge(self):
        """Which parameters run to the bound of their domain."""
        return tuple([j for j in range(self.family.n_params) if self.state.edge[j]])

    @property
    def decrement(self):
        """L at the best theta so far; NaN where the log-likelihood is not concave."""
        return self.state.decrement

    @property
    def arrived(self):
        return self.state.state == thetahat_arrived

    def look(self, Sums sums):
        """Take the sums at theta in; return whether the climb goes on."""
        self.family.climb(sums.state, &self.state)
        return self.state.state == thetahat_climbing


cdef class Rows:
    """Rows as they lie in memory, and the object that keeps them there."""

    cdef thetahat_rows state
    cdef object owner
    cdef readonly Rows weights

    def __cinit__(
        self,
        owner,
        intptr_t address,
        int64_t n,
        int64_t step,
        str kind,
        bint swapped=False,
        bint omit_nan=False,
        intptr_t mask=0,
        int64_t mask_step=0,
        intptr_t validity=0,
        int64_t first_bit=0,
    ):
        memset(&self.state, 0, sizeof(self.state))
        self.owner = owner
        self.state.data = <const char*>address
        self.state.n = n
        self.state.step = step
        self.state.type = TYPES.index(kind)
        self.state.swapped = swapped
        self.state.in_place = kind == "float64" and step == 8 and address % 8 == 0 and not swapped
        self.state.omit_nan = omit_nan
        self.state.mask = <const uint8_t*>mask
        self.state.mask_step = mask_step
        self.state.validity = <const uint8_t*>validity
        self.state.first_bit = first_bit
        self.state.bit_step = 1

    @property
    def n(self):
        """Rows, those that do not count included."""
        return self.state.n

    @property
    def filtered(self):
        """Whether rows may be left out."""
        return self.state.mask != NULL or self.state.validity != NULL or self.state.omit_nan != 0

    def part(self, int64_t first, int64_t n, int64_t step=1):
        """Return n of the rows, every so many from the first on, with their weights."""
        cdef Rows part = Rows(self.owner, 0, n, 0, "float64")
        part.state = self.state
        part.state.n = n
        part.state.data += first * self.state.step
        part.state.step *= step
        part.state.in_place = self.state.in_place and step == 1
        if self.state.mask != NULL:
            part.state.mask += first * self.state.mask_step
        part.state.mask_step *= step
        part.state.first_bit += first * self.state.bit_step
        part.state.bit_step *= step
        part.state.weights = NULL
        return part if self.weights is None else part.weighted(self.weights.part(first, n, step))

    def weighted(self, Rows weights):
        """Return the rows with weights, one for each."""
        cdef Rows rows = Rows(self.owner, 0, 0, 0, "float64")
        rows.state = self.state
        rows.weights = weights
        rows.state.weights = &weights.state
        return rows


cdef int add_rows(const thetahat_pass* way, void* tree, const thetahat_rows* rows, int threads) except -1:
    cdef int team = <int>max(1, min(threads, rows.n // (2 * thetahat_span_rows)))
    cdef int64_t done = 0, size, slice_rows = PASS_SLICE * min(team, 16)  # more threads may share cores
    while done < rows.n:
        size = min(slice_rows, rows.n - done)
        with nogil:
            way.add(tree, rows, done, size, team)
        done += size
        PyErr_CheckSignals()
    return 0


cdef class Tree:
    """A sample's sums while its rows arrive, in any portions; at theta, where they depend on it."""

    cdef const thetahat_family* family
    cdef readonly int family_index
    cdef void* state

    def __cinit__(self, int family, theta=None):
        cdef double values[thetahat_max_params]
        cdef double* at = NULL
        self.family_index = family
        self.family = family_at(family)
        if theta is not None:
            read_theta(self.family, theta, values)
            at = values
        elif not self.family.sufficient:
            raise ValueError("sums of this family are sums at one theta")
        self.state = malloc(self.family.sums.tree_size)
        if self.state == NULL:
            raise MemoryError
        self.family.sums.clear(self.state, at)

    def __dealloc__(self):
        free(self.state)

    def copy(self):
        """Return a tree that goes on from the same rows."""
        cdef Tree other = Tree(self.family_index)
        memcpy(other.state, self.state, self.family.sums.tree_size)
        return other

    def add(self, Rows rows, int threads):
        """Add rows after those that are there."""
        add_rows(&self.family.sums, self.state, &rows.state, threads)

    def total(self):
        """Return the sums of all rows so far."""
        cdef Sums sums = Sums(self.family_index)
        self.family.sums.total(self.state, sums.state)
        return sums


def summarize(int family, const double[::1] x, int threads, theta=None):
    """Return the sums of contiguous doubles from one pass."""
    cdef Tree tree = Tree(family, theta)
    cdef thetahat_rows rows
    memset(&rows, 0, sizeof(rows))
    rows.data = <const char*>&x[0]
    rows.n = x.shape[0]
    rows.step = sizeof(double)
    rows.in_place = 1
    add_rows(&tree.family.sums, tree.state, &rows, threads)
    return tree.total()


def score_products(int family, theta, list chunks, int threads):
    """Return the products of the rows' scores at theta, all chunks' rows together."""
    cdef const thetahat_family* f = family_at(family)
    cdef double at[thetahat_max_params]
    cdef Products products = Products()
    cdef Rows rows
    read_theta(f, theta, at)
    cdef void* tree = malloc(f.products.tree_size)
    if tree == NULL:
        raise MemoryError
    try:
        f.products.clear(tree, at)
        for chunk in chunks:
            rows = chunk
            add_rows(&f.products, tree, &rows.state, threads)
        f.products.total(tree, products.state)
    finally:
        free(tree)
    return products


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


ctypedef int64_t (*counter)(const thetahat_rows*, int64_t, int64_t, int64_t*) noexcept nogil


ctypedef int64_t (*counter_at)(
    const double*, const thetahat_rows*, int64_t, int64_t, int64_t*
) noexcept nogil


cdef tuple count_rows(counter count_slice, Rows rows, counter_at count_at=NULL, const double* theta=NULL):
    cdef int64_t n = rows.state.n, done = 0, size, count = 0, found, first = -1, at = 0
    while done < n:
        size = min(PASS_SLICE, n - done)
        with nogil:
            if count_at != NULL:
                found = count_at(theta, &rows.state, done, size, &at)
            else:
                found = count_slice(&rows.state, done, size, &at)
        if found and not count:
            first = at
        count += found
        done += size
        PyErr_CheckSignals()
    return count, first


def count_not_finite(Rows rows):
    """Return how many rows that count are NaN or infinite, and the index of the first (-1 if none is)."""
    return count_rows(table.count_not_finite, rows)


def count_outside(int family, Rows rows, theta=None):
    """Return how many rows that count lie outside the family's support, and the index of the first.

    The support is that at theta, or without one that of all parameters together.
    """
    cdef double values[thetahat_max_params]
    cdef const double* at = NULL
    cdef const thetahat_family* f = family_at(family)
    if theta is not None:
        read_theta(f, theta, values)
        at = values
    return count_rows(NULL, rows, f.count_outside, at)


def count_no_weight(Rows rows):
    """Return how many weights are negative or not finite, and the index of the first."""
    return count_rows(table.count_no_weight, rows)


def count_inexact(Rows rows):
    """Return how many rows that count are integers beyond 2^53, and the index of the first."""
    return count_rows(table.count_inexact, rows)


def copy_counted(Rows rows, double[::1] out, double[::1] weights=None):
    """Write the rows that count to out, rows.n long or more, and their weights; return how many."""
    cdef int64_t n = rows.state.n, done = 0, size, kept = 0
    cdef double* w = NULL
    while done < n:
        size = min(PASS_SLICE, n - done)
        if weights is not None:
            w = &weights[kept]
        with nogil:
            kept += table.copy_counted(&rows.state, done, size, &out[kept], w)
        done += size
        PyErr_CheckSignals()
    return kept


def split(Rows rows, double low, double high):
    """Return the weight of rows below low and of those above high, and the rows between with their weights.

    The latter come in pieces, pairs of arrays; without weights the second of each is None.
    """
    cdef thetahat_split state
    cdef int64_t n = rows.state.n, done = 0, size = min(PASS_SLICE, n)
    cdef double[::1] x = np.empty(max(size, 1)), w = np.empty(max(size, 1))
    memset(&state, 0, sizeof(state))
    state.low, state.high, state.x, state.weights = low, high, &x[0], &w[0]
    pieces = []
    while done < n:
        size = min(PASS_SLICE, n - done)
        with nogil:
            table.split(&rows.state, done, size, &state)
        of_these = None if rows.weights is None else np.array(w[: state.between])
        pieces.append((np.array(x[: state.between]), of_these))
        done += size
        PyErr_CheckSignals()
    return state.below, state.above, pieces


include "_ascent.pxi"


functions = tuple([table.functions[i].name.decode() for i in range(table.n_functions)])


cdef const thetahat_function* function_named(str name) except NULL:
    return &table.functions[functions.index(name)]


def apply(str name, const double[::1] x):
    """Return the function of that name of each number, with the same bits on every processor."""
    cdef const thetahat_function* function = function_named(name)
    cdef int64_t n = x.shape[0]
    out = np.empty(n)
    cdef double[::1] values = out
    if n:
        with nogil:
            function.apply(&x[0], &values[0], n)
    return out


cdef const thetahat_function* log_function = function_named("log")
cdef const thetahat_function* exp_function = function_named("exp")


def log(double x):
    """Return log(x), with the same bits on every processor."""
    log_function.apply(&x, &x, 1)
    return x


def exp(double x):
    """Return exp(x), with the same bits on every processor."""
    exp_function.apply(&x, &x, 1)
    return x
