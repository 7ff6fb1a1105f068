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

    Notes
    -----
    For counts, (a, b] holds the integers a + 1 to b. Angles have no open ends: an interval of one turn or
    more, an infinite one too, says nothing of them. Fits with a free kink or edge (laplace's mu, pareto's
    minimum, uniform's ends) and stochastic ascents take exact rows alone.

    Examples
    --------
    Weeks that 21 patients with leukaemia were in remission (Freireich and others 1963): 12 of them had not
    relapsed when they were last seen. As if they had, or without them, remissions seem half as long:

    >>> import thetahat as th
    >>> weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    >>> th.fit(th.Censored(weeks, event=relapse), "weibull")
    <Fit weibull(shape=1.35373, scale=33.7652), n=21, converged>
    >>> th.fit(weeks, "weibull")
    <Fit weibull(shape=1.86462, scale=19.3598), n=21, converged>

    A histogram, and claims above a deductible of 200, known only as more than 1000 where they are:

    >>> edges, counts = [79, 80, 81, 82, 83, 84, 85, 86, 87], [1, 0, 4, 10, 24, 22, 14, 9]
    >>> th.fit(th.Censored(edges[:-1], edges[1:]), "normal", weights=counts)
    <Fit normal(mu=84.1546, sigma=1.37156), n=84, converged>
    >>> claims = [243, 294, 340, 384, 457, 680, 855, 877, 974, 1000, 1000, 1000, 1000, 1000]
    >>> seen = [claim < 1000 for claim in claims]
    >>> th.fit(th.Censored(claims, event=seen, truncated=(200, float("inf"))), "exponential")
    <Fit exponential(scale=811.556), n=14, converged>
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
