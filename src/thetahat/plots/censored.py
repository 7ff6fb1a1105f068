"""Fits to censored rows: over the nonparametric estimate of the survival, and in a probability plot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat._checks import check_choice
from thetahat._fitted import Fitted
from thetahat.data.censored import Censored
from thetahat.data.censored_source import CensoredSource
from thetahat.errors import ParameterError, SampleError
from thetahat.likelihood import logpdf
from thetahat.nonparametric import Masses, estimate
from thetahat.plots._shared import TRUTH, dots, family_of, plain, symbol
from thetahat.plots.canvas import check_axes, finish, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["CENSORED_KINDS", "censored_figure", "survivals_figure"]

CENSORED_KINDS = ("survival", "probability")
_TICKS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
_APART = 0.045  # of the axis, from one label to the next
_ALL = 1 - 1e-9  # a share of rows that is all of them but for rounding
_HUGE = 1e300


class _Estimate(NamedTuple):
    """The nonparametric estimate, and between what values rows could be seen at all."""

    masses: Masses
    low: float
    high: float

    @property
    def name(self) -> str:
        points = "Kaplan-Meier" if self.masses.points else "Turnbull"
        return f"{points}'s estimate"

    def survival(self) -> Array:
        """Return the share of rows above each mass."""
        return np.maximum(1 - np.cumsum(self.masses.mass), 0.0)


def censored_figure(
    source: CensoredSource, fitted: Fitted, name: str, kind: str | None, ax: Axes | None = None
) -> Figure:
    """Draw a fit to censored rows; `Fit.plot` describes the panels.

    Parameters
    ----------
    source : CensoredSource
        The rows.
    fitted : Fitted
        The fit to them.
    name : str
        What the values are.
    kind : {"survival", "probability"}, optional
        One panel; by default all that the fit has.
    ax : matplotlib.axes.Axes, optional
        Axes for one panel, by default the survival, instead of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not isinstance(name, str):
        raise ParameterError(f"name must be a string, got {name!r}")
    has = CENSORED_KINDS[: 1 if family_of(fitted).circular else 2]
    if ax is not None:
        check_axes(ax)
        kind = kind or "survival"
    kinds = has if kind is None else (check_choice("kind", kind, has),)
    found = _estimated(source)
    if ax is None:
        figure = new_figure(6.4, 4.0 + 4.6 * (len(kinds) - 1))
        axes = dict(zip(kinds, figure.subplots(len(kinds), 1, squeeze=False)[:, 0], strict=True))
    else:
        axes = {kinds[0]: ax}
    if "survival" in axes:
        estimates = ", ".join(f"{symbol(key)} = {value:.5g}" for key, value in fitted.params.items())
        fits = {f"{fitted.family}: {estimates}": fitted}
        _draw_survival(axes["survival"], found, fits, [{"color": "#d55e00"}], name, str(source.kinds))
    if "probability" in axes:
        _draw_probability(axes["probability"], found, fitted, name)
    return finish(axes.values(), ax, columns=2)


def survivals_figure(
    source: CensoredSource,
    fits: Mapping[str, Fitted],
    styles: Sequence[dict[str, Any]],
    name: str,
    kind: str | None,
    ax: Axes | None,
) -> Figure:
    """Draw several fits to censored rows over the nonparametric estimate; `Comparison.plot` describes it."""
    if not isinstance(name, str):
        raise ParameterError(f"name must be a string, got {name!r}")
    check_choice("kind", "survival" if kind is None else kind, CENSORED_KINDS[:1])
    if ax is None:
        axis = new_figure(9.4, 4.0).subplots()
    else:
        check_axes(ax)
        axis = ax
    _draw_survival(axis, _estimated(source), fits, styles, name, str(source.kinds))
    return finish([axis], ax, columns=1)


def _estimated(source: CensoredSource) -> _Estimate:
    """Return the nonparametric estimate of rows."""
    limits = source.limits
    return _Estimate(estimate(limits, source.weights), float(limits.low.min()), float(limits.high.max()))


