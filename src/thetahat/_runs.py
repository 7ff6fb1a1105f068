"""Runs of equal rows in a stream, as of a sensor that is stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._checks import check_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Runs", "stuck_rows"]

_FEW = 8  # equal rows within a segment that chance may have put there


class Runs:
    """Which rows of a stream count: of a run of equal ones, the first ones alone.

    Parameters
    ----------
    most : float
        How many rows of a run count.

    Attributes
    ----------
    last : tuple of float and int
        The last row, and how long its run is.
    """

    def __init__(self, most: float) -> None:
        self._most = int(min(most, 2**62))
        self.last: tuple[float, int] = (0.0, 0)

    def kept(self, rows: Array) -> NDArray[np.int64]:
        """Take rows in; return the places of those that count."""
        value, length = self.last
        places = np.arange(rows.size)
        if not rows.size:
            return places
        begins = np.r_[length == 0 or rows[0] != value, rows[1:] != rows[:-1]]
        first = np.maximum.accumulate(np.where(begins, places, -length))  # the place where its run begins
        self.last = float(rows[-1]), int(places[-1] - first[-1]) + 1
        return places[places - first < self._most]

    @staticmethod
    def read(record: Any) -> tuple[float, int]:
        """Return the last row and the length of its run, from a record."""
        value, length = record
        return float(value), check_count("run", length, least=0)


def stuck_rows(rows: Array) -> NDArray[np.bool_]:
    """Return which rows of a segment are of a stuck sensor.

    Those of the run at its end, which may go on; else those of its longest run, if that is a fourth of it.
    """
    ends = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1], True])
    lengths = np.diff(ends)
    run = lengths.size - 1 if lengths[-1] > 1 else int(np.argmax(lengths))
    stuck = np.zeros(rows.size, bool)
    if lengths[-1] > 1 or lengths[run] >= max(_FEW, rows.size / 4):
        stuck[ends[run] : ends[run + 1]] = True
    return stuck
