# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""Stochastic gradient ascent: over epochs of a sample, along a stream, from several thetas side by side."""

import numpy as np

from thetahat._segments import checked_numbers, checked_segment, whole

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memset

from thetahat._api cimport (
    thetahat_bitgen, thetahat_epoch_reader, thetahat_lanes, thetahat_max_params, thetahat_model,
    thetahat_n_lanes, thetahat_reader_memory, thetahat_sgd, thetahat_sgd_layout, thetahat_sgd_state,
    thetahat_shuffle_none, thetahat_update_rule, thetahat_values, valid_theta
)
from thetahat._core cimport Model, Rows, read_fixed, read_theta, sgd as core, to_tuple

SGD_LAYOUT = thetahat_sgd_layout  # of the numbers in records
SHUFFLES = (None, "batches", "rows", "spread")  # as api.h numbers them
UPDATES = ("plain", "momentum", "adam")
AVERAGES = (None, "polyak", "epoch")
WINDOW = 0  # rows that are shuffled together; 0: as many as the core chooses
LANES = thetahat_n_lanes  # ascents that go side by side


cdef int read_rule(const thetahat_model* m, object rule, thetahat_update_rule* r) except -1:
    memset(r, 0, sizeof(thetahat_update_rule))
    r.batch, r.later_batch = rule.batch, rule.later_batch
    r.free_coordinates, r.preconditioned = rule.free_coordinates, rule.preconditioned
    r.mean, r.implicit = rule.mean, rule.implicit
    r.update, r.average = UPDATES.index(rule.update), AVERAGES.index(rule.average)
    r.rate, r.offset, r.power = rule.rate, rule.offset, rule.power
    r.forgetting_factor = rule.forgetting_factor
    r.beta1, r.beta2, r.epsilon = rule.beta1, rule.beta2, rule.epsilon
    r.any_fixed = len(rule.fixed) > 0
    return read_fixed(m, rule.fixed, r.fixed)


