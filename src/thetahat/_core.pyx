# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""The compiled core: rows, models and their sums, Newton's method and exact fits, called without the GIL.

No mathematics of any family is here, and no check of what users pass: callers hand over rows of known layout
and valid parameters. The core returns after each slice of rows, and pending signals are answered then.
"""

import os

import numpy as np

cimport cython
from cpython.buffer cimport Py_buffer, PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, intptr_t, uint8_t
from libc.string cimport memset

from thetahat._api cimport (
    apply_function, existence_of_maximum, log_density, thetahat_add_to_subsample, thetahat_begin_lanes,
    thetahat_boundary, thetahat_coding_advance, thetahat_coding_begin, thetahat_coding_end,
    thetahat_coding_uniques, thetahat_copy_counted, thetahat_count, thetahat_count_bad,
    thetahat_count_outside, thetahat_density_rows, thetahat_evaluate, thetahat_exact_begin,
    thetahat_exact_pass, thetahat_exact_pilot, thetahat_fit_advance, thetahat_free_subsample,
    thetahat_function, thetahat_group_fit_advance, thetahat_group_fit_begin, thetahat_group_fit_end,
    thetahat_group_fit_sums, thetahat_group_sums, thetahat_identity, thetahat_inexact, thetahat_lane_rows,
    thetahat_level, thetahat_levels, thetahat_log, thetahat_logit, thetahat_max_levels,
    thetahat_max_params, thetahat_merge_group_sums, thetahat_new_subsample, thetahat_newton_iterate,
    thetahat_no_weight, thetahat_nonsmooth, thetahat_not_finite, thetahat_null, thetahat_parameter,
    thetahat_partition_begin, thetahat_partition_count, thetahat_partition_end, thetahat_partition_kept,
    thetahat_partition_scatter, thetahat_pilot, thetahat_read_rows, thetahat_reader_plan,
    thetahat_regular, thetahat_rows_seen, thetahat_segment_rows, thetahat_sgd_begin,
    thetahat_sgd_evaluate, thetahat_sgd_feed, thetahat_sgd_finish, thetahat_sgd_merge,
    thetahat_sgd_report, thetahat_sgd_run, thetahat_sgd_settle, thetahat_span_rows, thetahat_start_epoch,
    thetahat_subsample_size, thetahat_take_subsample, thetahat_tree_add, thetahat_tree_clear,
    thetahat_tree_size, thetahat_tree_total, thetahat_use, valid_theta
)
from thetahat._formula_api cimport (
    thetahat_formula_cumulative, thetahat_formula_init, thetahat_formula_integral,
    thetahat_formula_operations, thetahat_formula_values
)
from thetahat._censored_api cimport censored_functions_of_the_core
from thetahat._pieces_api cimport (
    thetahat_add_piece_to_tree, thetahat_add_to_piece, thetahat_append_piece, thetahat_bucket,
    thetahat_copy_piece, thetahat_copy_subsample, thetahat_free_piece, thetahat_hash_rows,
    thetahat_join_subsample, thetahat_locate, thetahat_merge_partitions, thetahat_merge_ranks,
    thetahat_new_piece, thetahat_new_subsample_part, thetahat_partition_rows, thetahat_rank_rows,
    thetahat_restore_piece, thetahat_rows_of_tree, thetahat_sizes_of_piece
)

formulas.init, formulas.operations = thetahat_formula_init, thetahat_formula_operations
formulas.values, formulas.integral = thetahat_formula_values, thetahat_formula_integral
formulas.cumulative = thetahat_formula_cumulative
sums.tree_size, sums.clear = thetahat_tree_size, thetahat_tree_clear
sums.add, sums.total = thetahat_tree_add, thetahat_tree_total
sums.evaluate, sums.iterate, sums.advance = thetahat_evaluate, thetahat_newton_iterate, thetahat_fit_advance
sums.begin, sums.take_pilot, sums.take_pass = thetahat_exact_begin, thetahat_exact_pilot, thetahat_exact_pass
sums.new_subsample, sums.free_subsample = thetahat_new_subsample, thetahat_free_subsample
sums.add_to_subsample, sums.rows_seen = thetahat_add_to_subsample, thetahat_rows_seen
sums.subsample_size, sums.take_subsample = thetahat_subsample_size, thetahat_take_subsample

ranks.partition_rows, ranks.merge_partitions = thetahat_partition_rows, thetahat_merge_partitions
ranks.rank_rows, ranks.merge_ranks = thetahat_rank_rows, thetahat_merge_ranks
ranks.locate, ranks.bucket = thetahat_locate, thetahat_bucket

pieces.create, pieces.free, pieces.add = thetahat_new_piece, thetahat_free_piece, thetahat_add_to_piece
pieces.sizes, pieces.copy = thetahat_sizes_of_piece, thetahat_copy_piece
pieces.restore, pieces.append = thetahat_restore_piece, thetahat_append_piece
pieces.add_to_tree, pieces.rows_of_tree = thetahat_add_piece_to_tree, thetahat_rows_of_tree
pieces.hash_rows, pieces.new_subsample = thetahat_hash_rows, thetahat_new_subsample_part
pieces.copy_subsample, pieces.join_subsample = thetahat_copy_subsample, thetahat_join_subsample

sgd.plan, sgd.read, sgd.start_epoch = thetahat_reader_plan, thetahat_read_rows, thetahat_start_epoch
sgd.segment_rows, sgd.begin, sgd.run = thetahat_segment_rows, thetahat_sgd_begin, thetahat_sgd_run
sgd.feed, sgd.finish, sgd.report = thetahat_sgd_feed, thetahat_sgd_finish, thetahat_sgd_report
sgd.evaluate, sgd.merge, sgd.settle = thetahat_sgd_evaluate, thetahat_sgd_merge, thetahat_sgd_settle
sgd.begin_lanes, sgd.lane_rows = thetahat_begin_lanes, thetahat_lane_rows

groups.begin_coding, groups.end_coding = thetahat_coding_begin, thetahat_coding_end
groups.code, groups.uniques = thetahat_coding_advance, thetahat_coding_uniques
groups.begin_partition, groups.end_partition = thetahat_partition_begin, thetahat_partition_end
groups.count, groups.kept = thetahat_partition_count, thetahat_partition_kept
groups.scatter = thetahat_partition_scatter
groups.begin, groups.end = thetahat_group_fit_begin, thetahat_group_fit_end
groups.advance, groups.fit_sums = thetahat_group_fit_advance, thetahat_group_fit_sums
groups.sums, groups.merge = thetahat_group_sums, thetahat_merge_group_sums
censored = censored_functions_of_the_core()

FLOAT64 = np.dtype(np.float64)
THREAD_ROWS = 2 * thetahat_span_rows  # a second thread starts from here on
TYPES = (
    "float64", "float32", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"
)
IDENTITY, LOG, LOGIT = thetahat_identity, thetahat_log, thetahat_logit  # free coordinates of parameters
REGULAR, NONSMOOTH, BOUNDARY = thetahat_regular, thetahat_nonsmooth, thetahat_boundary

cdef const thetahat_level* level = NULL
cdef const thetahat_model* first_model = NULL


def _choose_level():
    """Take the best instruction set of this processor, or the one that THETAHAT_ISA names."""
    global level, first_model
    cdef const thetahat_level* levels[thetahat_max_levels]
    cdef int count = thetahat_levels(levels)
    names = tuple([levels[i].isa.decode() for i in range(count)])
    chosen = os.environ.get("THETAHAT_ISA") or names[0]
    if chosen not in names:
        raise ImportError(
            f"THETAHAT_ISA={chosen!r} is not an instruction set of this processor and build;"
            f" there are {', '.join(names)}"
        )
    level = levels[names.index(chosen)]
    return names, chosen, thetahat_use(level, &first_model)


isa_levels, isa, _n_models = _choose_level()


cdef int read_theta(const thetahat_model* m, object theta, double* out) except -1:
    if len(theta) != m.n_params:
        raise ValueError(f"expected {m.n_params} parameters, got {len(theta)}")
    for j in range(m.n_params):
        out[j] = theta[j]
    return 0


cdef int read_fixed(const thetahat_model* m, object fixed, int* out) except -1:
    for j in range(m.n_params):
        out[j] = j in fixed
    return 0


cdef tuple to_tuple(const double* values, int n):
    return tuple([values[j] for j in range(n)])


@cython.final
cdef class Model:
    """A family's compiled half; a pickle keeps its name alone."""

    def __reduce__(self):
        if self.owner is not None:
            raise TypeError("a model of a formula or of intervals has no name to be pickled by")
        return model_named, (self.name,)

    def valid(self, theta):
        """Say whether theta lies in the domain of the parameters."""
        cdef double at[thetahat_max_params]
        read_theta(self.c, theta, at)
        return valid_theta(self.c, at) != 0

    def log_density(self, theta, const double[::1] x, double[::1] out):
        """Write the log-density of each row of x to out, of the same length."""
        cdef double at[thetahat_max_params]
        cdef int64_t n = x.shape[0], done = 0, size
        read_theta(self.c, theta, at)
        while done < n:
            size = min(thetahat_density_rows(), n - done)
            with nogil:
                log_density(self.c, at, &x[done], &out[done], size)
            done += size
            PyErr_CheckSignals()

    def existence(self, const double[::1] x, const double[::1] w=None):
        """Return two figures that show that rows have no maximum; None where they may have one."""
        cdef double figures[2]
        cdef thetahat_pilot rows
        rows.x, rows.n = &x[0], x.shape[0]
        rows.w = NULL
        if w is not None:
            rows.w = &w[0]
        if self.c.existence == NULL or existence_of_maximum(self.c, &rows, figures):
            return None
        return figures[0], figures[1]

    def count_outside(self, Rows rows, theta=None):
        """Return how many rows that count lie outside the support, and the index of the first, or -1.

        The support is that at theta, or without one that of all parameters together.
        """
        cdef double values[thetahat_max_params]
        cdef const double* at = NULL
        cdef thetahat_count count
        if theta is not None:
            read_theta(self.c, theta, values)
            at = values
        count.done, count.count, count.first = 0, 0, -1
        while count.done < rows.state.n:
            with nogil:
                thetahat_count_outside(self.c, at, &rows.state, &count)
            PyErr_CheckSignals()
        return count.count, count.first


