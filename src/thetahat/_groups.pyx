# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""Many groups of rows: put together by their keys, and fitted in one call."""

import numpy as np

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t, int64_t, intptr_t, uint8_t
from libc.stdlib cimport free, malloc

from thetahat._api cimport (
    thetahat_coded_rows, thetahat_coding, thetahat_group_fits, thetahat_group_run, thetahat_group_task,
    thetahat_groups, thetahat_groups_bad_code, thetahat_groups_changed, thetahat_groups_no_memory,
    thetahat_groups_slice, thetahat_keys, thetahat_partitioning, thetahat_rows
)
from thetahat._core cimport Model, Rows, groups as core

from thetahat._core import TYPES, copy_counted
from thetahat._key_types import as_given, bad_code, guessed_range, most_groups, plain_integers
from thetahat._room import aligned_room, arrays_of

# The status of a group, and the reasons for it, by the numbers of groups_api.h.
STATUSES = (
    "converged",
    "boundary",
    "no_maximum",
    "too_few",
    "equal_rows",
    "not_finished",
    "bad_rows",
    "precision",
)

cdef int64_t SLICE_GROUPS = 1 << 12  # that are fitted by their sums between two checks for signals


cdef const thetahat_rows** pointers_to(list chunks) except NULL:
    cdef const thetahat_rows** rows = <const thetahat_rows**>malloc((len(chunks) or 1) * sizeof(void*))
    if rows == NULL:
        raise MemoryError
    for i, chunk in enumerate(chunks):
        rows[i] = &(<Rows?>chunk).state
    return rows


cdef const double* doubles(object array) except? NULL:
    """Where a contiguous array begins; NULL of none."""
    cdef const double[::1] view
    if array is None or array.size == 0:
        return NULL
    view = array.ravel()
    return &view[0]


def code_integers(keys, int threads=1):
    """Return the distinct values of integers or booleans, in increasing order, and the place of each key.

    The places are int32, or int64 where there are 2**31 keys or more.
    """
    plain = plain_integers(keys)
    codes = np.empty(plain.size, np.int32 if plain.size < 2**31 else np.int64)
    return as_given(coded(plain, codes, threads), keys.dtype), codes


cdef object coded(keys, codes, int threads):
    """Write the codes of keys; return the distinct ones. Where codes are None, the least and the greatest."""
    cdef thetahat_keys state
    cdef thetahat_coding* work
    cdef const uint8_t[::1] bytes_of_keys = keys.view(np.uint8)
    cdef uint8_t[::1] bytes_of_codes
    cdef const int64_t* found = NULL
    cdef int answer = thetahat_groups_slice
    cdef int64_t count
    if keys.size == 0:
        return np.empty(0, np.int64)
    state.keys, state.n, state.type = &bytes_of_keys[0], keys.size, TYPES.index(keys.dtype.name)
    state.codes = NULL
    state.wide = 0
    if codes is not None:
        bytes_of_codes = codes.view(np.uint8)
        state.codes, state.wide = &bytes_of_codes[0], codes.dtype.itemsize == 8
    work = core.begin_coding(&state, threads)
    try:
        if work == NULL:
            raise MemoryError
        while answer == thetahat_groups_slice:
            with nogil:
                answer = core.code(work)
            PyErr_CheckSignals()
        check(answer)
        count = core.uniques(work, &found)
        return np.array(<const int64_t[:count]>found)
    finally:
        core.end_coding(work)


cdef int check(int answer) except -1:
    """Raise if a function of the core has failed."""
    if answer == thetahat_groups_no_memory:
        raise MemoryError
    if answer == thetahat_groups_changed:
        raise RuntimeError("rows or keys were changed by another thread while they were read")
    return 0


