"""The density over the histogram of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._fitted import Fitted
from thetahat.errors import SampleError
from thetahat.likelihood import logpdf
from thetahat.plots._shared import FEW, family_of, plain, symbol
from thetahat.plots.order import Order

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["draw_density"]

_HUGE = 1e300
_BINS = 120  # more would be finer than print


def draw_density(
    axis: Axes, x: Array, order: Order, fitted: Fitted, name: str, weights: Array | None
) -> None:
    """Draw the density, or of counts the probabilities, over the histogram of the rows."""
    count, low, high = _bins(x, order)
    rows, edges = np.histogram(x, count, (low, high))
    total, in_bins = (
        (x.size, rows)
        if weights is None
        else (
            weights.sum(),
            np.histogram(x, count, (low, high), weights=weights)[0],
        )
    )
    heights = in_bins / (total * (edges[1] - edges[0]))
    axis.stairs(heights, edges, fill=True, color="#c5d0da", label=f"{x.size:,} rows")
    margin = max(0.04, 1 / np.sqrt(x.size)) * (high - low)
    at = np.linspace(low - margin, high + margin, 1001)
    axis.set_xlim(at[0], at[-1])
    style: dict[str, Any] = {"linewidth": 2}
    if family_of(fitted).counts:
        at = np.unique(np.rint(at))
        style = {"linewidth": 1, "marker": "o", "markersize": 4} if at.size <= FEW // 2 else style
    estimates = ", ".join(f"{symbol(key)} = {value:.5g}" for key, value in fitted.params.items())
    curve = np.exp(logpdf(at, fitted.family, fitted.theta))
    axis.plot(at, curve, color="#d55e00", label=f"{fitted.family}: {estimates}", **style)
    if not curve.max() < 3 * heights.max():  # a pole, or far too narrow a fit
        axis.set_ylim(0, 1.5 * heights.max())
    if x.size <= FEW:
        axis.vlines(x, 0, 0.03, color="#303030", linewidth=1, transform=axis.get_xaxis_transform())
    outside = x.size - rows.sum()
    axis.set_xlabel(plain(name) + (f"   (outside: {outside:,} rows)" if outside else ""))
    axis.set_ylabel("probability" if family_of(fitted).counts else "density")


def _bins(x: Array, order: Order) -> tuple[int, float, float]:
    """Return the number of bins and their range: the sample, but of a heavy tail only what is near."""
    low, high = order.ends
    if not max(-low, high) < _HUGE or 0 < high - low < 1 / _HUGE:
        raise SampleError(f"cannot draw values from {low} to {high}: float64 has no room for their axes")
    quarter, three_quarters = order.quantiles(0.25, 0.75)
    spread = three_quarters - quarter
    if spread > 0:
        low, high = max(low, quarter - 4 * spread), min(high, three_quarters + 4 * spread)
    elif low == high:
        low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
    # Freedman and Diaconis: the width that brings the histogram nearest to the density.
    width = max(2 * spread / np.cbrt(x.size), (high - low) / _BINS)
    if all(np.array_equal(rows, np.rint(rows)) for rows in (x[:FEW], x)):
        # Bins of unlike numbers of integers would make a comb.
        low, width = np.floor(low) - 0.5, max(1.0, np.rint(width))
        high = low + np.ceil((high - low) / width) * width
    return int(np.ceil((high - low) / width)), float(low), float(high)
