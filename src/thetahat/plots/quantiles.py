"""Q-Q: the rows against the quantiles of the fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._fitted import Fitted
from thetahat.plots._shared import (
    BAND,
    SHADE,
    TRUTH,
    beta_band,
    circle_or_name,
    dots,
    family_of,
    support_of,
)
from thetahat.plots.order import Order
from thetahat.plots.scales import fills_turn, scale_of, scale_of_turn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["draw_quantiles", "quantile_function"]

_TABLE = 20_001  # values between which quantiles are interpolated
_NEVER = 1e-13  # the probability of what no sample holds
_NEAR = 10  # standard deviations
_QUARTERS = np.array([0.25, 0.5, 0.75])


def draw_quantiles(axis: Axes, order: Order, fitted: Fitted, name: str) -> None:
    """Draw the rows against the quantiles of the fit: a straight line if the model is correct.

    The scale is the one on which both the rows and the band around the line can be seen.
    """
    ppf, rank = quantile_function(fitted), order.ranks()
    rows, quantiles = order.at(rank), ppf((rank - 0.5) / order.n)
    band = ppf(beta_band(rank, order.n))
    drawn = np.concatenate([rows, quantiles, band.ravel()])
    low, high = drawn.min(), drawn.max(where=np.isfinite(drawn), initial=rows[-1])
    quartiles = min(ppf(_QUARTERS), order.quantiles(*_QUARTERS), key=np.ptp)
    least, greatest = support_of(fitted, *order.ends)
    scale = scale_of(low, high, quartiles, least == 0)
    rows, quantiles, band = (values - scale.centre for values in (rows, quantiles, band))
    axis.fill_between(quantiles, *band, label=BAND, **SHADE)
    line = [min(rows[0], quantiles[0]), max(rows[-1], quantiles[-1])]
    axis.plot(line, line, **TRUTH)
    axis.plot(quantiles, rows, **dots(rank.size))
    for this in (axis.xaxis, axis.yaxis):
        scale.apply(this)
        if family_of(fitted).circular and fills_turn(*order.ends):
            scale_of_turn(this, fitted.theta[0])
    if scale.kind != "log":
        ends = least - scale.centre, greatest - scale.centre
        axis.set_xlim(*np.clip(axis.get_xlim(), *ends).tolist())
        axis.set_ylim(*np.clip(axis.get_ylim(), *ends).tolist())
    axis.set_xlabel(scale.label(f"quantiles of the {fitted.family} fit") + order.note)
    axis.set_ylabel(scale.label(circle_or_name(fitted, name)))


def quantile_function(fitted: Fitted) -> Callable[[Array], Array]:
    """Return the quantiles of a fit as a function of probabilities.

    They are SciPy's, or where these take a search each, milliseconds, as accurate as an eye is.
    """
    distribution, family = fitted.dist(), family_of(fitted)
    if family.circular:
        return _interpolated(distribution, fitted.theta[0] + np.linspace(-np.pi, np.pi, _TABLE))
    if family.slow_quantiles:
        return _interpolated(distribution, _positive_values(distribution))
    ppf: Callable[[Array], Array] = distribution.ppf
    return ppf


def _interpolated(distribution: Any, values: Array) -> Callable[[Array], Array]:
    """Return quantiles between values."""
    cdf = distribution.cdf(values)
    return lambda p: np.interp(p, cdf, values)


def _positive_values(distribution: Any) -> Array:
    """Return values from end to end of a positive distribution, and closer ones where most of it lies."""
    mean, sd = float(distribution.mean()), float(distribution.std())
    low = high = mean
    while distribution.cdf(low) > _NEVER:
        low /= 2
    while distribution.sf(high) > _NEVER:
        high *= 2
    near = mean + sd * np.linspace(-_NEAR, _NEAR, _TABLE)
    return np.unique(np.concatenate([np.geomspace(low, high, _TABLE), near[(near > low) & (near < high)]]))