@cython.final
cdef class GroupedRows:
    """Rows that lie together by group, in their order, as doubles.

    Attributes
    ----------
    values, weights : ndarray of float64, shape (n,)
        The rows that are kept; without weights the latter is None.
    offsets : ndarray of int64, shape (n_groups + 1,)
        The rows of group g are ``values[offsets[g]:offsets[g + 1]]``.
    """

    cdef readonly object values, weights, offsets
    cdef thetahat_groups state

    def __init__(self, values, weights, offsets):
        cdef const int64_t[::1] of_groups = offsets
        self.values, self.weights, self.offsets = values, weights, offsets
        self.state.n_groups = of_groups.shape[0] - 1
        self.state.offsets = &of_groups[0]
        self.state.x = doubles(values)
        self.state.w = doubles(weights)

    @property
    def n_groups(self):
        return self.state.n_groups

    @staticmethod
    def of_codes(list chunks, codes, int64_t n_groups, int threads=1):
        """Return rows put together by the codes of their groups, those of code -1 dropped.

        Codes are contiguous, int32 or int64, one for each row of all chunks.
        """
        rows = sum([chunk.n for chunk in chunks])
        if codes.dtype not in (np.int32, np.int64) or not codes.flags.c_contiguous:
            raise TypeError(f"codes must be contiguous and int32 or int64, not {codes.dtype}")
        if codes.size != rows:
            raise ValueError(f"codes has {codes.size} value(s), but there are {rows} row(s)")
        return partitioned(chunks, codes, n_groups, threads)

    @staticmethod
    def of_keys(list chunks, keys, int threads=1):
        """Return rows put together by integer keys, and the distinct keys in increasing order.

        None where these have too wide a range: then their codes are to be found first.
        """
        plain = plain_integers(keys)
        if plain.size == 0:
            return None
        rows = None
        if (guess := guessed_range(plain)) is not None:
            least, groups = guess
            if groups <= most_groups(plain):
                rows = partitioned(chunks, plain, groups, threads, least, True)
        if rows is None:
            least, most = coded(plain, None, threads).tolist()
            groups = most - least + 1
            if groups > most_groups(plain):
                return None
            rows = partitioned(chunks, plain, groups, threads, least)
        used = np.flatnonzero(np.diff(rows.offsets))
        first, last = int(used[0]), int(used[-1])
        offsets = rows.offsets[first : last + 2]
        if used.size <= last - first:
            offsets = rows.offsets[np.append(used, last + 1)]
        if used.size < groups:
            rows = GroupedRows(rows.values, rows.weights, offsets)
        used += least
        return rows, as_given(used, keys.dtype)

    @staticmethod
    def of_offsets(list chunks, offsets):
        """Return rows that lie together: in place where they are contiguous doubles that all count."""
        offsets = np.ascontiguousarray(offsets, np.int64)
        rows = sum([chunk.n for chunk in chunks])
        check_offsets(offsets, rows)
        if len(chunks) == 1 and in_place(chunks[0]):
            return GroupedRows(array_of(chunks[0]), array_of((<Rows>chunks[0]).weights), offsets)
        return copied(chunks, offsets, rows)


cdef int check_offsets(const int64_t[::1] offsets, int64_t rows) except -1:
    cdef int64_t i, n = offsets.shape[0]
    if n == 0 or offsets[0] != 0:
        raise ValueError(f"offsets must begin with 0, not {'nothing' if n == 0 else offsets[0]}")
    for i in range(1, n):
        if offsets[i] < offsets[i - 1]:
            raise ValueError(f"offsets decrease at index {i}: {offsets[i]} after {offsets[i - 1]}")
    if offsets[n - 1] != rows:
        raise ValueError(f"offsets end with {offsets[n - 1]}, but there are {rows} row(s)")
    return 0


cdef bint in_place(Rows rows):
    weights = rows.weights
    return (
        rows.state.in_place and not rows.filtered
        and (weights is None or ((<Rows>weights).state.in_place and not weights.filtered))
    )


class _Doubles:
    """The values of rows in place, to NumPy; an array of them keeps the rows alive."""

    def __init__(self, Rows rows):
        self.rows = rows
        self.__array_interface__ = {
            "data": (<intptr_t>rows.state.data, True),
            "shape": (rows.state.n,),
            "typestr": np.dtype(np.float64).str,
            "version": 3,
        }


cdef object array_of(Rows rows):
    """The values of rows in place, as an array; None of none."""
    return None if rows is None else np.asarray(_Doubles(rows))


cdef object copied(list chunks, offsets, int64_t rows):
    """Copies of rows that lie together, as doubles, without those that do not count."""
    if any([chunk.filtered for chunk in chunks]):
        groups = np.arange(offsets.size - 1, dtype=np.int32 if offsets.size <= 2**31 else np.int64)
        return partitioned(chunks, np.repeat(groups, np.diff(offsets)), groups.size, 1)
    weighted = any([chunk.weights is not None for chunk in chunks])
    values, weights = aligned_room(rows), aligned_room(rows) if weighted else None
    done = 0
    for chunk in chunks:
        if chunk.n:
            done += copy_counted(chunk, values[done:], weights[done:] if weighted else None)
    return GroupedRows(values, weights, offsets)


