"""The estimates of many groups, sorted, with their intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.data.keys import Keys
from thetahat.errors import ParameterError
from thetahat.plots._shared import SHADE, plain, symbol
from thetahat.plots.canvas import check_axes, finish, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["groups_figure"]

_NAMED = 40  # groups whose keys stand beside their estimates
_WIDE = 1e3  # largest over smallest estimate from which on the axis is logarithmic
_DRAWN = 2000  # groups that are drawn at most, evenly spaced in their order


def groups_figure(
    keys: Keys, values: Array, limits: Array, name: str, level: float, ax: Axes | None = None
) -> Figure:
    """Draw one parameter of groups; `GroupFits.plot` describes it.

    Parameters
    ----------
    keys : Keys
        Of the groups.
    values : ndarray of float64, shape (n_groups,)
        The estimates; groups without one are left out.
    limits : ndarray of float64, shape (n_groups, 2)
        Their intervals.
    name : str
        The parameter.
    level : float
        Coverage of the intervals.
    ax : Axes, optional
        Where they are drawn instead of a new figure.
    """
    if ax is not None:
        check_axes(ax)
    order = np.argsort(values, kind="stable")[: np.count_nonzero(np.isfinite(values))]
    if order.size == 0:
        raise ParameterError(f"there is nothing to draw: no group has an estimate of {name}")
    label = f"{100 * level:g} % confidence interval"
    few = order.size <= _NAMED
    axis = new_figure(6.4, 1.4 + 0.22 * order.size if few else 4.0).subplots() if ax is None else ax
    if few:
        _draw_few(axis, keys, values, limits, order, label)
    else:
        _draw_many(axis, values, limits, order, label)
    (axis.set_xlabel if few else axis.set_ylabel)(symbol(name))
    scale, (low, high) = _range(values[order], limits[order])
    (axis.set_xscale if few else axis.set_yscale)(scale)
    if low < high < math.inf:
        margin = 0.04 * (high - low) if scale == "linear" else 0.0
        (axis.set_xlim if few else axis.set_ylim)(low - margin, high + margin)
    left_out = values.size - order.size
    if left_out:
        axis.set_title(f"{left_out:,} of {values.size:,} groups have no estimate", fontsize="small")
    return finish([axis], ax, columns=2)


def _draw_few(axis: Axes, keys: Keys, values: Array, limits: Array, order: Any, label: str) -> None:
    """Draw a line for each group, with its key."""
    at = np.arange(order.size)
    axis.hlines(at, *limits[order].T, color="#d55e00", alpha=0.5, linewidth=3, label=label)
    axis.plot(values[order], at, linestyle="", marker="o", color="#0072b2", markersize=4, label="estimate")
    names = [keys[place] for place in order.tolist()]
    axis.set_yticks(at, [plain(", ".join(map(str, n)) if isinstance(n, tuple) else str(n)) for n in names])
    axis.set_ylim(-0.7, order.size - 0.3)


def _draw_many(axis: Axes, values: Array, limits: Array, order: Any, label: str) -> None:
    """Draw the estimates as a curve over their rank, with a band of their intervals."""
    drawn = np.unique(np.rint(np.linspace(0, order.size - 1, _DRAWN)).astype(np.int64))
    rank, of_drawn = drawn + 1, order[drawn]
    low, high = limits[of_drawn].T
    axis.fill_between(rank, low, high, step="mid", label=label, **SHADE)
    axis.plot(rank, values[of_drawn], color="#0072b2", label=f"estimates of {order.size:,} groups")
    axis.set_xlim(0.5, order.size + 0.5)
    some = f" ({drawn.size:,} are drawn)" if drawn.size < order.size else ""
    axis.set_xlabel(f"groups, sorted by their estimates{some}")


def _range(values: Array, limits: Array) -> tuple[str, tuple[float, float]]:
    """Return the scale of the axis, and the ends of it, which the widest intervals may pass.

    Logarithmic where estimates differ by orders of magnitude. Intervals are drawn as far out as the estimates
    are apart.
    """
    least, greatest = float(values.min()), float(values.max())
    scale = "log" if least > 0 and greatest > _WIDE * least else "linear"
    if least == greatest:
        return scale, (float(limits.min()), float(limits.max()))
    if scale == "log":
        apart = greatest / least
        return scale, (max(limits.min(), least / apart), min(limits.max(), greatest * apart))
    apart = greatest - least
    return scale, (max(limits.min(), least - apart), min(limits.max(), greatest + apart))
