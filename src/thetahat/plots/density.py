"""The density over the histogram of the rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat._fitted import Fitted
from thetahat.plots._shared import CURVE, FEW, circle_or_name, described, family_of, number_of, support_of
from thetahat.plots.order import Order
from thetahat.plots.scales import Scale, fills_turn, scale_of_turn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["cut", "draw_densities", "draw_density", "is_heavy", "outside_of"]

_REACH = 4  # distances of the quartiles, beyond both of them, that an axis shows at most

_BINS = 120  # more would be finer than print
_CUT = 0.01  # more rows than this share beyond the axis, and it is logarithmic, unless as many are 0;
_FLAT = 8  # so it is where the third quartile is more times the first
_POINTS = 1001
_BARS = "#c5d0da"
_MARGIN = 0.04


class _Histogram(NamedTuple):
    """Bins, even on a linear or a logarithmic axis, and the density of the rows, or of their logarithms."""

    edges: Array
    heights: Array
    outside: int  # rows beyond the bins
    logarithmic: bool

    def places(self, n: int, low: float, high: float) -> Array:
        """Return the values at which curves are drawn: from end to end of the axis, within a support."""
        first, last = (math.log(end) if self.logarithmic else end for end in self.edges[[0, -1]].tolist())
        margin = max(_MARGIN, 1 / math.sqrt(n)) * (last - first)
        first, last = first - margin, last + margin
        if self.logarithmic:
            return np.exp(np.linspace(first, last, _POINTS))
        return np.linspace(max(first, low), min(last, high), _POINTS)


def draw_density(
    axis: Axes, x: Array, order: Order, fitted: Fitted, name: str, weights: Array | None
) -> None:
    """Draw the density of rows that are no counts over their histogram."""
    draw_densities(axis, x, order, {described(fitted): fitted}, [CURVE], name, weights)
    if order.n <= FEW:
        axis.vlines(order.rows, 0, 0.03, color="#303030", linewidth=1, transform=axis.get_xaxis_transform())


def draw_densities(
    axis: Axes,
    x: Array,
    order: Order,
    fits: Mapping[str, Fitted],
    styles: Sequence[dict[str, Any]],
    name: str,
    weights: Array | None,
) -> None:
    """Draw the densities of fits by label, each in its style, over the histogram that the first one has."""
    first = next(iter(fits.values()))
    turn = first.theta[0] if family_of(first).circular and fills_turn(*order.ends) else None
    support = support_of(first, *order.ends)
    bars = _histogram_of(x, order, weights, support == (0, math.inf), turn)
    at = bars.places(order.n, *support)
    _draw_histogram(axis, bars, order, circle_or_name(first, name))
    for (label, fitted), style in zip(fits.items(), styles, strict=True):
        _draw_curve(axis, at, bars, fitted, label, **style)
    axis.set_xlim(at[0], at[-1])
    if bars.logarithmic:
        Scale("log").apply(axis.xaxis)
    if turn is not None:
        scale_of_turn(axis.xaxis, turn)


def _histogram_of(
    x: Array, order: Order, weights: Array | None, positive: bool, turn: float | None = None
) -> _Histogram:
    """Return the histogram of rows, on the axis where its shape can be seen.

    Parameters
    ----------
    x, weights : ndarray of float64
        The rows, where they are weighted.
    order : Order
        Of them.
    positive : bool
        Whether the axis may be logarithmic.
    turn : float, optional
        Of angles, the one around which the turn goes.
    """
    low, high = order.check_ends()
    rows, mass = (order.rows, None) if weights is None else (x, weights)
    total = rows.size if mass is None else mass.sum()
    logarithmic = positive and bool(order.share_up_to(0.0) <= _CUT) and is_heavy(order)
    if logarithmic:
        mass = None if mass is None else mass[rows > 0]
        rows = np.log(rows[rows > 0])
        low = math.log(low) if low > 0 else rows.min()
        high = math.log(high)
    if turn is not None:
        low, high = turn - math.pi, turn + math.pi
    edges = np.linspace(*_bins(rows, low, high, order.n, turn is not None))
    heights = np.histogram(rows, edges, weights=mass)[0] / (total * (edges[1] - edges[0]))
    edges = np.exp(edges) if logarithmic else edges
    return _Histogram(edges, heights, order.outside(edges[0], edges[-1]), logarithmic)


def is_heavy(order: Order, more: float = 0.0) -> bool:
    """Whether most rows, each with so much more, are a spike on a linear axis, or many are beyond it."""
    quarter, three_quarters = order.quantiles(0.25, 0.75).tolist()
    end = three_quarters + _REACH * (three_quarters - quarter)
    spike = three_quarters + more > _FLAT * (quarter + more)
    return bool(spike or 1 - order.share_up_to(end) > _CUT)


def cut(low: float, high: float, quarter: float, three_quarters: float) -> tuple[float, float]:
    """Return the ends of an axis: those of the rows, but of a heavy tail only what is near."""
    reach = _REACH * (three_quarters - quarter)
    return (max(low, quarter - reach), min(high, three_quarters + reach)) if reach > 0 else (low, high)


def _bins(rows: Array, low: float, high: float, n: int, whole: bool) -> tuple[float, float, int]:
    """Return the range of the bins and the number of their edges."""
    quarter, three_quarters = np.quantile(rows, (0.25, 0.75)).tolist()
    if low == high:
        low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
    elif not whole:
        low, high = cut(low, high, quarter, three_quarters)
    # Freedman and Diaconis: the width that brings the histogram nearest to the density.
    width = max(2 * (three_quarters - quarter) / np.cbrt(n), (high - low) / _BINS)
    if all(np.array_equal(some, np.rint(some)) for some in (rows[:FEW], rows)):
        # Bins of unlike numbers of integers would make a comb.
        low, width = np.floor(low) - 0.5, max(1.0, np.rint(width))
        high = low + np.ceil((high - low) / width) * width
    return float(low), float(high), int(np.ceil((high - low) / width)) + 1


def _draw_histogram(axis: Axes, bars: _Histogram, order: Order, name: str) -> None:
    """Draw the bins, with the labels of their axes."""
    axis.stairs(bars.heights, bars.edges, fill=True, color=_BARS, label=number_of(order.n, "row"))
    axis.set_xlabel(name + outside_of(bars.outside, order))
    axis.set_ylabel("density of the logarithm" if bars.logarithmic else "density")


def outside_of(count: int, order: Order) -> str:
    """Return how many rows an axis does not show, for its label."""
    about = "about " if order.step > 1 else ""
    return f"   (outside: {about}{number_of(count, 'row')})" if count else ""


def _draw_curve(axis: Axes, at: Array, bars: _Histogram, fitted: Fitted, label: str, **style: Any) -> None:
    """Draw the density of a fit, or of its logarithm; a pole, or too narrow a fit, is cut."""
    logs = fitted.logpdf(at) + (np.log(at) if bars.logarithmic else 0.0)
    curve = np.exp(np.where(logs < np.inf, logs, np.nan))
    axis.plot(at, curve, label=label, **style)
    highest = bars.heights.max()
    if not np.nanmax(curve, initial=0) < 3 * highest:
        axis.set_ylim(0, 1.5 * highest)