cdef object partitioned(list chunks, codes, int64_t n_groups, int threads, least=None, bint guessed=False):
    """Rows put together by codes, or by keys of which this is the least; None if that was guessed wrongly."""
    cdef thetahat_coded_rows rows
    cdef thetahat_partitioning* work
    cdef const uint8_t[::1] bytes_of_codes = codes.view(np.uint8) if codes.size else np.zeros(1, np.uint8)
    cdef double[::1] of_x, of_w
    cdef int64_t[::1] of_groups
    cdef double* w = NULL
    cdef int answer = thetahat_groups_slice
    try:
        offsets = np.empty(n_groups + 1, np.int64)
    except (MemoryError, ValueError) as error:
        raise MemoryError(f"memory has no room for {n_groups} groups") from error
    rows.chunks, rows.n_chunks = pointers_to(chunks), len(chunks)
    rows.codes, rows.type, rows.n_groups = &bytes_of_codes[0], TYPES.index(codes.dtype.name), n_groups
    rows.keyed, rows.least = least is not None, least or 0
    work = core.begin_partition(&rows, threads)
    try:
        if work == NULL:
            raise MemoryError
        while answer == thetahat_groups_slice:
            with nogil:
                answer = core.count(work)
            PyErr_CheckSignals()
        if answer == thetahat_groups_bad_code:
            raise bad_code(codes, n_groups)
        if guessed and answer == thetahat_groups_changed:
            return None
        check(answer)
        kept = core.kept(work)
        weighted = any([chunk.weights is not None for chunk in chunks])
        values, weights = aligned_room(kept), aligned_room(kept) if weighted else None
        of_groups, of_x = offsets, values
        if weighted:
            of_w = weights
            w = &of_w[0] if kept else NULL
        answer = thetahat_groups_slice
        while answer == thetahat_groups_slice:
            with nogil:
                answer = core.scatter(work, &of_x[0] if of_x.shape[0] else NULL, w, &of_groups[0])
            PyErr_CheckSignals()
    finally:
        core.end_partition(work)
        free(rows.chunks)
    check(answer)
    return GroupedRows(values, weights, offsets)


def _table(name, values, int64_t groups, int p):
    """Return settings by group as a contiguous table, and its stride."""
    if values is None:
        return None, 0
    table = np.ascontiguousarray(values, np.float64)
    if table.ndim != 2 or table.shape[1] != p or table.shape[0] not in (1, groups):
        raise ValueError(f"{name} has shape {table.shape}, not (1 or {groups}, {p})")
    return table, 0 if table.shape[0] == 1 else p


cdef dict room_for_fits(Model model, int64_t groups, bint cov, thetahat_group_fits* out):
    cdef int p = model.n_params
    cdef int64_t[::1] of_long
    cdef int32_t[::1] of_int
    cdef uint8_t[::1] of_byte
    shapes = {
        "theta": ((p,), np.float64),
        "stderr": ((p,), np.float64),
        "cov": ((p, p if cov else 0), np.float64),
        "log_likelihood": ((), np.float64),
        "newton_decrement": ((), np.float64),
        "n": ((), np.float64),
        "rows": ((), np.int64),
        "passes": ((), np.int32),
        "reason": ((), np.int32),
        "status": ((), np.uint8),
    }
    fits = arrays_of(shapes, groups)
    # Pages of zeros, which take no memory before a group has bad rows.
    fits |= {"bad": np.zeros(groups, np.int64), "first_bad": np.zeros(groups, np.int64)}
    if not cov:
        fits["cov"] = None
    if groups == 0:
        return fits
    out.theta = <double*>doubles(fits["theta"])
    out.standard_error = <double*>doubles(fits["stderr"])
    out.covariance = <double*>doubles(fits["cov"])
    out.log_likelihood = <double*>doubles(fits["log_likelihood"])
    out.decrement = <double*>doubles(fits["newton_decrement"])
    out.n = <double*>doubles(fits["n"])
    of_long = fits["rows"]
    out.rows = &of_long[0]
    of_int = fits["passes"]
    out.passes = &of_int[0]
    of_byte = fits["status"]
    out.status = &of_byte[0]
    of_int = fits["reason"]
    out.reason = &of_int[0]
    of_long = fits["bad"]
    out.bad = &of_long[0]
    of_long = fits["first_bad"]
    out.first_bad = &of_long[0]
    return fits


