"""The container of rows that are known by limits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from thetahat.data.censored_rows import CensoredRows
from thetahat.data.censored_source import CensoredSource
from thetahat.data.source import ArraySource, Sampled, Source

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Censored"]


class Censored(CensoredRows, Sampled):
    """Rows that are known by limits; it goes wherever a sample goes.

    A row is a value in (lower, upper]; where both are equal, it is known exactly. What is unknown about a
    value does not bias a fit that is told so: each row adds the logarithm of the probability of its interval
    to the log-likelihood, given that the value lies where it could be seen at all.

    Parameters
    ----------
    lower, upper : float or array_like, shape (n,)
        The limits, of any container that a sample may be; ``-inf`` and ``inf`` are open ends. Without upper
        and event, all rows are exact.
    event : array_like of bool, or of 0 and 1, shape (n,), optional
        Instead of upper: True where `lower` is the value itself, False where the value lies above `lower`
        (right-censored).
    truncated : pair of float or array_like, default (-inf, inf)
        Rows are in the sample because ``low < value <= high``; values elsewhere would not have been seen
        (delayed entry, a deductible, a detection window). The part of (lower, upper] inside counts. Both ends
        are conditions on values: "10 or more" is ``low=9`` for counts.

    Raises
    ------
    SampleError
        If limits, events and truncation are not of one length; if lower is above upper; if a row has no part
        inside its truncation: how many rows, and the index and the value of the first. Rows that are NaN or
        null raise it where the sample is used, unless ``nan_policy="omit"`` leaves them out.
    TypeError
        If limits are no real numbers, or events no truth values.
    ParameterError
        If both upper and event are given.

    Examples
    --------
    Of these 38 shock absorbers 11 failed, at so many kilometres; the others had not failed when they were
    last seen (O'Connor 1985). Without them, the shape of the wear-out is estimated twice too large:

    >>> import thetahat as th
    >>> km = [6700, 6950, 7820, 8790, 9120, 9660, 9820, 11310, 11690, 11850, 11880, 12140, 12200]
    >>> km += [12870, 13150, 13330, 13470, 14040, 14300, 17520, 17540, 17890, 18450, 18960, 18980]
    >>> km += [19410, 20100, 20100, 20150, 20320, 20900, 22700, 23490, 26510, 27410, 27490, 27890, 28100]
    >>> failures = [0, 5, 12, 13, 17, 19, 22, 24, 27, 31, 32]
    """

    def __init__(
        self,
        lower: ArrayLike,
        upper: ArrayLike | None = None,
        *,
        event: ArrayLike | None = None,
        truncated: tuple[ArrayLike, ArrayLike] = (-math.inf, math.inf),
    ) -> None:
        super().__init__(lower, upper, event, truncated)

    def source(self, weights: ArrayLike | None, nan_policy: str) -> Source:
        """Return the source of these rows: of their values, where all are exact and nothing was hidden."""
        self.known(nan_policy)  # raises where rows have no value
        plain = self.plain
        if plain is not None:
            return ArraySource(plain, weights, nan_policy)
        return CensoredSource(self, weights, nan_policy)
