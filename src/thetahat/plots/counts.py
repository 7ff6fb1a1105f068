"""The probabilities of counts beside the shares of the rows, as stems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat._fitted import Fitted
from thetahat.plots._shared import CURVE, described, number_of, plain
from thetahat.plots.density import cut, is_heavy, outside_of
from thetahat.plots.order import Order
from thetahat.plots.scales import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["draw_counts", "draw_probabilities_of_counts"]

_STEMS = 60  # integers that have one each; of more, some are put together
_POINTS = 1000  # of a curve
_WIDTH = 250  # of all stems together, in points
_WIDEST = 7  # of a stem
_MARGIN = 0.04
_BARS = "#a9b8c6"


class _Stems(NamedTuple):
    """Runs of integers, and what share of the rows lies on one integer of each, on average."""

    first: Array
    after: Array  # the first integer beyond
    heights: Array
    outside: int  # rows beyond all of them
    logarithmic: bool

    @property
    def alone(self) -> bool:
        """Whether no integers are put together."""
        return bool(np.all(self.after - self.first == 1))

    def integers(self) -> Array:
        """Return the integers at which curves are drawn, some of them beyond the rows."""
        low, high = self.first[0], self.after[-1] - 1
        if self.logarithmic:
            return np.unique(np.rint(np.expm1(np.linspace(np.log1p(low), np.log1p(high), _POINTS))))
        beyond = 1 if self.alone else np.rint(_MARGIN * (high - low))
        return np.unique(np.rint(np.linspace(max(low - beyond, 0), high + beyond, _POINTS)))


def draw_counts(axis: Axes, x: Array, order: Order, fitted: Fitted, name: str, weights: Array | None) -> None:
    """Draw the probabilities of counts, and the shares of the rows."""
    draw_probabilities_of_counts(axis, x, order, {described(fitted): fitted}, [CURVE], name, weights)


def draw_probabilities_of_counts(
    axis: Axes,
    x: Array,
    order: Order,
    fits: Mapping[str, Fitted],
    styles: Sequence[dict[str, Any]],
    name: str,
    weights: Array | None,
) -> None:
    """Draw the probabilities by fits by label, each in its style, and the shares of the rows.

    Each integer has a point, or of very many there is a curve. Where counts differ by orders of magnitude,
    both axes are logarithmic.
    """
    stems = _stems_of(x, order, weights)
    _draw_stems(axis, stems, number_of(order.n, "row"))
    at = stems.integers()
    how = {"linestyle": "", "marker": "o", "markersize": 4} if stems.alone else {}
    for (label, fitted), style in zip(fits.items(), styles, strict=True):
        axis.plot(at, np.exp(fitted.logpdf(at)), label=label, **{**style, **how})
    _set_limits(axis, stems, at)
    axis.set_xlabel(plain(name) + outside_of(stems.outside, order))
    axis.set_ylabel("probability")


def _stems_of(x: Array, order: Order, weights: Array | None) -> _Stems:
    """Return the shares of the rows on integers, or on runs of them."""
    low, high = order.check_ends()
    rows = order.rows if weights is None else x
    logarithmic = high - low >= _STEMS and is_heavy(order, 1)
    if logarithmic:
        first = np.unique(np.rint(np.expm1(np.linspace(np.log1p(low), np.log1p(high + 1), _STEMS))))
    elif high - low < _STEMS:
        first = np.arange(low, high + 2)
    else:
        quarter, three_quarters = order.quantiles(0.25, 0.75).tolist()
        low, high = np.rint(cut(low, high, quarter, three_quarters)).tolist()
        width = max(2 * (three_quarters - quarter) / np.cbrt(order.n), (high - low) / (2 * _STEMS), 1)
        first = np.arange(low, high + np.rint(width) + 1, np.rint(width))
    inside, _ = np.histogram(rows, first - 0.5, weights=weights)
    total = rows.size if weights is None else weights.sum()
    heights = inside / (total * np.diff(first))
    return _Stems(first[:-1], first[1:], heights, order.outside(first[0], first[-1] - 1), logarithmic)


def _draw_stems(axis: Axes, stems: _Stems, label: str) -> None:
    """Draw the shares of the rows."""
    first, after, heights = stems.first, stems.after, stems.heights
    if stems.alone or stems.logarithmic:
        middle = np.sqrt((first + 0.5) * (after - 0.5)) - 0.5 if stems.logarithmic else first
        some = heights > 0
        width = min(_WIDEST, _WIDTH / first.size)
        axis.vlines(middle[some], 0, heights[some], color=_BARS, linewidth=width, label=label)
    else:
        axis.stairs(heights, np.append(first, after[-1]) - 0.5, fill=True, color=_BARS, label=label)


def _set_limits(axis: Axes, stems: _Stems, at: Array) -> None:
    """Set the scales of the axes and what they show."""
    from matplotlib.ticker import MaxNLocator

    if stems.logarithmic:
        axis.set(xlim=(stems.first[0] - 0.5, 1.2 * stems.after[-1]), yscale="log")
        axis.set_ylim(stems.heights[stems.heights > 0].min() / 3, 3 * stems.heights.max())
        Scale("asinh").apply(axis.xaxis)
    else:
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axis.set_xlim(at[0] - 0.5, at[-1] + 0.5)
        axis.set_ylim(bottom=0)
