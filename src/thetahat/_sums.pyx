# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""Sums of samples, and what is made of them: trees, Newton's method, exact fits."""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from thetahat._api cimport (
    ascend_on_sums, maximum_of_sums, merge_sums, shift_sums, sums_finite, thetahat_all_sums,
    thetahat_at_limit, thetahat_converged, thetahat_few_sums, thetahat_fit, thetahat_fit_check,
    thetahat_fit_converged, thetahat_fit_empty, thetahat_fit_no_memory, thetahat_fit_slice,
    thetahat_max_node, thetahat_max_params, thetahat_newton, thetahat_pilot, thetahat_products,
    thetahat_rows, thetahat_running, thetahat_sums_layout, thetahat_tree, thetahat_values, valid_theta
)
from thetahat._censored cimport raise_pending
from thetahat._core cimport Model, Rows, read_fixed, read_theta, sums as core, to_tuple

SUMS_LAYOUT = thetahat_sums_layout  # of the numbers in records

cdef int64_t EPOCH_SLICE = 1 << 20  # epochs of a gradient ascent on sums between two checks for signals

# The states of an exact fit, by the numbers of api.h.
STATES = (
    "pilot", "all rows", "pass", "converged", "no start", "no maximum", "failed", "unfinished"
)


@cython.final
cdef class Sums:
    """A sample seen through its sums at one theta, or through sufficient ones: all that a fit needs."""

    cdef double node[thetahat_max_node]
    cdef readonly Model model

    def __cinit__(self, Model model):
        self.model = model

    @property
    def n(self):
        """The sum of the rows' weights: an int where it is one."""
        cdef double n = self.node[1]
        return int(n) if n == int(n) else n

    @property
    def rows(self):
        """How many rows have a positive weight."""
        return int(self.node[0])

    @property
    def finite(self):
        cdef double rows = self.node[0]
        return rows - rows == 0 and sums_finite(self.model.c, self.node + 1) != 0

    def merge(self, Sums other):
        """Return the sums of these rows and the other's."""
        cdef Sums both = Sums(self.model)
        both.node = self.node
        both.node[0] += other.node[0]
        merge_sums(self.model.c, both.node + 1, other.node + 1)
        return both

    def numbers(self):
        """Return the sums as floats, all that `from_numbers` needs."""
        return to_tuple(self.node, 1 + self.model.c.n_sums)

    @staticmethod
    def from_numbers(Model model, numbers):
        """Return the sums that `numbers` wrote."""
        cdef Sums sums = Sums(model)
        if len(numbers) != 1 + model.c.n_sums:
            raise ValueError(f"expected {1 + model.c.n_sums} numbers, got {len(numbers)}")
        for i, number in enumerate(numbers):
            sums.node[i] = number
        rows, n = numbers[0], numbers[1]
        if not (0 <= rows <= 2.0**100 and rows == int(rows) and n >= 0 and (n > 0) == (rows > 0)):
            raise ValueError(f"has {rows} rows of weight {n}")
        if rows > 0 and not sums.finite:
            raise ValueError("has sums that are beyond what doubles can hold")
        return sums

    def shifted(self, theta, to):
        """Return the sums at another theta, from those of passes at theta, and a bound on their error.

        The bound is that on the score, as a share of what the scores of single rows are; where it is so large
        that the sums say nothing there, they are None.
        """
        cdef double here[thetahat_max_params]
        cdef double there[thetahat_max_params]
        cdef double error = 0.0
        cdef Sums sums = Sums(self.model)
        read_theta(self.model.c, theta, here)
        read_theta(self.model.c, to, there)
        sums.node[0] = self.node[0]
        cdef bint near = shift_sums(
            self.model.c, here, self.node + 1, there, sums.node + 1, &error
        )
        return sums if near else None, error

    def maximum(self, theta=None, fixed=()):
        """Return the maximum that an equation of the sums gives, or None where there is none.

        Theta is where the sums were taken, and the values of the fixed parameters.
        """
        cdef double values[thetahat_max_params]
        cdef int which[thetahat_max_params]
        read_fixed(self.model.c, fixed, which)
        if theta is not None:
            read_theta(self.model.c, theta, values)
        if not maximum_of_sums(self.model.c, self.node + 1, which, values):
            return None
        return to_tuple(values, self.model.n_params)

    def evaluate(self, theta, Sums products=None, fixed=()):
        """Return log-likelihood, score, information, covariance, standard errors and Newton decrement.

        With products the covariance is the sandwich; fixed parameters have none.
        """
        cdef int which[thetahat_max_params]
        cdef double at[thetahat_max_params]
        cdef thetahat_values v
        cdef const double* of_scores = NULL
        cdef int p = self.model.n_params
        if products is not None:
            of_scores = products.node
        read_theta(self.model.c, theta, at)
        read_fixed(self.model.c, fixed, which)
        with nogil:
            core.evaluate(self.model.c, self.node, of_scores, at, which, &v)
        raise_pending()
        return (
            v.log_likelihood,
            to_tuple(v.score, p),
            to_tuple(v.information, p * p),
            to_tuple(v.covariance, p * p),
            to_tuple(v.standard_error, p),
            v.decrement,
        )

    def gradient_ascent(self, theta, double rate, int64_t epochs, double[:, ::1] trace=None, fixed=()):
        """Go that many epochs from theta; return the theta reached and the epochs done."""
        cdef int which[thetahat_max_params]
        cdef double at[thetahat_max_params]
        cdef double* rows = NULL
        cdef double* kept = NULL
        cdef int64_t done = 0, wanted, took
        cdef int p = self.model.n_params
        read_theta(self.model.c, theta, at)
        read_fixed(self.model.c, fixed, which)
        if trace is not None:
            rows = &trace[0, 0]
            for j in range(p):
                rows[j] = at[j]
        while done < epochs:
            wanted = min(EPOCH_SLICE, epochs - done)
            if rows != NULL:
                kept = rows + (done + 1) * p
            with nogil:
                took = ascend_on_sums(
                    self.model.c, self.node + 1, rate, wanted, which, at, kept
                )
            done += took
            PyErr_CheckSignals()
            raise_pending()
            if took < wanted:
                break
        return to_tuple(at, p), done


