# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""Samples drawn in sorted order, and their distances from a distribution function, without the GIL.

The sums S_1 < S_2 < ... of standard exponential numbers, divided by the last, are sorted uniform numbers
(Devroye 1986, section V.3): a sorted sample is one pass of quantiles, and nothing is sorted.
"""

cimport cython
from libc.math cimport frexp
from libc.stdint cimport int64_t

from thetahat._api cimport apply_function, thetahat_function
from thetahat._core cimport function_named

import numpy as np

from thetahat._core import apply, log

cdef enum:
    BLOCK = 1024  # rows that stay in the cache between two loops
    FACTORS = 8  # of a product that doubles hold

cdef double LEAST = 1e-17  # probability above the last row: rounding may have made it 0


cdef inline double clipped(double x, double low, double high) noexcept nogil:
    return low if x < low else high if x > high else x


cdef const thetahat_function* log_rows = function_named("log")
cdef const thetahat_function* exp_rows = function_named("exp")


def accumulate(double[::1] terms, double before):
    """Replace each term by the sum of those up to it and of `before`; return the last sum."""
    cdef int64_t i
    with nogil:
        for i in range(terms.shape[0]):
            before += terms[i]
            terms[i] = before
    return before


@cython.final
cdef class QuantileTable:
    """Quantiles by the logit t of their probability, as cubics between evenly spaced nodes.

    Parameters
    ----------
    first, step : float
        The first node, and the distance between two.
    cubics : ndarray of float64, shape (n_cells, 4)
        Coefficients in the place between two nodes, from 0 to 1, the constant first.
    origin : float
        The end of the support that quantiles are counted from.
    side : {0, 1, -1}
        Whether the cubics give the quantiles, or the logarithms of their distances above or below `origin`.
    low, high : float
        The least and the largest double inside the support.
    """

    cdef const double[:, ::1] cubics
    cdef double first, step, per_step, origin, low, high
    cdef int side

    def __init__(self, double first, double step, cubics, double origin, int side, double low, double high):
        self.first, self.step, self.per_step, self.cubics = first, step, 1 / step, cubics
        self.origin, self.side, self.low, self.high = origin, side, low, high

    def draw(self, const double[::1] S, double total, double[::1] t, double[::1] x):
        """Write the logits of the increasing probabilities S / total, and their quantiles."""
        cdef int64_t done = 0, size, n = S.shape[0]
        with nogil:
            while done < n:
                size = min(BLOCK, n - done)
                logits(&S[done], total, &t[done], size)
                self.quantiles(&t[done], &x[done], size)
                done += size

    cdef void quantiles(self, const double* t, double* x, int64_t n) noexcept nogil:
        cdef int64_t i, cell, done = 0, size, last = self.cubics.shape[0] - 1
        while done < n:
            cell = <int64_t>clipped((t[done] - self.first) * self.per_step, 0.0, <double>last)
            size = n - done
            if cell < last:
                size = rows_below(&t[done], size, self.first + (cell + 1) * self.step)
            self.cubic(cell, &t[done], &x[done], size)
            done += size
        if self.side != 0:
            apply_function(exp_rows, x, x, n)
            for i in range(n):
                x[i] = self.origin + self.side * x[i]
        for i in range(n):
            x[i] = clipped(x[i], self.low, self.high)

    cdef void cubic(self, int64_t cell, const double* t, double* x, int64_t n) noexcept nogil:
        """Write the values of one cell's cubic."""
        cdef const double* c = &self.cubics[cell, 0]
        cdef double c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3], at
        cdef double per_step = self.per_step, start = self.first + cell * self.step
        cdef int64_t i
        for i in range(n):
            at = clipped((t[i] - start) * per_step, 0.0, 1.0)
            x[i] = ((c3 * at + c2) * at + c1) * at + c0


cdef inline int64_t rows_below(const double* t, int64_t n, double end) noexcept nogil:
    """Return how many of the increasing numbers lie below an end, but at least one."""
    cdef int64_t low = 1, high = n, middle
    while low < high:
        middle = (low + high) // 2
        if t[middle] < end:
            low = middle + 1
        else:
            high = middle
    return low


cdef void logits(const double* S, double total, double* t, int64_t n) noexcept nogil:
    cdef int64_t i
    for i in range(n):
        t[i] = odds(S[i], total)
    apply_function(log_rows, t, t, n)


