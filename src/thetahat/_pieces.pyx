# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""What is made of parts of a sample that are read apart, and adds up: pieces, hashes, pilots, ranks."""

import numpy as np

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from thetahat._api cimport (
    thetahat_all_sums, thetahat_few_sums, thetahat_max_params, thetahat_no_memory, thetahat_products,
    thetahat_subsample
)
from thetahat._core cimport Model, Rows, pieces as of_parts, ranks as of_ranks, read_theta, sums
from thetahat._pieces_api cimport (
    thetahat_all, thetahat_buckets, thetahat_partition, thetahat_piece, thetahat_piece_sizes, thetahat_ranks,
    thetahat_row_hash
)
from thetahat._sums cimport Tree


cdef const double* doubles(object array) except? NULL:
    """Where a contiguous array begins; NULL of none."""
    cdef const double[::1] view
    if array is None or array.size == 0:
        return NULL
    view = array
    return &view[0]


@cython.final
cdef class Piece:
    """The sums of neighbouring rows, of which so many come before in the sample: a piece of its tree.

    Parameters
    ----------
    settings : tuple
        The settings of the tree.
    first : int
        The number of rows before it that count.
    """

    cdef thetahat_piece* c
    cdef readonly tuple settings

    def __cinit__(self, tuple settings, int64_t first):
        cdef double values[thetahat_max_params]
        cdef double* at = NULL
        cdef Model model
        self.settings = settings
        model, theta, products, moments = settings
        if theta is not None:
            read_theta(model.c, theta, values)
            at = values
        kind = thetahat_products if products else thetahat_all_sums if moments else thetahat_few_sums
        self.c = of_parts.create(model.c, at, kind, first)
        if self.c == NULL:
            raise MemoryError

    def __dealloc__(self):
        of_parts.free(self.c)

    cdef thetahat_piece_sizes sizes(self):
        cdef thetahat_piece_sizes sizes
        of_parts.sizes(self.c, &sizes)
        return sizes

    @property
    def first(self):
        """How many rows count before it."""
        return self.sizes().first

    @property
    def n(self):
        """How many of its rows count."""
        return self.sizes().n

    def add(self, Rows rows):
        """Add rows after those that are there."""
        cdef int64_t done = 0, took
        while done < rows.state.n:
            with nogil:
                took = of_parts.add(self.c, &rows.state, done)
            if took == thetahat_no_memory:
                raise MemoryError
            done += took
            PyErr_CheckSignals()

    def nodes(self):
        """Return the numbers of its nodes."""
        return self.arrays()[0]

    def edges(self):
        """Return the rows that are in no node, and their weights, if they have any."""
        return self.arrays()[1:]

    def arrays(self):
        """Return numbers of nodes, edge rows, and their weights: all that `restored` needs besides n."""
        cdef thetahat_piece_sizes sizes = self.sizes()
        nodes = np.empty(sizes.numbers + 1)
        x, w = np.empty(sizes.edge_rows + 1), np.empty(sizes.edge_rows + 1)
        cdef double[::1] of_nodes = nodes, of_x = x, of_w = w
        of_parts.copy(self.c, &of_nodes[0], &of_x[0], &of_w[0])
        return nodes[:sizes.numbers], x[:sizes.edge_rows], w[:sizes.edge_rows] if sizes.weighted else None

    @staticmethod
    def restored(tuple settings, int64_t first, int64_t n, nodes, x, w=None):
        """Return the piece of n rows with these nodes and edge rows."""
        cdef Piece piece = Piece(settings, first)
        cdef int done
        if n < 0 or first < 0 or w is not None and w.size != x.size:
            raise ValueError(f"has {n} rows from {first} on, or edge rows without their weights")
        done = of_parts.restore(piece.c, n, doubles(nodes), nodes.size, doubles(x), doubles(w), x.size)
        if done == thetahat_no_memory:
            raise MemoryError
        if not done:
            raise ValueError(f"has not the nodes and edge rows of {n} rows from {first} on")
        return piece

    def append(self, Piece following):
        """Add the rows of the next piece."""
        cdef int done
        with nogil:
            done = of_parts.append(self.c, following.c)
        if done == thetahat_no_memory:
            raise MemoryError
        if not done:
            end = self.first + self.n
            raise ValueError(f"a piece from row {following.first} on does not follow one that ends at {end}")

    def add_to(self, Tree tree):
        """Add the rows to a tree, which ends where the piece begins."""
        cdef int done
        with nogil:
            done = of_parts.add_to_tree(tree.tree, self.c)
        if not done:
            seen = rows_of(tree)
            raise ValueError(f"a piece from row {self.first} on does not follow {seen} rows of a tree")


