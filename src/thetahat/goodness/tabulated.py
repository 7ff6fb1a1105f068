"""What replicates of a bootstrap are drawn from and compared with: tables of SciPy's distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from thetahat._distribution import distribution, distribution_and_shapes, survival
from thetahat._doubles import between, number, ordered
from thetahat._replicates import QuantileTable
from thetahat.families import Family

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "fitted_logits",
    "node_places",
    "probabilities_of_counts",
    "quantile_table",
    "statistics_of_counts",
    "statistics_of_sorted",
    "turned",
]

_CELLS = 1 << 12  # of the table of quantiles
_FEW_CELLS, _FEW_ROWS = 1 << 10, 1 << 14  # of a table for few rows, which differ more by chance
_BEYOND = 30.0  # logits that the table reaches beyond what n rows are expected to
_NEARLY_EVEN = 1 / 16  # rise of logarithms in a cell up to which cubics are as good without them: 4e-8
_FAR = 30.0  # interquartile ranges from the median to an end of the support that quantiles are counted from
_PER_LOGIT = 32  # nodes of the fitted distribution function
_ENDS = 64  # rows at either end that are all nodes
_MOST_COUNTS = 1 << 16  # different counts that are drawn together
_NEVER = 1e-20  # probability of the counts that are not among them
_BITS = 64  # of a double


def quantile_table(family: Family, theta: tuple[float, ...], n: int) -> QuantileTable:
    """Return the quantiles of a family at theta, as far out as n rows can lie.

    The table is even in the logit of the probability, in which quantiles bend little, or their distance from
    an end of the support where one is near, by its logarithm.
    """
    law = distribution(family, theta)
    turn = (theta[0] - math.pi, theta[0] + math.pi)
    low, high = turn if family.circular else map(float, law.support())
    reach = math.log(n) + _BEYOND
    t, step = np.linspace(-reach, reach, (_FEW_CELLS if n < _FEW_ROWS else _CELLS) + 1, retstep=True)
    x = _quantiles(law.cdf, partial(survival, family, theta), t, low, high)
    origin, side = _origin(x, t, low, high)
    inside = np.nextafter(low, math.inf), np.nextafter(high, -math.inf)
    if not side:
        y = _finite(x)
        return QuantileTable(-reach, step, _cubics(y, _slopes(y)), origin, side, *inside)
    y = _finite(np.log(side * (x - origin)))
    slopes = _slopes(y)
    if np.abs(np.diff(y)).max() > _NEARLY_EVEN:
        return QuantileTable(-reach, step, _cubics(y, slopes), origin, side, *inside)
    distance = side * np.exp(y)  # whose cubics are as good, and save an exponential for each row
    cubics = _cubics(distance, distance * slopes)
    cubics[:, 0] += origin
    return QuantileTable(-reach, step, cubics, 0.0, 0, *inside)


def _quantiles(
    cdf: Callable[[Array], Array], sf: Callable[[Array], Array], t: Array, low: float, high: float
) -> Array:
    """Return quantiles by the increasing logits of their probabilities.

    They are searched by halves of the doubles inside the support: the quantiles of some of SciPy's families
    take long, or end in an error, or are not accurate in one of the tails.
    """
    p, lower = 1 / (1 + np.exp(np.abs(t))), int(np.searchsorted(t, 0.0))  # of the nearer tail
    ends = np.clip([low, high], -np.finfo(float).max, np.finfo(float).max)
    left, right = (np.full(t.size, end) for end in ordered(ends))
    for _ in range(_BITS):
        middle = between(left, right)
        x = number(middle)
        below = np.concatenate([cdf(x[:lower]) < p[:lower], sf(x[lower:]) > p[lower:]])
        left, right = np.where(below, middle, left), np.where(below, right, middle)
    return number(right)


def _origin(x: Array, t: Array, low: float, high: float) -> tuple[float, int]:
    """Return the end of the support that quantiles are counted from, and its side; side 0 if none is near."""
    lower, median, upper = np.interp([-math.log(3), 0, math.log(3)], t, x)
    far = _FAR * (upper - lower)
    if median - low < far:
        return low, 1
    return (high, -1) if high - median < far else (0.0, 0)


def _finite(y: Array) -> Array:
    """Return values of which those that doubles cannot hold are those of the nearest that they can."""
    good = np.flatnonzero(np.isfinite(y))
    return y[np.clip(np.arange(y.size), good[0], good[-1])]


def _slopes(y: Array) -> Array:
    """Return the slopes at even nodes, from the four around each."""
    padded = np.pad(y, 2, mode="reflect", reflect_type="odd")
    slopes: Array = (8 * (padded[3:-1] - padded[1:-3]) - (padded[4:] - padded[:-4])) / 12
    return slopes


def _cubics(y: Array, slopes: Array) -> Array:
    """Return the cubic between each two nodes, in the place between them."""
    rise, left, right = np.diff(y), slopes[:-1], slopes[1:]
    return np.stack([y[:-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise], axis=1)


def node_places(n: int) -> NDArray[np.int64]:
    """Return the places of the sorted rows at which the fitted distribution function is computed.

    They are about even in the logit of the probability. Of short samples they are all rows.
    """
    reach = math.log(n) + 1
    t = np.linspace(-reach, reach, 2 * math.ceil(reach * _PER_LOGIT) + 1)
    even = np.rint(n / (1 + np.exp(-t))).astype(np.int64)
    ends = np.arange(min(_ENDS, n))
    places: NDArray[np.int64] = np.unique(np.clip(np.concatenate([ends, even, n - 1 - ends]), 0, n - 1))
    return places


def fitted_logits(family: Family, theta: Array, x: Array) -> Array:
    """Return the logits of the distribution function at theta of some rows."""
    law, shapes = distribution_and_shapes(family, theta.tolist())
    below, above = law.cdf(x, **shapes), survival(family, theta.tolist(), x)
    return np.asarray(np.log(below) - np.log(above))


def turned(
    family: Family, theta: tuple[float, ...], fitted: Array, S: Array, total: float, x: Array
) -> tuple[Array, Array]:
    """Return the sums and the angles of a replicate from where its own fit cuts the circle."""
    start, cut = theta[0] - math.pi, fitted[0] - math.pi
    cut = start + np.remainder(cut - start, 2 * math.pi)
    first = int(np.searchsorted(x, cut))
    before = total * float(distribution(family, theta).cdf(cut))
    S = np.concatenate([S[first:] - before, S[:first] + (total - before)])
    x = np.concatenate([x[first:], x[:first] + 2 * math.pi])
    return S, x + (fitted[0] - math.pi - cut)


def probabilities_of_counts(family: Family, theta: tuple[float, ...], n: int) -> Array | None:
    """Return the probabilities of the counts 0, 1, ... that occur; None if these are too many."""
    law = distribution(family, theta)
    counts = np.arange(min(_MOST_COUNTS, n + 1024))
    often = law.sf(counts) > _NEVER
    if often[-1]:
        return None
    p: Array = np.asarray(law.pmf(counts[: int(often.sum()) + 2]))
    p /= p.sum()
    return p


def statistics_of_counts(
    family: Family, theta: tuple[float, ...] | Array, value: Array, times: NDArray[np.int64]
) -> Array:
    """Return D, and W squared as n times the mean over the rows, where both functions jump."""
    law, shapes = distribution_and_shapes(family, tuple(float(number) for number in theta))
    n = times.sum()
    F, Fn = law.cdf(value, **shapes), np.cumsum(times) / n
    before = Fn - times / n  # of the rows, up to the count below each value
    D = max(np.abs(Fn - F).max(), np.abs(before - law.cdf(value - 1, **shapes)).max())
    return np.array([D, np.nan, (times * (Fn - F) ** 2).sum()])


def statistics_of_sorted(family: Family, theta: tuple[float, ...] | Array, x: Array) -> Array:
    """Return D, A squared and W squared of sorted rows; A squared is NaN if undefined."""
    theta = tuple(float(number) for number in theta)
    law, shapes = distribution_and_shapes(family, theta)
    n = x.size
    u, rank = law.cdf(x, **shapes), np.arange(1, n + 1)
    D = max((rank / n - u).max(), (u - (rank - 1) / n).max())
    W2 = 1 / (12 * n) + ((u - (2 * rank - 1) / (2 * n)) ** 2).sum()
    low, high = law.support(**shapes)
    rounding = 4 * np.spacing(abs(high)) if family.has_boundary else 0.0  # SciPy adds loc and scale
    if x[0] <= low or x[-1] >= high - rounding:
        return np.array([D, np.nan, W2])
    with np.errstate(divide="ignore"):
        logs = np.log(u) + np.log(survival(family, theta, x))[::-1]
    A2 = -n - ((2 * rank - 1) * logs).sum() / n
    return np.array([D, A2, W2])
