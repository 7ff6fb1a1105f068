"""Replicates of a sample for the bootstrap: drawn from a fit, fitted anew, and compared with their fits.

A replicate of real numbers is drawn in sorted order (`_replicates`), through a table of the quantiles; the
distribution function of its own fit is computed at some 1000 of its rows, and interpolated between them. Both
errors are far below what a replicate differs from the next by. A replicate of counts is drawn as the number
of times that each count occurs. Where SciPy takes long for a table, it draws rows, which are sorted.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import numpy as np

from thetahat import _groups
from thetahat._core import apply
from thetahat._distribution import distribution
from thetahat._replicates import accumulate, distances
from thetahat.families import Family
from thetahat.goodness.tabulated import (
    fitted_logits,
    node_places,
    probabilities_of_counts,
    quantile_table,
    statistics_of_counts,
    statistics_of_sorted,
    turned,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Draws", "distances_of_replicates"]

_SLICE = 1 << 15  # rows between two looks at whether to stop
_ALONE = 1 << 12  # rows of a replicate below which a second thread would wait for Python
_IN_MEMORY = 1 << 28  # rows of all replicates in work


class _Stopped(Exception):  # noqa: N818 - it ends a thread and reports nothing
    """The caller waits no longer."""


class Draws:
    """Replicates of n rows of a family at theta, fitted with the same parameters fixed.

    Parameters
    ----------
    family : Family
        The family.
    theta : tuple of float
        The parameters that rows are drawn at.
    fixed : tuple of int
        The places of the parameters that are fixed.
    n : int
        Number of rows.
    """

    def __init__(self, family: Family, theta: tuple[float, ...], fixed: tuple[int, ...], n: int) -> None:
        self.family, self.theta, self.n = family, theta, n
        self._fixed = None
        if fixed:
            self._fixed = np.full((1, len(theta)), np.nan)
            self._fixed[0, fixed] = [theta[place] for place in fixed]
        self._stopped = threading.Event()
        self._room = threading.local()  # a thread's arrays: new ones cost as much as the draws
        with np.errstate(all="ignore"):  # far out
            if family.counts:
                self._counts = probabilities_of_counts(family, theta, n)
            elif not family.slow_tails:
                self._table, self._nodes = quantile_table(family, theta, n), node_places(n)

    def stop(self) -> None:
        """End the replicates that are in work soon."""
        self._stopped.set()

    def statistics(self, seed: np.random.SeedSequence) -> Array | None:
        """Return D, A squared and W squared of one replicate; None if it could not be fitted."""
        generator = np.random.Generator(np.random.SFC64(seed))
        with np.errstate(all="ignore"):  # what overflows gives no statistic
            if self.family.counts:
                return self._of_counts(generator)
            return self._sorted(generator) if self.family.slow_tails else self._of_numbers(generator)

    def _of_counts(self, generator: np.random.Generator) -> Array | None:
        if self._counts is None:
            drawn = distribution(self.family, self.theta).rvs(self.n, random_state=generator)
            value, times = np.unique(np.asarray(drawn, np.float64), return_counts=True)
        else:
            times = generator.multinomial(self.n, self._counts)
            value = np.flatnonzero(times).astype(np.float64)
            times = times[times > 0]
        theta = self._fitted(value, times.astype(np.float64))
        return None if theta is None else statistics_of_counts(self.family, theta, value, times)

    def _sorted(self, generator: np.random.Generator) -> Array | None:
        """Return the statistics of rows that SciPy draws, where a table of quantiles takes longer."""
        self._look()
        drawn = distribution(self.family, self.theta).rvs(self.n, random_state=generator)
        x = np.sort(np.asarray(drawn, np.float64))
        theta = self._fitted(x, None)
        return None if theta is None else statistics_of_sorted(self.family, theta, x)

    def _of_numbers(self, generator: np.random.Generator) -> Array | None:
        S, t, x = self._rows()
        total = self._draw(generator, S, t, x)
        theta = self._fitted(x, None)
        if theta is None:
            return None
        if self.family.circular:
            S, x = turned(self.family, self.theta, theta, S, total, x)
            t = apply("log", S / (total - S))
        fitted = fitted_logits(self.family, theta, x[self._nodes])
        return np.array(distances(S, total, t, self._nodes, fitted))

    def _rows(self) -> tuple[Array, Array, Array]:
        """Return this thread's room for sums, logits and rows."""
        if not hasattr(self._room, "arrays"):
            self._room.arrays = tuple(np.empty(self.n) for _ in range(3))
        arrays: tuple[Array, Array, Array] = self._room.arrays
        return arrays

    def _draw(self, generator: np.random.Generator, S: Array, t: Array, x: Array) -> float:
        """Draw a sorted sample: x, the logits of its probabilities, and the sums they come from."""
        total, slices = 0.0, [slice(first, first + _SLICE) for first in range(0, self.n, _SLICE)]
        for part in slices:
            self._look()
            generator.standard_exponential(out=S[part])
            total = accumulate(S[part], total)
        total += generator.standard_exponential()
        for part in slices:
            self._look()
            self._table.draw(S[part], total, t[part], x[part])
        return total

    def _fitted(self, x: Array, w: Array | None) -> Array | None:
        """Return the parameters fitted to rows; None if there is no fit."""
        rows = _groups.GroupedRows(x, w, np.array([0, x.size]))
        fits = _groups.fit(rows, self.family.model, fixed=self._fixed, cov=False, poll=self._look)
        theta: Array = fits["theta"][0]
        return None if np.isnan(theta).any() else theta

    def _look(self, *_: int) -> None:
        if self._stopped.is_set():
            raise _Stopped


def distances_of_replicates(
    draws: Draws, replicates: int, seed: int, threads: int, done: Callable[[int], object] | None = None
) -> Array:
    """Return D, A squared and W squared of replicates, NaN where one could not be fitted.

    Each is drawn from a generator of its own: the numbers do not depend on the threads.

    Parameters
    ----------
    draws : Draws
        What replicates are drawn from.
    replicates : int
        Their number.
    seed : int
        What their generators are seeded with.
    threads : int
        How many are in work at once.
    done : callable, optional
        Called now and then with the number of replicates that are done.

    Returns
    -------
    ndarray of float64, shape (replicates, 3)
    """
    out, places, ready = np.full((replicates, 3), np.nan), itertools.count(), deque[int]()

    def work() -> None:
        while (place := next(places)) < replicates:
            found = draws.statistics(np.random.SeedSequence(seed, spawn_key=(place,)))
            if found is not None:
                out[place] = found
            ready.append(place)

    threads = max(1, min(threads, replicates, 1 + draws.n // _ALONE, _IN_MEMORY // draws.n))
    pool = ThreadPoolExecutor(threads)
    try:
        working = {pool.submit(work) for _ in range(threads)}
        while working:
            ended, working = wait(working, timeout=0.05, return_when=FIRST_COMPLETED)
            for worker in ended:
                worker.result()
            if done is not None:
                done(len(ready))
    finally:
        draws.stop()
        pool.shutdown(wait=False, cancel_futures=True)
    return out