cdef int add_rows(thetahat_tree* tree, const thetahat_rows* rows, int threads) except -1:
    cdef int64_t done = 0
    while done < rows.n:
        with nogil:
            done += core.add(tree, rows, done, threads)
        PyErr_CheckSignals()
    return 0


@cython.final
cdef class Tree:
    """A sample's sums while its rows arrive, in any portions; at theta, where they depend on it.

    With products, those of the products of the rows' scores at theta; without moments, those that are not to
    be shifted. The settings are the arguments that it was made with.
    """

    def __cinit__(self, Model model, theta=None, bint products=False, bint moments=True):
        cdef double values[thetahat_max_params]
        cdef double* at = NULL
        self.model, self.settings = model, (model, theta, products, moments)
        if theta is not None:
            read_theta(model.c, theta, values)
            at = values
        elif products or not model.sufficient:
            raise ValueError("sums of this model are sums at one theta")
        self.tree = <thetahat_tree*>malloc(core.tree_size())
        if self.tree == NULL:
            raise MemoryError
        kind = thetahat_products if products else thetahat_all_sums if moments else thetahat_few_sums
        core.clear(self.tree, model.c, at, kind)

    def __dealloc__(self):
        free(self.tree)

    def copy(self):
        """Return a tree that goes on from the same rows."""
        cdef Tree other = Tree(*self.settings)
        memcpy(other.tree, self.tree, core.tree_size())
        return other

    def add(self, Rows rows, int threads):
        """Add rows after those that are there."""
        add_rows(self.tree, &rows.state, threads)

    def total(self):
        """Return the sums of all rows so far."""
        cdef Sums total = Sums(self.model)
        core.total(self.tree, total.node)
        return total


@cython.final
cdef class Newton:
    """Newton's method from theta on; fixed parameters stay where they are."""

    cdef readonly Model model
    cdef thetahat_newton state

    def __cinit__(self, Model model, theta, fixed=()):
        self.model = model
        memset(&self.state, 0, sizeof(self.state))
        read_theta(model.c, theta, self.state.theta)
        read_fixed(model.c, fixed, self.state.fixed)

    @property
    def theta(self):
        """Where to evaluate next; in the end, the maximum."""
        return to_tuple(self.state.theta, self.model.n_params)

    @property
    def evaluations(self):
        return self.state.evaluations

    @property
    def zero_curvature(self):
        """The parameters of whose free coordinates the rows said nothing at the last evaluation."""
        return tuple([j for j in range(self.model.n_params) if self.state.zero_curvature[j]])

    @property
    def at_bound(self):
        """The parameters that run to the bound of their domain."""
        return tuple([j for j in range(self.model.n_params) if self.state.at_bound[j]])

    @property
    def converged(self):
        return self.state.state == thetahat_converged

    @property
    def at_limit(self):
        """Whether it ended where the likelihood increases towards a limit."""
        return self.state.state == thetahat_at_limit

    def iterate(self, Sums sums):
        """Take the sums at theta in; return whether there is more to do."""
        with nogil:
            core.iterate(self.model.c, 1, sums.node, &self.state)
        raise_pending()
        return self.state.state == thetahat_running