cdef inline double odds(double S, double total) noexcept nogil:
    """Of the probability S / total; rounding has made it neither 0 nor infinite."""
    cdef double rest = total - S, least = total * LEAST
    return (S if S > 1e-300 else 1e-300) / (rest if rest > least else least)


cdef struct Line:  # what lies between two nodes, by the distance of t from the first
    double t, ratio, ratio_rise, gap, gap_rise


cdef struct Distances:
    double D, W2
    double logits  # the sum of (2 i - 1) log(u / (1 - u)) over the rows i = 1 ... n
    double mantissa, exponent  # the product of 1 - u, the latter a power of two
    int64_t n


def distances(
    const double[::1] S, double total, const double[::1] t, const int64_t[::1] nodes, const double[::1] fitted
):
    """Return D, A squared and W squared of sorted rows from a distribution function.

    Parameters
    ----------
    S, total, t
        As `QuantileTable.draw` took and wrote them.
    nodes : ndarray of int64, shape (n_nodes,)
        Places of some rows, increasing; the first and the last row are among them.
    fitted : ndarray of float64, shape (n_nodes,)
        The logits of the distribution function there. Between two nodes, its distance from t is taken to be
        a straight line in t, and so is the ratio of the odds: both are smooth, and small.

    Returns
    -------
    tuple of float
        A squared is infinite if a row has probability 0 or 1.
    """
    cdef int64_t node, last = nodes.shape[0] - 1, row, end
    cdef double n = t.shape[0]
    cdef Distances sums
    cdef Line line
    gaps = np.asarray(fitted) - np.asarray(t)[np.asarray(nodes)]
    cdef const double[::1] gap = gaps, ratio = apply("exp", gaps)
    sums.D, sums.W2, sums.logits, sums.mantissa, sums.exponent, sums.n = 0, 0, 0, 1, 0, t.shape[0]
    with nogil:
        for node in range(last + 1):
            row = nodes[node]
            end = nodes[node + 1] if node < last else row + 1
            line.t, line.ratio, line.gap = t[row], ratio[node], gap[node]
            line.ratio_rise, line.gap_rise = 0, 0
            if end > row + 1 and t[end] > t[row]:
                line.ratio_rise = (ratio[node + 1] - ratio[node]) / (t[end] - t[row])
                line.gap_rise = (gap[node + 1] - gap[node]) / (t[end] - t[row])
            while row < end:
                add_rows(&sums, row, &S[row], total, &t[row], min(<int64_t>BLOCK, end - row), &line)
                row += BLOCK
    A2 = -2 * (log(sums.mantissa) + sums.exponent * log(2.0)) - n - sums.logits / n
    inside = np.isfinite(fitted[0]) and np.isfinite(fitted[last])
    return sums.D + 0.5 / n, A2 if inside else np.inf, 1 / (12 * n) + sums.W2


cdef void add_rows(
    Distances* sums, int64_t first, const double* S, double total, const double* t, int64_t n,
    const Line* line
) noexcept nogil:
    """Add rows of the fitted probabilities u, the first in place `first`.

    The first loop has no sums, so that it is compiled for registers of several rows.
    """
    cdef double[BLOCK] above, away, logit  # above is 1 - u
    cdef double share = 1 / total, per_n = 1 / <double>sums.n, rest, from_node, distance
    cdef double before = first
    cdef Line at = line[0]
    cdef int exponent, i, end, done = 0, size = n
    for i in range(size):
        from_node = t[i] - at.t
        rest = total - S[i]
        rest = (rest if rest > total * LEAST else total * LEAST) * share
        above[i] = rest / (rest + S[i] * share * (at.ratio + at.ratio_rise * from_node))
        away[i] = 1 - above[i] - (before + i + 0.5) * per_n
        logit[i] = (2 * (before + i) + 1) * (t[i] + (at.gap + at.gap_rise * from_node))
    while done < size:
        end = min(done + FACTORS, size)
        for i in range(done, end):
            distance = away[i] if away[i] > 0 else -away[i]
            sums.D = distance if distance > sums.D else sums.D
            sums.W2 += away[i] * away[i]
            sums.logits += logit[i]
            sums.mantissa *= above[i]
        sums.mantissa = frexp(sums.mantissa, &exponent)
        sums.exponent += exponent
        done = end
