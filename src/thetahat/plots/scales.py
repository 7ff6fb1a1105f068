"""The scales of axes: linear, logarithmic, or of angles; what decides between them, and their ticks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from thetahat.plots._shared import legible

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Scale", "fills_turn", "scale_of", "scale_of_turn"]

_HEAVY = 40  # distances of the quartiles: an axis that is longer is not linear
_POWERS = 6  # powers of 10 with a label, both signs together
_LONG_LABEL = 5  # a power that is written as one
_FAR = 10  # of these from zero to the median: values are then drawn as differences from a round number


class Scale(NamedTuple):
    """A scale of both axes of a panel, which show values less a centre.

    `kind` is one of matplotlib's: ``"asinh"`` is linear up to about `width`, logarithmic beyond.
    """

    kind: str = "linear"
    centre: float = 0.0
    width: float = 1.0

    def apply(self, axis: Axis) -> None:
        """Set the scale of an axis."""
        axes = axis.axes
        how = {"linear_width": self.width} if self.kind == "asinh" else {}
        (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)(self.kind, **how)
        if self.kind == "asinh":
            _set_ticks_of_both_signs(axis, self.width)
        if self.kind == "log":
            _set_log_ticks(axis)

    def label(self, name: str) -> str:
        """Return the label of an axis that shows these values."""
        if not self.centre:
            return name
        sign = "\N{MINUS SIGN}" if self.centre > 0 else "+"
        return f"{name} {sign} {legible(abs(self.centre), 12)}"


def _set_log_ticks(axis: Axis) -> None:
    """Set ticks of a logarithmic axis: powers of 10; on a short one 1, 2, 3, ... times these, as they fit."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    low, high = axis.get_view_interval()
    if high < 1000 * low:
        subs = (1, 2, 3, 4, 6, 8) if high < 10 * low else (1, 2, 5)
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    else:
        axis.set_major_locator(LogLocator(numticks=_POWERS))
    axis.set_minor_formatter(NullFormatter())


def _set_ticks_of_both_signs(axis: Axis, width: float) -> None:
    """Set ticks at zero and at powers of 10 so far from it that labels have room."""
    low, high = axis.get_view_interval()
    least, most = math.ceil(math.log10(width) - 0.1), math.log10(max(-low, high))
    powers = range(least, math.floor(most) + 1)
    powers = powers[:: 1 + len(powers) // (_POWERS if low > -width else _POWERS // 2)]
    ticks = {0.0: "0"}
    for power in powers:
        label = f"10^{{{power}}}" if abs(power) >= _LONG_LABEL else f"{10.0**power:g}"
        ticks |= {10.0**power: f"${label}$", -(10.0**power): f"$-{label}$"}
    shown = [tick for tick in ticks if low <= tick <= high]
    axis.set_ticks(shown, [ticks[tick] for tick in shown])
    axis.set_ticks([], minor=True)


def scale_of(low: float, high: float, quartiles: Array, positive: bool) -> Scale:
    """Return the scale on which values from low to high, and those between the quartiles, can be told apart.

    Parameters
    ----------
    low, high : float
        The ends of what is drawn: of the rows, and of the band in which they are expected.
    quartiles : ndarray of float64, shape (3,)
        The median is the second.
    positive : bool
        Whether no value can be negative.
    """
    spread = float(quartiles[2] - quartiles[0])
    if not 0 < _HEAVY * spread < high - low:
        return Scale()
    if positive and low > 0:
        return Scale("log")
    median = float(quartiles[1])
    centre = 0.0
    if abs(median) > _FAR * spread:
        unit = 10.0 ** math.floor(math.log10(spread))
        centre = round(median / unit) * unit
    return Scale("asinh", centre, spread)


def fills_turn(low: float, high: float) -> bool:
    """Whether angles go so far round that the whole turn is shown."""
    return high - low > 2 * math.pi / 3


def scale_of_turn(axis: Axis, centre: float) -> None:
    """Let an axis show one turn around an angle, with ticks at the quarters of pi."""
    first, last = (math.ceil(2 * (centre - math.pi) / math.pi), math.floor(2 * (centre + math.pi) / math.pi))
    quarters = range(first, last + 1)
    axis.set_ticks([quarter * math.pi / 2 for quarter in quarters], list(map(_multiple_of_pi, quarters)))
    axes = axis.axes
    set_limits = axes.set_xlim if axis is axes.xaxis else axes.set_ylim
    set_limits(centre - math.pi, centre + math.pi)


def _multiple_of_pi(quarters: int) -> str:
    """Return so many times pi / 2 as a label."""
    if quarters == 0:
        return "0"
    sign = "\N{MINUS SIGN}" if quarters < 0 else ""
    times, half = (abs(quarters) // 2, "") if quarters % 2 == 0 else (abs(quarters), "/2")
    return f"{sign}{times if times != 1 else ''}\N{GREEK SMALL LETTER PI}{half}"