cdef Model model_of(const thetahat_model* c, object owner):
    """Return a model that lives as long as its owner, or for ever."""
    cdef Model model = Model.__new__(Model)
    model.c, model.owner = c, owner
    model.name, model.n_params = c.name.decode(), c.n_params
    model.sufficient = c.sufficient != 0
    model.solved, model.shifts = model.sufficient and c.maximum != NULL, c.shift != NULL
    cdef const thetahat_parameter* p = c.parameters
    parameters = []
    for j in range(c.n_params):
        parameters.append((p[j].low, p[j].high, p[j].coordinate, p[j].regularity))
    model.parameters = tuple(parameters)
    return model


cdef Model model_at(int place):
    return model_of(first_model + place, None)


models = {model.name: model for model in [model_at(i) for i in range(_n_models)]}


def model_named(str name):
    """Return the model of that name."""
    return models[name]


@cython.final
cdef class Rows:
    """Rows as they lie in memory, and the object that keeps them there."""

    def __cinit__(self, *_, **__):
        memset(&self.state, 0, sizeof(self.state))
        self.state.bit_step = 1

    def __init__(
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
        self.owner = owner
        self.state.data = <const char*>address
        self.state.n = n
        self.state.step = step
        self.state.type = <int>TYPES.index(kind)
        self.state.swapped = swapped
        self.state.in_place = kind == "float64" and step == 8 and address % 8 == 0 and not swapped
        self.state.omit_nan = omit_nan
        self.state.mask = <const uint8_t*>mask
        self.state.mask_step = mask_step
        self.state.validity = <const uint8_t*>validity
        self.state.first_bit = first_bit

    @property
    def n(self):
        """Rows, those that do not count included."""
        return self.state.n

    @property
    def filtered(self):
        """Whether rows may be left out."""
        return self.state.mask != NULL or self.state.validity != NULL or self.state.omit_nan != 0

    @property
    def masked(self):
        """Whether rows have a mask of NumPy."""
        return self.state.mask != NULL

    def item(self, int64_t i):
        """Return row i as a number of Python, of its own type."""
        kind = np.dtype(TYPES[self.state.type])
        value = (self.state.data + i * self.state.step)[:kind.itemsize]
        return np.frombuffer(value, kind.newbyteorder() if self.state.swapped else kind)[0].item()

    def part(self, int64_t first, int64_t n, int64_t step=1):
        """Return n of the rows, every so many from the first on, with their weights."""
        cdef Rows part = Rows.__new__(Rows)
        part.owner = self.owner
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
        cdef Rows rows = Rows.__new__(Rows)
        rows.owner = self.owner
        rows.state = self.state
        rows.weights = weights
        rows.state.weights = &weights.state
        return rows


def plain_rows(x):
    """Return the rows of a plain array of contiguous doubles, read directly; None of another x."""
    cdef Py_buffer view
    cdef Rows rows = Rows.__new__(Rows)
    if type(x) is not np.ndarray or x.dtype is not FLOAT64:
        return None
    PyObject_GetBuffer(x, &view, PyBUF_STRIDES)
    if view.ndim == 1 and view.len > 0 and view.strides[0] == 8 and <intptr_t>view.buf % 8 == 0:
        rows.owner = x
        rows.state.data, rows.state.n = <const char*>view.buf, view.shape[0]
        rows.state.step, rows.state.in_place = sizeof(double), 1
    PyBuffer_Release(&view)
    return None if rows.owner is None else rows


cdef tuple count_bad(int what, Rows rows):
    cdef thetahat_count count
    count.done, count.count, count.first = 0, 0, -1
    while count.done < rows.state.n:
        with nogil:
            thetahat_count_bad(what, &rows.state, &count)
        PyErr_CheckSignals()
    return count.count, count.first


def count_not_finite(Rows rows):
    """Return how many rows that count are NaN or infinite, and the index of the first (-1 if none is)."""
    return count_bad(thetahat_not_finite, rows)


def count_no_weight(Rows rows):
    """Return how many weights are negative or not finite, and the index of the first."""
    return count_bad(thetahat_no_weight, rows)


def count_null(Rows rows):
    """Return how many rows of positive weight are null, and the index of the first."""
    return count_bad(thetahat_null, rows)


def count_inexact(Rows rows):
    """Return how many rows that count are integers beyond 2^53, and the index of the first."""
    return count_bad(thetahat_inexact, rows)


def copy_counted(Rows rows, double[::1] out, double[::1] weights=None):
    """Write the rows that count to out, rows.n long or more, and their weights; return how many."""
    cdef thetahat_count count
    cdef double* w = NULL
    if weights is not None:
        w = &weights[0]
    count.done = count.count = 0
    while count.done < rows.state.n:
        with nogil:
            thetahat_copy_counted(&rows.state, &count, &out[0], w)
        PyErr_CheckSignals()
    return count.count


functions = tuple([level.functions[i].name.decode() for i in range(level.n_functions)])


cdef const thetahat_function* function_named(str name) except NULL:
    return &level.functions[functions.index(name)]


def apply(str name, const double[::1] x):
    """Return the function of that name of each number, with the same bits on every processor."""
    cdef const thetahat_function* function = function_named(name)
    cdef int64_t n = x.shape[0]
    out = np.empty(n)
    cdef double[::1] values = out
    if n:
        with nogil:
            apply_function(function, &x[0], &values[0], n)
    return out


cdef const thetahat_function* log_function = function_named("log")
cdef const thetahat_function* exp_function = function_named("exp")


def log(double x):
    """Return log(x), with the same bits on every processor."""
    apply_function(log_function, &x, &x, 1)
    return x


def exp(double x):
    """Return exp(x), with the same bits on every processor."""
    apply_function(exp_function, &x, &x, 1)
    return x