def rows_of(Tree tree):
    """Return how many rows count of those that a tree has read."""
    return of_parts.rows_of_tree(tree.tree)


@cython.final
cdef class RowHash:
    """A hash of the rows that count and of their weights, in their order.

    Attributes
    ----------
    rows, used : int
        How many count; and of these, how many have a weight that is not 0.
    value : int
        The hash, whose highest bit is left out.
    """

    cdef thetahat_row_hash state

    def __cinit__(self):
        memset(&self.state, 0, sizeof(self.state))

    def add(self, Rows rows):
        """Add rows, in any portions."""
        cdef int64_t done = 0
        while done < rows.state.n:
            with nogil:
                done += of_parts.hash_rows(&rows.state, done, &self.state)
            PyErr_CheckSignals()

    @property
    def rows(self):
        return self.state.rows

    @property
    def used(self):
        return self.state.used

    @property
    def value(self):
        return self.state.hash & ((1 << 63) - 1)


@cython.final
cdef class Subsample:
    """Some of the rows that count, while they arrive in any portions: those that a pilot may want.

    Where it is known how many rows there are and how many a pilot wants, no more than these are kept.
    """

    cdef thetahat_subsample* c
    cdef readonly bint weighted

    def __cinit__(self, int64_t rows=0, int64_t wanted=0):
        self.c = sums.new_subsample(rows, wanted)
        if self.c == NULL:
            raise MemoryError

    def __dealloc__(self):
        if self.c != NULL:
            sums.free_subsample(self.c)

    @staticmethod
    def part(int64_t rows, int64_t wanted, int64_t first):
        """Return what takes in a part of so many rows, from `first` on, of which a pilot wants so many."""
        cdef Subsample part = Subsample.__new__(Subsample)
        sums.free_subsample(part.c)
        part.c = of_parts.new_subsample(rows, wanted, first)
        if part.c == NULL:
            raise MemoryError
        return part

    def taken(self):
        """Return the rows that have been taken, those of weight 0 too, and their weights."""
        cdef int64_t n = sums.subsample_size(self.c)
        x, w = np.empty(n + 1), np.empty(n + 1)
        cdef double[::1] of_x = x, of_w = w
        of_parts.copy_subsample(self.c, &of_x[0], &of_w[0])
        return x[:n], w[:n] if self.weighted else None

    @staticmethod
    def joined(int64_t rows, int64_t wanted, x, w=None):
        """Return all rows from what their parts have taken, one after another."""
        cdef Subsample all_rows = Subsample.__new__(Subsample)
        sums.free_subsample(all_rows.c)
        all_rows.c = of_parts.join_subsample(rows, wanted, doubles(x), doubles(w), x.size)
        if all_rows.c == NULL:
            raise ValueError(f"{x.size} rows are not what a pilot of {wanted} takes of {rows}")
        all_rows.weighted = w is not None
        return all_rows

    @property
    def rows_seen(self):
        """The number of rows that count so far."""
        return sums.rows_seen(self.c)

    def add(self, Rows rows):
        """Add rows after those that were there."""
        cdef int64_t done = 0, took
        self.weighted = rows.state.weights != NULL
        while done < rows.state.n:
            with nogil:
                took = sums.add_to_subsample(self.c, &rows.state, done)
            if took == thetahat_no_memory:
                raise MemoryError
            done += took
            PyErr_CheckSignals()

    def take(self, int64_t wanted):
        """Return a pilot of about so many rows, and their weights; None where a weight is none."""
        cdef int64_t n, room = max(1, sums.subsample_size(self.c))
        x, w = np.empty(room), np.empty(room if self.weighted else 1)
        cdef double[::1] of_x = x, of_w = w
        with nogil:
            n = sums.take_subsample(self.c, wanted, &of_x[0], &of_w[0])
        if n == thetahat_no_memory:
            raise MemoryError
        return None if n < 0 else (x[:n], w[:n] if self.weighted else None)


