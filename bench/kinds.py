"""The kinds of rows that samples come in, each made of the same normal values when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Sample(NamedTuple):
    """Rows, as they are handed over, and their weights."""

    x: Any
    weights: Array | None = None

    @property
    def beside(self) -> Any:
        """What is read along with the rows: weights or mask, or None."""
        return self.x.mask if isinstance(self.x, np.ma.MaskedArray) else self.weights

    def counted(self) -> tuple[Array, Any]:
        """Return the rows that count, as plain doubles, and their weights."""
        x = self.x.compressed() if isinstance(self.x, np.ma.MaskedArray) else self.x
        weights = np.broadcast_to(1.0, x.size) if self.weights is None else self.weights
        return np.asarray(x, np.float64), weights


def _int16(x: Array) -> Sample:
    return Sample(np.rint(100 * x).astype(np.int16))


def _strided(x: Array) -> Sample:
    return Sample(np.repeat(x, 2)[::2])


def _weighted(x: Array) -> Sample:
    return Sample(x, np.random.default_rng(21).uniform(0.5, 1.5, x.size))


def _masked(x: Array) -> Sample:
    return Sample(np.ma.MaskedArray(x, np.random.default_rng(22).integers(7, size=x.size) == 0))


_MADE: dict[str, Callable[[Array], Sample]] = {
    "float64": Sample,
    "float32": lambda x: Sample(x.astype(np.float32)),
    "int16": _int16,
    "strided": _strided,
    "weighted": _weighted,
    "masked": _masked,
}


@lru_cache(maxsize=2)  # at 3e7 rows up to 480 MB each
def sample(kind: str, n: int) -> Sample:
    """Return n rows of a kind."""
    made = _MADE[kind](np.random.default_rng(20).normal(1.0, 2.0, n))
    made.x.flags.writeable = False
    return made
