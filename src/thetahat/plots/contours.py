"""The path of an iterative fit over the contours of the log-likelihood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat._fitted import Fitted, refit
from thetahat.data.source import ArraySource
from thetahat.errors import ConvergenceError, NoMaximumError
from thetahat.families import Parameter
from thetahat.plots._shared import MAXIMUM, few_of, maximum_beside, symbol
from thetahat.plots.scales import Scale
from thetahat.sample import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Landscape", "draw_contours", "landscape"]

_ROWS = 10_000  # about as many show the shape of a likelihood that takes a pass for every point
_EVEN = 70  # steps of an axis, enough for a narrow ridge across it
_CLOSE = 30  # steps besides, the finer, the nearer to the maximum
_NEAR = 3  # standard errors on both sides of the maximum that are shown at least
_WIDE = 3  # a positive parameter's axis that spans a larger factor is logarithmic
_MARGIN = 0.04  # of an axis, beyond both ends
_ROUNDING = 2.0**-48  # of a value: no axis shows less
_HUGE = 1e150  # axes go no farther: float64 has no room for much wider margins and ticks
_FEW = 40  # steps that are marked one by one
_MANY = 500  # points of a path; more that go to and fro would hide all below
_POINTS = 40  # of a path, among which its farthest from the maximum is searched
_LINES = 8  # that a path from far away crosses, besides those of 1, 2 and 3 standard errors
_BEYOND = 4  # lines at most, farther out than the path
_LEAST = 4 / 3  # ratio of one line's distance to the next one's

_TOP: dict[str, Any] = {
    "linestyle": "",
    "marker": "P",
    "markersize": 9,
    "color": MAXIMUM,
    "markeredgecolor": "#ffffff",
    "zorder": 4,
}


class Landscape(NamedTuple):
    """The log-likelihood over two parameters, the others fixed at the maximum.

    Without sufficient statistics and with many rows, it is that of a subsample, scaled to all rows, and moved
    in the free coordinates so that its maximum is at that of all rows.
    """

    theta: tuple[float, ...]  # the maximum
    stderr: tuple[float, ...]
    places: tuple[int, ...]
    fixed: dict[str, float]  # what the path changes and the picture does not
    sample: Sample
    scale: float = 1.0
    moves: tuple[float, ...] = (0.0, 0.0)

    @property
    def parameters(self) -> list[Parameter]:
        """The two parameters."""
        return [self.sample.family.parameters[place] for place in self.places]

    def distances(self, first: Array, second: Array) -> Array:
        """Return k where the log-likelihood is k**2 / 2 below its maximum; NaN where it is -inf.

        Near the maximum these are standard errors. Between points k is more nearly linear than its square.
        """
        top = self._log_likelihood(*(self.theta[place] for place in self.places))
        points = zip(first.ravel().tolist(), second.ravel().tolist(), strict=True)
        drop = np.array([top - self._log_likelihood(*point) for point in points]).reshape(first.shape)
        k: Array = np.sqrt(2 * np.where(np.isfinite(drop), np.maximum(drop, 0.0), math.nan))
        return k

    def _log_likelihood(self, *point: float) -> float:
        theta = list(self.theta)
        for place, parameter, value, move in zip(
            self.places, self.parameters, point, self.moves, strict=True
        ):
            theta[place] = parameter.moved(value, move)
        at = tuple(theta)
        if not self.sample.family.model.valid(at):
            return math.nan
        return self.scale * self.sample.at(at).evaluate(at)[0]


def landscape(fitted: Fitted, maximum: Fitted, x: Array, weights: Array | None) -> Landscape | None:
    """Return the log-likelihood around the maximum of a traced fit, over its first two free parameters.

    None where it has no two, or no standard errors; and where some of many rows have no maximum themselves.
    """
    names = list(fitted.params)
    free = [place for place, name in enumerate(names) if name not in fitted.fixed]
    if len(free) < 2 or not np.all(np.isfinite(maximum.stderr)):
        return None
    theta, places = tuple(maximum_beside(fitted, maximum).tolist()), tuple(free[:2])
    sample = Sample(fitted._family, ArraySource(x, weights))
    whole = Landscape(
        theta,
        tuple(maximum.stderr.tolist()),
        places,
        {names[place]: theta[place] for place in free[2:]},
        sample,
    )
    return whole if sample.family.sufficient else _thinned(whole, maximum)


def _thinned(whole: Landscape, maximum: Fitted) -> Landscape | None:
    """Return the log-likelihood of all rows as estimated from a subsample."""
    rows = whole.sample.pilot(_ROWS)
    if rows.x.size == maximum.rows:
        return whole
    others = {name: value for j, (name, value) in enumerate(maximum.params.items()) if j not in whole.places}
    try:
        top = refit(maximum, ArraySource(*rows), others)
    except (ConvergenceError, NoMaximumError):
        return None
    moves = tuple(
        parameter.free(top.theta[place]) - parameter.free(maximum.theta[place])
        for parameter, place in zip(whole.parameters, whole.places, strict=True)
    )
    sample = Sample(whole.sample.family, ArraySource(*rows))
    return whole._replace(sample=sample, scale=maximum.n / top.n, moves=moves)


def draw_contours(axis: Axes, fitted: Fitted, land: Landscape) -> None:
    """Draw the path of two parameters over the contours of the log-likelihood around its maximum."""
    assert fitted.trace is not None
    path = fitted.trace[few_of(len(fitted.trace), _MANY)][:, land.places]
    views = [_view(land, path, j) for j in range(2)]
    for this, view, parameter in zip((axis.xaxis, axis.yaxis), views, land.parameters, strict=True):
        _scale(this, view)
        this.set_label_text(symbol(parameter.name))
    first, second = np.meshgrid(views[0].grid(), views[1].grid())
    k = land.distances(first, second)
    lines = _lines(land, path, k)
    if lines.size:
        axis.contour(first, second, k, lines, colors="#8c8c8c", linewidths=0.7, zorder=2.5)
    axis.set_title(_caption(land, lines), fontsize="small", color="#505050")
    _draw_path(axis, path, fitted.method.name)
    centre = [land.theta[place] for place in land.places]
    axis.plot(*([value] for value in centre), label="maximum", **_TOP)


def _draw_path(axis: Axes, path: Array, label: str) -> None:
    dots: dict[str, Any] = {"marker": "o", "markersize": 2.5} if len(path) <= _FEW else {}
    axis.plot(*path.T, label=label, color="#000000", linewidth=0.8, **dots)
    ends: dict[str, Any] = {"linestyle": "", "markeredgecolor": "#000000", "markersize": 6, "zorder": 3}
    axis.plot(*path[:1].T, label="start", marker="o", markerfacecolor="#ffffff", **ends)
    axis.plot(*path[-1:].T, label="end", marker="s", markerfacecolor="#56b4e9", **ends)


def _lines(land: Landscape, path: Array, k: Array) -> Array:
    """Return which k have lines: 1, 2 and 3, then in equal ratios.

    So a path from however far away crosses about as many.
    """
    points = path[few_of(len(path), _POINTS)]
    on_path, all_over = (_highest(values) for values in (land.distances(*points.T), k))
    ratio = max(_LEAST, (on_path / 3) ** (1 / _LINES))
    crossed = math.ceil(math.log(max(on_path / 3, 1)) / math.log(ratio))
    lines = np.concatenate([[1, 2], 3 * ratio ** np.arange(crossed + _BEYOND)])
    return lines[lines < all_over]


def _highest(k: Array) -> float:
    return float(np.max(k, where=~np.isnan(k), initial=0.0))


def _caption(land: Landscape, lines: Array) -> str:
    """Return what the lines are, and of what."""
    steps = ", ".join(f"{k:g}" for k in lines[:3])
    if lines.size > 3:
        steps += f", then each {lines[-1] / lines[-2]:.3g} times the last"
    fixed = ", ".join(f"{symbol(name)} = {value:.4g}" for name, value in land.fixed.items())
    rows = "" if land.scale == 1 else f"contours from {land.sample.size:,} rows"
    notes = "; ".join(filter(None, (fixed and f"{fixed} fixed at the maximum", rows)))
    return "\n".join(filter(None, (f"log-likelihood $k^2/2$ below the maximum, k = {steps}", notes)))


class _View(NamedTuple):
    """What an axis shows, in its coordinate: the logarithm of the parameter, or itself."""

    low: float
    high: float
    centre: float
    error: float
    logarithmic: bool

    def ends(self) -> Array:
        """Return the parameter at both ends."""
        return self._values(np.array([self.low, self.high]))

    def grid(self) -> Array:
        """Return the parameter at points that show both the whole and the neighbourhood of the maximum."""
        low, high = ((end - self.centre) / self.error for end in (self.low, self.high))
        even = np.linspace(self.low, self.high, _EVEN + 1)
        close = self.error * np.sinh(np.linspace(math.asinh(low), math.asinh(high), _CLOSE + 1))
        return self._values(np.unique(np.concatenate([even, self.centre + close, np.array([self.centre])])))

    def _values(self, coordinates: Array) -> Array:
        return np.exp(coordinates) if self.logarithmic else coordinates


def _view(land: Landscape, path: Array, j: int) -> _View:
    """Return an axis that holds the path and some standard errors around the maximum."""
    parameter, place = land.parameters[j], land.places[j]
    value, error, steps = land.theta[place], land.stderr[place], np.clip(path[:, j], -_HUGE, _HUGE)
    error = max(error, _ROUNDING * abs(value))
    if parameter.low == 0:
        view = _around(np.log(np.maximum(steps, 1 / _HUGE)), math.log(value), error / value, True)
        if view.high - view.low > math.log(_WIDE):
            return view
    return _around(steps, value, error, False)


def _around(path: Array, centre: float, error: float, logarithmic: bool) -> _View:
    low, high = min(path.min(), centre - _NEAR * error), max(path.max(), centre + _NEAR * error)
    margin = _MARGIN * (high - low)
    return _View(low - margin, high + margin, centre, error, logarithmic)


def _scale(axis: Axis, view: _View) -> None:
    """Set what an axis shows, and its ticks."""
    axes, (low, high) = axis.axes, view.ends()
    (axes.set_xlim if axis is axes.xaxis else axes.set_ylim)(low, high)
    if view.logarithmic:
        Scale("log").apply(axis)