cdef numbers_of(const thetahat_sgd_state* state):
    cdef const double* number = <const double*>state
    return np.array([number[i] for i in range(sizeof(thetahat_sgd_state) // sizeof(double))])


cdef int read_numbers(const thetahat_model* m, numbers, thetahat_sgd_state* state) except -1:
    cdef thetahat_sgd_state read
    cdef double* number = <double*>&read
    unknown = (&read.best_log_likelihood - number, &read.epoch.log_likelihood - number)
    for i, value in enumerate(checked_numbers(numbers, sizeof(read) // sizeof(double), unknown)):
        number[i] = value
    if not valid_theta(m, read.theta) or read.unit <= 0:
        raise ValueError(f"has parameters outside their domain, {to_tuple(read.theta, m.n_params)}")
    for count in (read.t, read.steps, read.averaged_steps, read.rows, read.n, read.n_effective):
        if not 0 <= count <= 2.0**62:
            raise ValueError(f"has the number {count} of rows or steps")
    state[0] = read
    return 0


cdef int64_t read_segment(values, arrays, double[::1] x, double[::1] w) except -1:
    """Take the rows of a segment, and their weights, from a record; return how many."""
    rows, weights = checked_segment(values, arrays, x.shape[0], w is not None, SGD_LAYOUT)
    np.asarray(x)[: rows.size] = rows
    if w is not None:
        np.asarray(w)[: rows.size] = weights
    return rows.size


@cython.final
cdef class EpochReader:
    """A sample's rows in the order that an epoch takes them, and the memory that this needs."""

    cdef thetahat_epoch_reader state
    cdef Rows rows
    cdef object bit_generator
    cdef double[::1] x
    cdef double[::1] w
    cdef uint32_t[::1] units
    cdef uint32_t[::1] row_groups

    def __cinit__(self, Rows rows, int64_t batch, shuffle, bit_generator=None):
        cdef thetahat_reader_memory needs
        memset(&self.state, 0, sizeof(self.state))
        self.rows = rows
        self.bit_generator = bit_generator
        self.state.rows = &rows.state
        self.state.shuffle = SHUFFLES.index(shuffle)
        self.state.capacity = WINDOW
        needs = core.plan(&self.state, batch)
        if needs.window:
            self.x, self.units = np.empty(needs.window), np.empty(needs.window, np.uint32)
            self.state.x, self.state.units = &self.x[0], &self.units[0]
            if rows.weights is not None:
                self.w = np.empty(needs.window)
                self.state.w = &self.w[0]
        if needs.row_groups:
            self.row_groups = np.empty(needs.row_groups, np.uint32)
            self.state.row_groups = &self.row_groups[0]
        if shuffle is not None:
            self.state.random.bitgen = <thetahat_bitgen*>PyCapsule_GetPointer(
                bit_generator.capsule, "BitGenerator"
            )

    def rest(self):
        """Return what is left of the epoch."""
        cdef int64_t done = 0, took = 1
        cdef double[::1] x = np.empty(self.rows.n)
        while took and done < self.rows.n:
            with nogil:
                took = core.read(&self.state, max(self.state.batch_unit, 1 << 16), &x[done], NULL)
            done += took
            PyErr_CheckSignals()
        return np.asarray(x)[:done]


cdef class Ascent:
    """A stochastic gradient ascent over the epochs of a sample: its settings, and its state."""

    cdef Model model
    cdef thetahat_sgd sgd
    cdef EpochReader reader
    cdef double[::1] x
    cdef double[::1] w
    cdef double[:, ::1] trace

    def __cinit__(self, Model model, Rows rows, rule, *, shuffle, int64_t epochs, bit_generator=None):
        memset(&self.sgd, 0, sizeof(self.sgd))
        self.model = model
        self.reader = EpochReader(rows, rule.batch, shuffle, bit_generator)
        self.sgd.reader = self.reader.state
        read_rule(model.c, rule, &self.sgd.rule)
        self.sgd.epochs = epochs
        self.sgd.segment = core.segment_rows(&self.sgd.rule)
        self.x = np.empty(self.sgd.segment)
        self.sgd.x = &self.x[0]
        if rows.weights is not None:
            self.w = np.empty(self.sgd.segment)
            self.sgd.w = &self.w[0]

    def draw(self, int64_t wanted):
        """Take the next rows out of the epoch, about so many, before any step; return them and weights."""
        cdef int64_t batch = self.sgd.rule.batch, done = 0, took = 1
        cdef double[::1] x = np.empty(wanted + batch), w = np.empty(wanted + batch)
        while done < wanted and took:
            with nogil:
                took = core.read(&self.sgd.reader, batch, &x[done], &w[done])
            done += took
        weights = None if self.sgd.w == NULL else np.array(w[:done])
        return np.array(x[:done]), weights

    def begin(self, theta, const double[::1] known=None, const double[::1] weights=None):
        """Start from theta; rows that are known give the first preconditioner, and count as done."""
        cdef const double* x = NULL
        cdef const double* w = NULL
        cdef int64_t n = 0
        if known is not None:
            x, n = &known[0], known.shape[0]
        if weights is not None:
            w = &weights[0]
        read_theta(self.model.c, theta, self.sgd.state.theta)
        with nogil:
            core.begin(self.model.c, &self.sgd, x, w, n)

    def keep_trace(self, double[:, ::1] trace, int64_t every, int64_t kept=0):
        """Record theta there every so many steps, or each epoch for 0; now too, unless some are kept."""
        self.trace = trace
        self.sgd.trace, self.sgd.trace_every, self.sgd.traced = &trace[0, 0], every, kept
        self.sgd.trace_rows = trace.shape[0]
        if kept == 0:
            core.report(self.model.c, &self.sgd, self.sgd.trace)
            self.sgd.traced = 1

    @property
    def theta(self):
        cdef double values[thetahat_max_params]
        core.report(self.model.c, &self.sgd, values)
        return to_tuple(values, self.model.n_params)

    @property
    def best(self):
        """The theta at which an epoch found the highest log-likelihood of all rows, and that; or None."""
        if self.sgd.state.epochs < 2 or not isfinite(self.sgd.state.best_log_likelihood):
            return None
        return to_tuple(self.sgd.state.best, self.model.n_params), self.sgd.state.best_log_likelihood

    @property
    def epoch(self):
        return self.sgd.epoch

    @property
    def batch_size(self):
        return self.sgd.rule.batch

    @property
    def traced(self):
        return self.sgd.traced

    @property
    def diverged(self):
        return self.sgd.state.diverged != 0

    @property
    def starts_epoch(self):
        """Whether no row of the present epoch has been taken."""
        return self.sgd.reader.next == 0 and self.sgd.reader.loaded == 0

    @property
    def position(self):
        """Which part of the present epoch is done."""
        cdef double rows = self.sgd.reader.next
        if self.sgd.reader.shuffle != thetahat_shuffle_none:
            rows *= self.sgd.reader.group_rows or self.sgd.reader.batch_unit
        return min(rows / self.reader.rows.n, 1.0)

    @property
    def rate(self):
        return self.sgd.rule.rate

    @rate.setter
    def rate(self, double rate):
        self.sgd.rule.rate = rate

    @property
    def rate_now(self):
        """The rate of the last step."""
        cdef const thetahat_update_rule* r = &self.sgd.rule
        cdef double t = self.sgd.state.t + r.offset
        return r.rate / t if r.power == 1 and t > 0 else r.rate * t ** -r.power if t > 0 else r.rate

    def run_to_rest(self):
        """Use all rows that are loaded, in the present epoch, so that the saved state is complete."""
        while self.sgd.reader.used != self.sgd.reader.loaded and not self.diverged:
            self.run(self.sgd.epoch + 1, 1)

    def numbers(self):
        """Return the state of an ascent at rest: numbers, and arrays."""
        waiting = {"x": np.array(self.x[: self.sgd.filled])}
        if self.sgd.w != NULL:
            waiting["w"] = np.array(self.w[: self.sgd.filled])
        values = {"epoch": self.epoch, "next": self.sgd.reader.next, "stepped": self.sgd.stepped}
        return values | {"layout": SGD_LAYOUT}, {"state": numbers_of(&self.sgd.state), **waiting}

    def restore(self, values, arrays):
        """Return to where `numbers` was called; the generator must be where that epoch began."""
        cdef thetahat_epoch_reader* reader = &self.sgd.reader
        cdef int64_t unit = 1
        if reader.shuffle != thetahat_shuffle_none:
            unit = reader.group_rows or reader.batch_unit
        taken = whole("next", values["next"], (self.reader.rows.n + unit - 1) // unit)
        epoch = whole("epoch", values["epoch"], self.sgd.epochs)
        self.sgd.filled = read_segment(values, arrays, self.x, None if self.sgd.w == NULL else self.w)
        read_numbers(self.model.c, arrays["state"], &self.sgd.state)
        self.sgd.epoch, self.sgd.stepped = epoch, values["stepped"]
        if taken:
            core.start_epoch(reader)
            reader.next = taken

    def run(self, int64_t until, int64_t rows=1 << 62):
        """Go on until so many epochs are done, about so many rows used, or a step diverges.

        Return whether there is more to do. Signals are answered after each slice of rows.
        """
        cdef int going = 1
        cdef int64_t slice_rows = 1 << 9 if self.sgd.rule.implicit else 1 << 17
        until = min(until, self.sgd.epochs)
        while going and rows > 0:
            with nogil:
                going = core.run(self.model.c, &self.sgd, until, rows)
            rows -= slice_rows
            PyErr_CheckSignals()
        return self.sgd.epoch < self.sgd.epochs and not self.diverged


@cython.final
cdef class Stream:
    """A preconditioned ascent along rows that arrive in any portions, each seen once."""

    cdef Model model
    cdef thetahat_sgd sgd
    cdef thetahat_sgd_state before  # the present segment, or the one that showed a change point
    cdef double[::1] x
    cdef double[::1] w
    cdef object rule

    def __cinit__(self, Model model, rule):
        memset(&self.sgd, 0, sizeof(self.sgd))
        self.model, self.rule = model, rule
        read_rule(model.c, rule, &self.sgd.rule)
        self.sgd.segment = core.segment_rows(&self.sgd.rule)
        self.x = np.empty(max(self.sgd.segment, self.sgd.rule.later_batch))
        self.w = np.ones(self.x.shape[0])
        self.sgd.x = &self.x[0]

    def begin(self, theta, const double[::1] known, const double[::1] weights=None):
        """Start from theta, the maximum of rows that are known."""
        cdef const double* w = NULL
        if weights is not None:
            w = &weights[0]
        read_theta(self.model.c, theta, self.sgd.state.theta)
        core.begin(self.model.c, &self.sgd, &known[0], w, known.shape[0])
        self.before = self.sgd.state

    def feed(self, const double[::1] x, const double[::1] weights=None):
        """Take steps on rows, as far as they fill batches; return how many, fewer at a change point."""
        cdef int64_t n = x.shape[0], done = 0
        cdef const double* w = NULL
        if weights is not None and self.sgd.w == NULL:
            np.asarray(self.w)[:] = 1.0
            self.sgd.w = &self.w[0]
        while done < n and not self.change_point:
            if weights is not None:
                w = &weights[done]
            with nogil:
                done += core.feed(self.model.c, &self.sgd, &x[done], w, n - done)
            if self.sgd.filled == 0 and not self.change_point:
                self.before = self.sgd.state
            PyErr_CheckSignals()
        return done

    @property
    def change_point(self):
        """Whether the rows of the last segment are of another distribution than those before."""
        return self.sgd.state.change_point != 0

    def segment(self):
        """Return the rows of the last segment, and their weights."""
        weights = None if self.sgd.w == NULL else np.array(self.w[: self.sgd.last])
        return np.array(self.x[: self.sgd.last]), weights

    def undo_segment(self):
        """Return to where the last segment began, which showed a change point."""
        self.sgd.state = self.before

    def copy(self):
        """Return a stream that goes on from the same rows."""
        cdef Stream other = Stream(self.model, self.rule)
        other.restore(*self.numbers())
        return other

    def finished(self):
        """Return a stream that has used all its rows."""
        cdef Stream other = self.copy()
        core.finish(other.model.c, &other.sgd)
        return other

    @property
    def theta(self):
        return to_tuple(self.sgd.state.theta, self.model.n_params)

    @property
    def n(self):
        """The sum of the rows' weights, less what has been forgotten."""
        return self.sgd.state.t

    @property
    def rows(self):
        return int(self.sgd.state.rows)

    @property
    def skipped(self):
        """How many of the rows theta gave no finite log-likelihood when they came."""
        return int(self.sgd.state.skipped)

    @property
    def diverged(self):
        return self.sgd.state.diverged != 0

    def evaluate(self):
        """Return log-likelihood, covariance, standard errors and Newton decrement by the quadratic model."""
        cdef thetahat_values v
        cdef int p = self.model.n_params
        core.evaluate(self.model.c, &self.sgd, &v)
        return v.log_likelihood, to_tuple(v.covariance, p * p), to_tuple(v.standard_error, p), v.decrement

    def merge(self, Stream other):
        """Go on as if the rows of both, which have used all theirs, had been seen."""
        core.merge(self.model.c, &self.sgd, &other.sgd)

    def numbers(self):
        """Return the state of the stream: numbers, and arrays."""
        values = {"stepped": self.sgd.stepped, "weighted": self.sgd.w != NULL, "layout": SGD_LAYOUT}
        arrays = {"state": numbers_of(&self.sgd.state), "before": numbers_of(&self.before)}
        waiting = np.array(self.x[: self.sgd.filled]), np.array(self.w[: self.sgd.filled])
        return values, arrays | dict(zip("xw", waiting))

    def restore(self, values, arrays):
        """Return to where `numbers` was called."""
        read_numbers(self.model.c, arrays["state"], &self.sgd.state)
        core.settle(&self.sgd)
        self.sgd.filled = read_segment(values, arrays, self.x[: self.sgd.segment], self.w[: self.sgd.segment])
        read_numbers(self.model.c, arrays["before"], &self.before)
        self.sgd.stepped = values["stepped"]
        self.sgd.w = &self.w[0] if values["weighted"] else NULL


@cython.final
cdef class Lanes:
    """Up to LANES independent ascents by textbook steps, side by side."""

    cdef Model model
    cdef thetahat_lanes state
    cdef int64_t[::1] epochs
    cdef int count

    def __cinit__(self, Model model, list starts, list rates):
        self.model = model
        self.count = <int>len(starts)
        self.epochs = np.zeros(LANES, np.int64)
        for k in range(LANES):  # those that are not wanted do as the first
            read_theta(model.c, starts[k if k < self.count else 0], self.state.theta[k])
            self.state.rate[k] = rates[k if k < self.count else 0]
        core.begin_lanes(model.c, &self.state)

    def run(self, Rows rows, shuffle, int64_t epochs, bit_generator=None, const double[:, :] groups=None):
        """Go so many epochs over rows; where there are groups, rows number their columns."""
        cdef EpochReader reader = EpochReader(rows, 1, shuffle, bit_generator)
        cdef double x[256]
        cdef double side_by_side[256 * thetahat_n_lanes]
        cdef int shared = groups is None
        cdef double* taken = &x[0] if shared else &side_by_side[0]
        cdef int64_t took, i, column, since = 0
        cdef int k
        for _ in range(epochs):
            took = 1
            while took:
                with nogil:
                    took = core.read(&reader.state, 256, x, NULL)
                    if not shared:
                        for i in range(took):
                            column = <int64_t>x[i]
                            for k in range(thetahat_n_lanes):
                                taken[i * thetahat_n_lanes + k] = groups[k if k < self.count else 0, column]
                    core.lane_rows(self.model.c, &self.state, taken, shared, took)
                since += took * thetahat_n_lanes
                if since >= 1 << 17:
                    PyErr_CheckSignals()
                    since = 0
            for k in range(self.count):
                self.epochs[k] += self.state.running[k] > 0

    def ends(self):
        """Return each lane's theta, the epochs that it has done, and whether it diverged."""
        return [
            (to_tuple(self.state.theta[k], self.model.n_params), self.epochs[k], self.state.running[k] == 0)
            for k in range(self.count)
        ]