@cython.final
cdef class Partition:
    """Rows beside an open interval: their weights by class, and copies of those inside if there is room."""

    cdef thetahat_partition state

    def __cinit__(self, double low, double high, int64_t room, bint weighted):
        memset(&self.state, 0, sizeof(self.state))
        self.state.low, self.state.high, self.state.room = low, high, room
        self.state.x = <double*>malloc((room + 1) * sizeof(double))
        if weighted:
            self.state.weights = <double*>malloc((room + 1) * sizeof(double))
        if self.state.x == NULL or weighted and self.state.weights == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.state.x)
        free(self.state.weights)

    def add(self, Rows rows, int threads):
        """Add rows; those of the last call and these may have been added in any portions."""
        cdef int64_t done = 0
        while done < rows.state.n:
            with nogil:
                done += of_ranks.partition_rows(&rows.state, done, threads, &self.state)
            PyErr_CheckSignals()

    def arrays(self):
        """Return all that `of_arrays` needs: classes, rows inside that are copied, and how many there are."""
        cdef int64_t kept = self.state.copies if self.state.copies <= self.state.room else 0
        weighted = self.state.weights != NULL
        return {
            "weight": np.array(<double[:5, :2]>&self.state.weight[0][0]),
            "copies": np.array([self.state.copies], np.int64),
            "x": np.array(<double[:kept]>self.state.x) if kept else np.empty(0),
            "w": np.array(<double[:kept]>self.state.weights) if kept and weighted else np.empty(0),
        }

    @staticmethod
    def of_arrays(interval, weight, copies, x, w):
        """Return what `arrays` wrote, of a pass beside the interval."""
        cdef Partition other = Partition(*interval, x.size, w.size > 0)
        cdef const double[:, ::1] classes = weight
        if weight.shape != (5, 2) or not (w.size in (0, x.size) and copies[0] >= x.size):
            raise ValueError("has weights of other classes, or copies without their weights")
        memcpy(&other.state.weight[0][0], &classes[0, 0], sizeof(other.state.weight))
        if x.size:
            memcpy(other.state.x, doubles(x), x.size * sizeof(double))
        if w.size:
            memcpy(other.state.weights, doubles(w), w.size * sizeof(double))
        other.state.copies = copies[0]
        return other

    def merge(self, Partition other):
        """Add what was found in other rows."""
        of_ranks.merge_partitions(&self.state, &other.state)

    @property
    def weight(self):
        """That of all rows."""
        return self.state.weight[thetahat_all][0]

    def locate(self):
        """Return closed intervals of the least row up to which there is half of the weight, and of more.

        They are of one number each if it is known; None if the weight is not positive and finite.
        """
        cdef double ends[4]
        cdef int found
        with nogil:
            found = of_ranks.locate(&self.state, ends)
        if found < 0:
            raise MemoryError
        return ((ends[0], ends[1]), (ends[2], ends[3])) if found else None


@cython.final
cdef class Ranks:
    """Rows by the buckets of a closed interval, which is cut evenly in the order of the bits of doubles."""

    cdef thetahat_ranks state

    def __cinit__(self, double low, double high):
        memset(&self.state, 0, sizeof(self.state))
        self.state.low, self.state.high = low, high

    def add(self, Rows rows, int threads):
        """Add rows, in any portions."""
        cdef int64_t done = 0, n
        while done < rows.state.n:
            with nogil:
                n = of_ranks.rank_rows(&rows.state, done, threads, &self.state)
            if n < 0:
                raise MemoryError
            done += n
            PyErr_CheckSignals()

    def arrays(self):
        """Return all that `of_arrays` needs: the rows of each bucket, and their weights."""
        return {
            "rows": np.array(<int64_t[:thetahat_buckets]>&self.state.rows[0]),
            "weight": np.array(<double[:thetahat_buckets, :2]>&self.state.weight[0][0]),
        }

    @staticmethod
    def of_arrays(interval, rows, weight):
        """Return what `arrays` wrote, of the same interval."""
        cdef Ranks other = Ranks(*interval)
        cdef const int64_t[::1] of_rows = rows
        cdef const double[:, ::1] of_weights = weight
        if rows.shape != (thetahat_buckets,) or weight.shape != (thetahat_buckets, 2):
            raise ValueError(f"has {rows.size} buckets, not {thetahat_buckets}")
        memcpy(&other.state.rows[0], &of_rows[0], sizeof(other.state.rows))
        memcpy(&other.state.weight[0][0], &of_weights[0, 0], sizeof(other.state.weight))
        return other

    def merge(self, Ranks other):
        """Add what was found in other rows."""
        of_ranks.merge_ranks(&self.state, &other.state)

    def bucket(self, bint more):
        """Return the interval of the bucket with a row of `Partition.locate`, and its number of rows."""
        cdef double ends[2]
        cdef int64_t rows = of_ranks.bucket(&self.state, more, ends)
        return (ends[0], ends[1]), rows
