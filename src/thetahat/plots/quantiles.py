"""Q-Q: the rows against the quantiles of the fit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._fitted import Fitted
from thetahat.plots._shared import (
    BAND,
    BELOW_ZERO,
    SHADE,
    TRUTH,
    beta_band,
    circle_or_name,
    dots,
    excludes,
    family_of,
)
from thetahat.plots.order import Order
from thetahat.plots.scales import fills_turn, scale_of, scale_of_turn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["draw_quantiles"]

_QUARTERS = np.array([0.25, 0.5, 0.75])


def draw_quantiles(axis: Axes, order: Order, fitted: Fitted, name: str) -> None:
    """Draw the rows against the quantiles of the fit: a straight line if the model is correct.

    The scale is the one on which both the rows and the band around the line can be seen.
    """
    ppf, rank = _quantile_function(fitted), order.ranks()
    rows, quantiles = order.at(rank), ppf((rank - 0.5) / order.n)
    band = ppf(beta_band(rank, order.n))
    drawn = np.concatenate([rows, quantiles, band.ravel()])
    low, high = drawn.min(), drawn.max(where=np.isfinite(drawn), initial=rows[-1])
    quartiles = min(ppf(_QUARTERS), order.quantiles(*_QUARTERS), key=np.ptp)
    positive = excludes(fitted, BELOW_ZERO)
    scale = scale_of(low, high, quartiles, positive)
    rows, quantiles, band = (values - scale.centre for values in (rows, quantiles, band))
    axis.fill_between(quantiles, *band, label=BAND, **SHADE)
    ends = [min(rows[0], quantiles[0]), max(rows[-1], quantiles[-1])]
    axis.plot(ends, ends, **TRUTH)
    axis.plot(quantiles, rows, **dots(rank.size))
    for this in (axis.xaxis, axis.yaxis):
        scale.apply(this)
        if family_of(fitted).circular and fills_turn(low, high):
            scale_of_turn(this, fitted.theta[0])
    if positive and scale.kind != "log":
        axis.set(xlim=(max(0.0, axis.get_xlim()[0]), None), ylim=(max(0.0, axis.get_ylim()[0]), None))
    axis.set_xlabel(scale.label(f"quantiles of the {fitted.family} fit") + order.note)
    axis.set_ylabel(scale.label(circle_or_name(fitted, name)))


def _quantile_function(fitted: Fitted) -> Any:
    distribution = fitted.dist()
    return partial(_on_the_circle, fitted, distribution) if family_of(fitted).circular else distribution.ppf


def _on_the_circle(fitted: Fitted, distribution: Any, p: Array) -> Array:
    """Return quantiles to the eye's accuracy: SciPy's take a search each, milliseconds."""
    turn = fitted.theta[0] + np.linspace(-np.pi, np.pi, 20_001)
    quantiles: Array = np.interp(p, distribution.cdf(turn), turn)
    return quantiles