cdef const thetahat_rows** pointers_to(list chunks) except NULL:
    cdef const thetahat_rows** rows = <const thetahat_rows**>malloc((len(chunks) or 1) * sizeof(void*))
    if rows == NULL:
        raise MemoryError
    for i, chunk in enumerate(chunks):
        rows[i] = &(<Rows?>chunk).state
    return rows


@cython.final
cdef class ExactFit:
    """The exact fit of a sample of so many rows: a machine that asks for pilots and passes until it is done.

    Of rows in memory, `run` answers it; otherwise `take_pilot` and `take_sums` do, as `state` asks.
    """

    cdef readonly Model model
    cdef thetahat_fit fit

    def __cinit__(self, Model model, int64_t size, dict fixed, start=()):
        self.model = model
        memset(&self.fit, 0, sizeof(self.fit))
        self.fit.exact.size = size
        for place, value in fixed.items():
            self.fit.exact.fixed[<int>place] = 1
            self.fit.exact.fixed_values[<int>place] = value
        if start:
            self.fit.exact.has_start = 1
            read_theta(model.c, start, self.fit.exact.start)
        core.begin(model.c, &self.fit.exact)

    def __dealloc__(self):
        free(self.fit.tree)
        free(self.fit.chunks)

    @property
    def state(self):
        """What the machine wants, or how it ended: one of STATES."""
        return STATES[self.fit.exact.state]

    @property
    def pilot_rows(self):
        return self.fit.exact.pilot_rows

    @property
    def theta(self):
        """Where sums are wanted; in the end, the maximum."""
        return to_tuple(self.fit.exact.theta, self.model.n_params)

    @property
    def evaluated(self):
        """Where the last sums were taken."""
        return to_tuple(self.fit.exact.evaluated, self.model.n_params)

    @property
    def passes(self):
        return self.fit.passes

    @property
    def sums(self):
        """The last sums."""
        cdef Sums sums = Sums(self.model)
        memcpy(sums.node, self.fit.node, sizeof(sums.node))
        return sums

    def take_pilot(self, const double[::1] x, const double[::1] w=None):
        """Answer a wanted pilot, or all rows that are wanted, at least one."""
        cdef thetahat_pilot pilot
        pilot.x, pilot.n = &x[0], x.shape[0]
        pilot.w = NULL
        if w is not None:
            pilot.w = &w[0]
        with nogil:
            core.take_pilot(self.model.c, &self.fit.exact, &pilot)

    def take_sums(self, Sums sums):
        """Answer a wanted pass."""
        memcpy(self.fit.node, sums.node, sizeof(sums.node))
        self.fit.passes += 1
        with nogil:
            core.take_pass(self.model.c, &self.fit.exact, self.fit.node)
        raise_pending()

    @property
    def converged(self):
        return self.fit.exact.state == thetahat_fit_converged

    def run(self, list chunks, int threads, bint rows_are_good=False):
        """Answer from rows in memory; return why that ends: "ended", "check" or "empty".

        To be called again after "check", with rows that are good; after "ended", all rows may be wanted.
        """
        cdef int answer = thetahat_fit_slice
        if self.fit.tree == NULL:
            self.fit.tree = <thetahat_tree*>malloc(core.tree_size())
            self.fit.chunks = pointers_to(chunks)
            self.fit.n_chunks = len(chunks)
        if self.fit.tree == NULL:
            raise MemoryError
        self.fit.threads = threads
        self.fit.rows_are_good = rows_are_good
        while answer == thetahat_fit_slice:
            with nogil:
                answer = core.advance(self.model.c, &self.fit)
            PyErr_CheckSignals()
            raise_pending()
        if answer == thetahat_fit_no_memory:
            raise MemoryError
        if answer == thetahat_fit_check:
            return "check"
        return "empty" if answer == thetahat_fit_empty else "ended"


def fit_plain(Model model, Rows rows):
    """Return the exact fit of rows by one thread; None where another route is needed."""
    cdef ExactFit fit = ExactFit(model, rows.state.n, {})
    fit.run([rows], 1)
    if not fit.converged or (model.sufficient and not valid_theta(model.c, fit.fit.exact.theta)):
        return None
    return fit
