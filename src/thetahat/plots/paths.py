"""The paths of iterative fits: parameters by epoch, and their distance from the maximum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._fitted import Fitted
from thetahat.plots._shared import MAXIMUM, few_of, maximum_beside, symbol

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["draw_distances", "draw_paths", "last_epoch", "scale_epochs"]


# Okabe and Ito's colours, told apart by the colour-blind too. Paths overlap: the first is broadest.
_PATHS: tuple[dict[str, Any], ...] = (
    {"color": "#56b4e9", "linewidth": 5.0, "solid_capstyle": "butt"},
    {"color": "#d55e00", "linewidth": 2.0},
    {"color": "#000000", "linewidth": 0.8},
)


def draw_paths(axes: Mapping[str, Axes], fits: Mapping[str, Fitted], exact: Fitted | None) -> None:
    """Draw parameters by epoch, each on the axes of its name, over the maximum where there is one."""
    first = next(iter(fits.values()))
    for name, axis in axes.items():
        j = list(first.params).index(name)
        if exact is not None:
            value, error = maximum_beside(first, exact)[j], exact.stderr[j]
            axis.axhspan(value - error, value + error, color=MAXIMUM, alpha=0.2, linewidth=0)
            axis.axhline(value, color=MAXIMUM, linewidth=1.2, label="maximum ± standard error")
        for label, style, epochs, path in _paths(fits, j):
            axis.plot(epochs, path, label=label, **style)
        axis.set_ylabel(symbol(name))


def draw_distances(axes: Sequence[Axes], fits: Mapping[str, Fitted], exact: Fitted) -> None:
    """Draw how far each parameter is from the maximum, by epoch."""
    for j, (axis, name) in enumerate(zip(axes, exact.params, strict=True)):
        for _, style, epochs, path in _paths(fits, j):
            axis.plot(epochs, np.abs(path - exact.theta[j]) / exact.stderr[j], **style)
        axis.set_yscale("log")
        axis.set_ylabel(f"distance of {symbol(name)} in standard errors")


def _paths(fits: Mapping[str, Fitted], j: int) -> Iterator[tuple[str, dict[str, Any], Array, Array]]:
    """Yield label, style, epochs and values of parameter j; of a long path, as many as the axis can show."""
    for (label, fitted), style in zip(fits.items(), _PATHS[-len(fits) :], strict=True):
        assert fitted.trace is not None
        few = few_of(len(fitted.trace))
        assert fitted.trace_epochs is not None
        yield label, style, fitted.trace_epochs[few], fitted.trace[few, j]


def last_epoch(fits: Iterable[Fitted]) -> float:
    """Return the last epoch of the longest path."""
    return max(float(fitted.trace_epochs[-1]) for fitted in fits if fitted.trace_epochs is not None)


def scale_epochs(axes: Sequence[Axes], last: float) -> None:
    """Make the axes logarithmic in epoch + 1, so that epoch 0 has its place; within one epoch, linear."""
    powers = range(len(str(int(last))))
    labels = ["0", *(str(10**k) if k < 4 else f"$10^{{{k}}}$" for k in powers)]
    for axis in axes:
        axis.set_xlim(0, max(last, 1))
        axis.set_xlabel("epoch")
        if last > 1:
            axis.set_xscale("function", functions=(np.log1p, np.expm1))
            axis.set_xticks([0, *(10**k for k in powers)], labels)
