"""P-P: the share of the rows against the probability by the fit; of long samples, their difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thetahat._fitted import Fitted
from thetahat.plots._shared import BAND, POINTS, SHADE, TRUTH, beta_band, dots, family_of
from thetahat.plots.order import Order
from thetahat.plots.quantiles import quantile_function

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Points = tuple[Array, Array]  # probabilities, and shares of the rows

__all__ = [
    "band_of",
    "differs",
    "draw_band",
    "draw_probabilities",
    "finish_probabilities",
    "placed",
    "points_of",
    "values_of",
]

_TAIL = 200  # values in each
_LONG = 5000  # rows from which on the band around the diagonal is too narrow to be seen


def draw_probabilities(axis: Axes, order: Order, fitted: Fitted) -> None:
    """Draw the share of rows up to each row against its probability, and the band around the diagonal."""
    points, band = points_of(order, fitted), band_of(order, fitted)
    draw_band(axis, placed(band, order))
    axis.plot(*placed((np.array([0.0, 1.0]), np.array([0.0, 1.0])), order), **TRUTH)
    axis.plot(*placed(points, order), **dots(points[0].size))
    finish_probabilities(axis, order, f"probability by the {fitted.family} fit")


def draw_band(axis: Axes, corners: Points) -> None:
    """Draw a band as one collection, which takes a tenth of the time of a patch with so many corners."""
    from matplotlib.collections import PolyCollection

    axis.add_collection(PolyCollection([np.column_stack(corners)], label=BAND, **SHADE))


def finish_probabilities(axis: Axes, order: Order, label: str) -> None:
    """Set limits and labels."""
    axis.set_xlim(-0.02, 1.02)
    axis.set_xlabel(label)
    if differs(order):
        axis.set_ylabel("share of the rows \N{MINUS SIGN} probability")
        axis.ticklabel_format(axis="y", scilimits=(-2, 2), useMathText=True)
    else:
        axis.set_ylim(-0.02, 1.02)
        axis.set_ylabel("share of the rows")


def differs(order: Order) -> bool:
    """Whether the difference is drawn."""
    return order.n >= _LONG


def placed(points: Points, order: Order) -> Points:
    """Return points as they are drawn."""
    probability, share = points
    return probability, share - probability if differs(order) else share


def points_of(order: Order, fitted: Fitted) -> Points:
    """Return the probabilities up to some of the rows, or up to counts, and the shares of the rows there."""
    if order.shares is not None:
        return fitted.dist().cdf(order.shares[0]), order.shares[1]
    if family_of(fitted).counts:
        value = np.unique(order.at(order.ranks()))
        return fitted.dist().cdf(value), order.share_up_to(value)
    rank = order.ranks()
    value, place = np.unique(order.at(rank), return_inverse=True)
    share = np.bincount(place, rank - 0.5) / np.bincount(place) / order.n  # of equal rows, the mean
    return fitted.dist().cdf(value), share


def band_of(order: Order, fitted: Fitted) -> Points:
    """Return the corners of the band that holds 95 % of samples from the fit."""
    from scipy.stats import binom

    if family_of(fitted).counts or order.shares is not None:
        F = points_of(order, fitted)[0]
        ends, at = binom.ppf([[0.025], [0.975]], order.n, F) / order.n, np.array([F, F])
        return _around(at), _around(ends)
    rank = order.ranks()
    share = (rank - 0.5) / order.n
    return _around(beta_band(rank, order.n)), _around(np.array([share, share]))


def values_of(fitted: Fitted, n: int) -> Array:
    """Return the values up to which rows are counted if they are n, many: quantiles of the fit."""
    tail = np.geomspace(1 / n, 0.1, _TAIL)
    p = np.concatenate([tail, np.linspace(0.1, 0.9, POINTS // 2), 1 - tail])
    return np.unique(quantile_function(fitted)(p))


def _around(sides: Array) -> Array:
    """Return the way along one side and back along the other."""
    return np.concatenate([sides[0], sides[1, ::-1]])