cdef tuple settings(Model model, int64_t groups, fixed, start, int threads, thetahat_group_task* task):
    """Write the settings of a task; return the tables that hold them."""
    of_fixed, task.fixed_stride = _table("fixed", fixed, groups, model.n_params)
    of_start, task.start_stride = _table("start", start, groups, model.n_params)
    task.model, task.threads = model.c, threads
    task.fixed, task.start = doubles(of_fixed), doubles(of_start)
    return of_fixed, of_start


def fit(GroupedRows grouped, Model model, fixed=None, start=None, int threads=1, bint cov=True, poll=None):
    """Return the exact fits of all groups, as a dict of arrays with an entry for each.

    Parameters
    ----------
    grouped : GroupedRows
        The rows of each group.
    model : Model
        The family's compiled half.
    fixed, start : ndarray of float64, shape (n_groups or 1, n_params), optional
        Values of fixed parameters, NaN where one is free; start values, NaN where there are none.
    threads : int, default 1
        How many threads share the groups.
    cov : bool, default True
        Whether covariances are kept.
    poll : callable, optional
        Called now and then with the number of groups that are done.
    """
    cdef thetahat_group_task task
    cdef thetahat_group_run* run
    cdef int answer = thetahat_groups_slice
    cdef int64_t done = 0, groups = grouped.state.n_groups
    _tables = settings(model, groups, fixed, start, threads, &task)  # kept while the core reads
    task.groups = grouped.state
    fits = room_for_fits(model, groups, cov, &task.out)
    if groups == 0:
        return fits
    run = core.begin(&task)
    try:
        if run == NULL:
            raise MemoryError
        while answer == thetahat_groups_slice:
            with nogil:
                answer = core.advance(run, &done)
            PyErr_CheckSignals()
            if poll is not None:
                poll(done)
    finally:
        core.end(run)
    check(answer)
    return fits


def sums(GroupedRows grouped, Model model):
    """Return the sums of each group, of a family whose sums do not depend on theta.

    An array of float64, shape (n_groups, 1 + n_sums): rows of positive weight, and the sums.
    """
    cdef int64_t done = 0, groups = grouped.state.n_groups
    if not model.sufficient:
        raise ValueError(f"{model.name} has no sufficient statistics: its sums are sums at one theta")
    nodes = np.empty((groups, 1 + model.c.n_sums))
    cdef double[:, ::1] out = nodes
    while done < groups:
        with nogil:
            done += core.sums(model.c, &grouped.state, done, &out[0, 0])
        PyErr_CheckSignals()
    return nodes


def merge_sums(Model model, left, right):
    """Return the sums of each group's rows on the left and on the right together."""
    cdef const double[:, ::1] other = right
    merged = np.array(left)
    cdef double[:, ::1] out = merged
    check_nodes(model, left)
    if left.shape != right.shape:
        raise ValueError(f"there are sums of {left.shape[0]} groups and of {right.shape[0]}")
    if left.shape[0]:
        core.merge(model.c, left.shape[0], &out[0, 0], &other[0, 0])
    return merged


def fit_sums(Model model, nodes, fixed=None, start=None, bint cov=True):
    """Return the fits of groups of which the sums are known, as `fit` does."""
    cdef thetahat_group_task task
    cdef const double[:, ::1] of_groups = nodes
    cdef int64_t first = 0, size, groups = of_groups.shape[0]
    check_nodes(model, nodes)
    _tables = settings(model, groups, fixed, start, 1, &task)  # kept while the core reads
    fits = room_for_fits(model, groups, cov, &task.out)
    while first < groups:
        size = min(SLICE_GROUPS, groups - first)
        with nogil:
            core.fit_sums(&task, &of_groups[0, 0], first, size)
        first += size
        PyErr_CheckSignals()
    return fits


cdef int check_nodes(Model model, nodes) except -1:
    if nodes.ndim != 2 or nodes.shape[1] != 1 + model.c.n_sums or not model.sufficient:
        raise ValueError(f"an array of shape {nodes.shape} does not hold sums of {model.name}")
    return 0
