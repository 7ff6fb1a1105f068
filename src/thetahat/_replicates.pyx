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
    cdef double first, per_step, origin, low, high
    cdef int side

    def __init__(self, double first, double step, cubics, double origin, int side, double low, double high):
        self.first, self.per_step, self.cubics = first, 1 / step, cubics
        self.origin, self.side, self.low, self.high = origin, side, low, high

    def draw(self, const double[::1] S, double total, double[::1] t, double[::1] x):
        """Write the logits of the probabilities S / total, and their quantiles."""
        cdef int64_t done = 0, size, n = S.shape[0]
        with nogil:
            while done < n:
                size = min(BLOCK, n - done)
                logits(&S[done], total, &t[done], size)
                self.quantiles(&t[done], &x[done], size)
                done += size

    cdef void quantiles(self, const double* t, double* x, int64_t n) noexcept nogil:
        cdef int64_t i, cell, last = self.cubics.shape[0] - 1
        cdef const double* c
        cdef double at
        for i in range(n):
            at = (t[i] - self.first) * self.per_step
            cell = <int64_t>clipped(at, 0.0, <double>last)
            c = &self.cubics[cell, 0]
            at = clipped(at - cell, 0.0, 1.0)
            x[i] = ((c[3] * at + c[2]) * at + c[1]) * at + c[0]
        if self.side != 0:
            apply_function(exp_rows, x, x, n)
            for i in range(n):
                x[i] = self.origin + self.side * x[i]
        for i in range(n):
            x[i] = clipped(x[i], self.low, self.high)


cdef void logits(const double* S, double total, double* t, int64_t n) noexcept nogil:
    cdef int64_t i
    for i in range(n):
        t[i] = odds(S[i], total)
    apply_function(log_rows, t, t, n)


cdef inline double odds(double S, double total) noexcept nogil:
    """Of the probability S / total; rounding has made it neither 0 nor infinite."""
    cdef double rest = total - S, least = total * 1e-17
    return (S if S > 1e-300 else 1e-300) / (rest if rest > least else least)


cdef struct Distances:
    double D, W2
    double logits  # the sum of (2 i - 1) log(u / (1 - u)) over the rows i = 1 ... n
    double mantissa, exponent  # the product of 1 / (1 - u), the latter a power of two
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
    cdef int64_t node, last = nodes.shape[0] - 1
    cdef double n = t.shape[0]
    cdef Distances sums
    places = np.asarray(nodes)
    cdef const double[::1] ratio = apply("exp", np.asarray(fitted) - np.asarray(t)[places])
    sums.D, sums.W2, sums.logits, sums.mantissa, sums.exponent, sums.n = 0, 0, 0, 1, 0, t.shape[0]
    with nogil:
        for node in range(last):
            add_row(&sums, nodes[node], odds(S[nodes[node]], total) * ratio[node], fitted[node])
            if nodes[node + 1] - nodes[node] > 1:
                add_between(&sums, &S[0], total, &t[0], &nodes[node], &fitted[node], &ratio[node])
        add_row(&sums, nodes[last], odds(S[nodes[last]], total) * ratio[last], fitted[last])
    A2 = 2 * (log(sums.mantissa) + sums.exponent * log(2.0)) - n - sums.logits / n
    inside = np.isfinite(fitted[0]) and np.isfinite(fitted[last])
    return sums.D, A2 if inside else np.inf, 1 / (12 * n) + sums.W2


cdef void add_between(
    Distances* sums, const double* S, double total, const double* t, const int64_t* node,
    const double* fitted, const double* ratio
) noexcept nogil:
    """Add the rows between two nodes."""
    cdef double t0 = t[node[0]], width = t[node[1]] - t0, share, gap0 = fitted[0] - t0
    cdef double gap = fitted[1] - t[node[1]] - gap0, rise = ratio[1] - ratio[0], per_t
    cdef int64_t i
    per_t = 1 / width if width > 0 else 0.0
    for i in range(node[0] + 1, node[1]):
        share = (t[i] - t0) * per_t
        add_row(sums, i, odds(S[i], total) * (ratio[0] + rise * share), t[i] + gap0 + gap * share)


cdef inline void add_row(Distances* sums, int64_t i, double odds, double logit) noexcept nogil:
    """Add row i, from 0 on, of the fitted probability u = odds / (1 + odds)."""
    cdef double n = sums.n, rest = 1 / (1 + odds)
    cdef double u = 1 - rest if odds > 1 else odds * rest
    cdef double away = u - (i + 0.5) / n
    cdef double distance = (away if away > 0 else -away) + 0.5 / n
    cdef int exponent
    sums.D = distance if distance > sums.D else sums.D
    sums.W2 += away * away
    sums.logits += (2 * i + 1) * logit
    sums.mantissa *= 1 + odds
    if i % FACTORS == 0:
        sums.mantissa = frexp(sums.mantissa, &exponent)
        sums.exponent += exponent
