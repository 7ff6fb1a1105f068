"""Q-Q: the rows against the quantiles of the fit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._fitted import Fitted
from thetahat.plots._shared import BAND, SHADE, TRUTH, beta_band, dots, family_of, plain
from thetahat.plots.order import Order

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["draw_quantiles"]

_HEAVY = 40  # quartile distances: tails of a sample beyond are drawn logarithmically


def draw_quantiles(axis: Axes, order: Order, fitted: Fitted, name: str) -> None:
    """Draw the rows against the quantiles of the fit: a straight line if the model is correct."""
    distribution, rank = fitted.dist(), order.ranks()
    ppf = (
        partial(_quantiles_on_the_circle, fitted, distribution)
        if family_of(fitted).circular
        else distribution.ppf
    )
    rows, quantiles = order.at(rank), ppf((rank - 0.5) / order.n)
    low, high = ppf(beta_band(rank, order.n))
    axis.fill_between(quantiles, low, high, label=BAND, **SHADE)
    ends = [min(rows[0], quantiles[0]), max(rows[-1], quantiles[-1])]
    axis.plot(ends, ends, **TRUTH)
    axis.plot(quantiles, rows, **dots(rank.size))
    scale = _scale_of(order, distribution)
    for this in (axis.xaxis, axis.yaxis):
        scale(this, *ends)
    axis.set_xlabel(f"quantiles of the {fitted.family} fit{order.note}")
    axis.set_ylabel(plain(name))


def _quantiles_on_the_circle(fitted: Fitted, distribution: Any, p: Array) -> Array:
    """Return quantiles to the eye's accuracy: SciPy's take a search each, milliseconds."""
    turn = fitted.theta[0] + np.linspace(-np.pi, np.pi, 20_001)
    quantiles: Array = np.interp(p, distribution.cdf(turn), turn)
    return quantiles


def _scale_of(order: Order, distribution: Any) -> Callable[[Axis, float, float], None]:
    """Return what sets the scale of a Q-Q axis: of heavy tails logarithmic, about the median if need be."""
    low, high = order.ends
    quarter, median, three_quarters = order.quantiles(0.25, 0.5, 0.75).tolist()
    spread = three_quarters - quarter
    if not 0 < _HEAVY * spread < high - low:
        return lambda *_: None
    if low > 0 and distribution.support()[0] >= 0:
        return lambda axis, *_: _set_scale(axis, "log")
    return partial(_scale_about, median, spread)


def _set_scale(axis: Axis, scale: str, **how: Any) -> None:
    axes = axis.axes
    (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)(scale, **how)


def _scale_about(median: float, spread: float, axis: Axis, low: float, high: float) -> None:
    """Make an axis linear around the median, logarithmic in both tails."""
    _set_scale(
        axis,
        "function",
        functions=(
            lambda value: np.arcsinh((value - median) / spread),
            lambda place: median + spread * np.sinh(place),
        ),
    )
    powers = 10.0 ** np.arange(np.ceil(np.log10(3 * spread)), np.log10(max(high - median, median - low)))
    powers = powers[:: 1 + powers.size // 3]
    centre = np.round(median / powers[0]) * powers[0] + 0.0  # not -0
    ticks = [tick for tick in (*(centre - powers[::-1]), centre, *(centre + powers)) if low <= tick <= high]
    labels = [f"{tick - centre:+.6g}" if centre and tick != centre else f"{tick:.7g}" for tick in ticks]
    axis.set_ticks(ticks, labels)
    axis.set_ticks([], minor=True)