def _draw_survival(
    axis: Axes,
    found: _Estimate,
    fits: Mapping[str, Fitted],
    styles: Sequence[dict[str, Any]],
    name: str,
    kinds: str,
) -> None:
    """Draw the share of rows above each value: the estimate in steps, and fits by their labels."""
    low, high = _range(found)
    color = "#0072b2" if len(fits) == 1 else "#666666"  # none of the curves'
    masses, below = found.masses, np.concatenate([[1.0], found.survival()])
    at_lower, at_upper = (np.clip(end, low, high) for end in (masses.lower, masses.upper))
    axis.stairs(
        below, np.concatenate([[low], at_upper, [high]]), baseline=None, color=color, label=found.name
    )
    if not masses.points or masses.upper[-1] == math.inf:
        wide = masses.lower < masses.upper
        for left, right, top, bottom in zip(
            at_lower[wide], at_upper[wide], below[:-1][wide], below[1:][wide], strict=True
        ):
            axis.fill_between([left, right], bottom, top, color=color, alpha=0.12, linewidth=0)
    at = np.linspace(low, high, 501)
    for (label, fitted), style in zip(fits.items(), styles, strict=True):
        places = np.unique(np.floor(at)) if family_of(fitted).counts else at
        axis.plot(places, _survival_of(fitted, places, found), label=label, **style)
    axis.set(xlim=(low, high), ylim=(-0.02, 1.02), ylabel="share of rows above")
    axis.set_xlabel(f"{plain(name)}   ({kinds})")


def _range(found: _Estimate) -> tuple[float, float]:
    """Return between what values curves are drawn; raise where doubles have no room for axes."""
    ends = np.concatenate(found.masses[:2])
    ends = ends[np.isfinite(ends)]
    if not ends.size:
        raise SampleError("cannot draw rows without limits")
    low, high = float(ends.min()), float(ends.max())
    if not max(-low, high) < _HUGE or 0 < high - low < 1 / _HUGE:
        raise SampleError(f"cannot draw values from {low} to {high}: float64 has no room for their axes")
    margin = 0.06 * (high - low) or 0.5 * (abs(low) or 1)
    first = 0.0 if low >= 0 and low < 3 * margin else low - margin
    return max(first, found.low), min(high + margin, found.high)


def _survival_of(fitted: Fitted, at: Array, found: _Estimate) -> Array:
    """Return the probability by the fit that a row which could be seen lies above each value."""
    inside = np.clip(at, found.low, np.nextafter(found.high, -math.inf))
    rows = Censored(inside, np.full(at.size, math.inf), truncated=(found.low, found.high))
    return np.exp(logpdf(rows, family_of(fitted), fitted.theta))


def _draw_probability(axis: Axes, found: _Estimate, fitted: Fitted, name: str) -> None:
    """Draw where the fit has the estimate's probability against each value: a line if the fit is right."""
    masses, distribution = found.masses, fitted.dist()
    known = np.isfinite(masses.upper) & (masses.mass > 0)
    below, above = distribution.cdf([found.low, found.high])
    middle = np.cumsum(masses.mass) - masses.mass * (0.5 if masses.points else 0.0)
    share = np.clip(middle[known], 0.0, 1.0)
    values, quantiles = masses.upper[known], distribution.ppf(below + share * (above - below))
    drawn = np.isfinite(quantiles) & (share > 0) & (share < _ALL)  # up to the last bin, all rows lie below
    values, quantiles = values[drawn], quantiles[drawn]
    axis.plot(values, quantiles, label=found.name, **dots(values.size))
    if values.size:
        ends = [min(values.min(), quantiles.min()), max(values.max(), quantiles.max())]
        axis.plot(ends, ends, **TRUTH)
    ticks = distribution.ppf(below + np.array(_TICKS) * (above - below))
    low, high = axis.get_ylim()
    shown = _legible(ticks, low, high)
    axis.set_yticks(ticks[shown], [f"{_TICKS[place]:g}" for place in shown])
    axis.set_xlabel(plain(name))
    axis.set_ylabel(f"probability by the {fitted.family} fit")


def _legible(ticks: Array, low: float, high: float) -> list[int]:
    """Return the places of ticks on an axis that are so far apart that labels have room, the middle first."""
    shown: list[int] = []
    middle = len(ticks) // 2
    for place in (middle, *range(middle + 1, len(ticks)), *range(middle - 1, -1, -1)):
        apart = np.abs(ticks[shown] - ticks[place]).min(initial=math.inf)
        if low <= ticks[place] <= high and apart >= _APART * (high - low):
            shown.append(place)
    return sorted(shown)
