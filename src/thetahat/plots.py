"""Pictures of fits, as matplotlib figures without a window: ``figure.savefig(path)`` writes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thetahat._checks import check_choice
from thetahat.errors import MissingExtraError, NoMaximumError, ParameterError, SampleError
from thetahat.families import Family, family_index, get_family
from thetahat.fit import logpdf
from thetahat.goodness import fit_anew, unrolled
from thetahat.result import Fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = ["KINDS", "check_target", "convergence_figure", "fit_figure"]

Array = NDArray[np.float64]

# Okabe and Ito's colours, told apart by the colour-blind too. Paths overlap: the first is broadest.
_PATHS: tuple[dict[str, Any], ...] = (
    {"color": "#56b4e9", "linewidth": 5.0, "solid_capstyle": "butt"},
    {"color": "#d55e00", "linewidth": 2.0},
    {"color": "#000000", "linewidth": 0.8},
)
_GREEK = frozenset(("alpha", "beta", "gamma", "kappa", "lambda", "mu", "nu", "sigma", "tau", "theta", "xi"))

_KINDS = (".png", ".pdf", ".svg")
_HUGE = 1e300
_FEW = 200  # rows that are drawn one by one
_BINS = 120  # more would be finer than print
_POINTS = 2000  # of a path, or of order statistics
_SORTED = 1 << 20  # of more rows than twice that, some are sorted
_HEAVY = 40  # quartile distances: tails of a sample beyond are drawn logarithmically

KINDS = ("density", "qq", "pp", "trace")
_BAND = "95 % of samples, at each point"
_SHADE: dict[str, Any] = {"color": "#d55e00", "alpha": 0.2, "linewidth": 0}
_TRUTH: dict[str, Any] = {"color": "#d55e00", "linewidth": 1}


def fit_figure(
    x: Array,
    fitted: Fit,
    name: str = "value",
    kind: str | None = None,
    weights: Array | None = None,
) -> Figure:
    """Draw a fit over its sample; `Fit.plot` describes the panels.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        The sample, finite.
    fitted : Fit
        The fit to it.
    name : str, default "value"
        What the sample's values are.
    kind : {"density", "qq", "pp", "trace"}, optional
        One panel; by default all that the fit has.
    weights : ndarray of float64, shape (n,), optional
        Of the rows.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingExtraError
        If matplotlib, or for Q-Q and P-P SciPy, is not installed.
    ParameterError
        If the fit has no such panel.
    SampleError
        If the values, or their range, are so large or small that float64 has no room for the axes.
    """
    kinds = _panels(fitted, weights) if kind is None else (_check_kind(fitted, weights, kind),)
    x = unrolled(fitted, x)
    order = _Order(x)
    figure = _new_figure(*_size(kinds))
    panels = figure.subplot_mosaic(_mosaic(kinds, fitted))
    if "density" in kinds:
        _draw_density(panels["density"], x, order, fitted, name, weights)
    if "qq" in kinds:
        _draw_quantiles(panels["qq"], order, fitted, name)
    if "pp" in kinds:
        draw = _draw_probabilities_of_counts if _family(fitted).counts else _draw_probabilities
        draw(panels["pp"], order, fitted)
    if "trace" in kinds:
        axes = [panels[key] for key in fitted.params]
        _draw_paths(axes, {fitted.method.name: fitted}, _maximum(fitted, x, weights))
        _scale_epochs(axes, fitted.epochs)
    _legend(figure, list(panels.values()), columns=2)
    return figure


def _maximum(fitted: Fit, x: Array, weights: Array | None) -> Fit | None:
    """Return what a traced fit was on its way to; None where there is no maximum."""
    try:
        return fit_anew(fitted, x, weights)
    except NoMaximumError:
        return None


def _panels(fitted: Fit, weights: Array | None) -> tuple[str, ...]:
    """Return the kinds of panels that a fit has."""
    left_out = {"qq": _family(fitted).counts or weights is not None, "pp": weights is not None}
    left_out["trace"] = fitted.trace is None
    return tuple(kind for kind in KINDS if not left_out.get(kind))


def _check_kind(fitted: Fit, weights: Array | None, kind: str) -> str:
    """Return the kind of a panel; raise where the fit has none such."""
    if check_choice("kind", kind, KINDS) in _panels(fitted, weights):
        return kind
    if kind == "trace":
        raise ParameterError("this fit kept no trace: fit by SGD or GradientAscent with trace=True")
    if weights is not None:
        raise ParameterError(f"{kind}: rows with weights have no order statistics; density shows them")
    raise ParameterError("qq: quantiles of counts are a staircase; density and pp show counts")


def _mosaic(kinds: Sequence[str], fitted: Fit) -> list[Any]:
    """Return which panel lies where: the density above, Q-Q and P-P in a row, then the traces."""
    squares = [kind for kind in ("qq", "pp") if kind in kinds]
    rows = [["density"] * ("density" in kinds), squares, list(fitted.params) * ("trace" in kinds)]
    rows = list(filter(None, rows))
    wide = math.lcm(*map(len, rows))
    return [[key for key in row for _ in range(wide // len(row))] for row in rows]


def _size(kinds: Sequence[str]) -> tuple[float, float]:
    if len(kinds) == 1:
        return {"density": (6.4, 4.0), "trace": (8.0, 3.6)}.get(kinds[0], (5.2, 5.2))
    square = 4.0 if {"qq", "pp"} & set(kinds) else 0.0
    return 8.0, 3.6 + square + (2.8 if "trace" in kinds else 0.0)


def _family(fitted: Fit) -> Family:
    return get_family(family_index(fitted.family))


def convergence_figure(fits: Mapping[str, Fit], exact: Fit) -> Figure:
    """Draw how iterative fits of one sample approach the closed form, epoch by epoch.

    Parameters
    ----------
    fits : mapping of str to Fit
        Up to three fits that kept their traces, by the names that the legend shows.
    exact : Fit
        The closed form.

    Returns
    -------
    matplotlib.figure.Figure
        A column for each parameter: its path above, its distance from the closed form below.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure = _new_figure(8.0, 6.0)
    above, below = figure.subplots(2, len(exact.theta), sharex="col", squeeze=False)
    _draw_paths(above, fits, exact)
    _draw_distances(below, fits, exact)
    _scale_epochs(below, max(fitted.epochs for fitted in fits.values()))
    _legend(figure, above[:1], columns=4)
    return figure


def check_target(path: Path) -> None:
    """Raise, before anything is computed, where a picture could not be written.

    Raises
    ------
    ParameterError
        If the name does not end in a kind of picture, or the folder does not exist.
    MissingExtraError
        If matplotlib is not installed.
    """
    _new_figure(1, 1)
    if path.suffix.lower() not in _KINDS:
        raise ParameterError(f"cannot draw into {path}: its name must end in {', '.join(_KINDS)}")
    if not path.parent.is_dir():
        raise ParameterError(f"cannot draw into {path}: there is no folder {path.parent}")


def _new_figure(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "thetahat[cli]"') from error
    return Figure(figsize=(width, height), dpi=200, layout="constrained")


def _legend(figure: Figure, axes: Sequence[Axes], columns: int) -> None:
    """Put one legend above all panels, where it hides no data."""
    pairs = [pair for axis in axes for pair in zip(*axis.get_legend_handles_labels(), strict=True)]
    handles = {label: handle for handle, label in reversed(pairs)}
    figure.legend(
        handles=[handles[label] for label in dict.fromkeys(label for _, label in pairs)],
        loc="outside upper center",
        ncols=columns,
        frameon=False,
    )


class _Order:
    """A sample in order: all its rows; of very many, those of both tails, and some evenly spread between."""

    def __init__(self, x: Array) -> None:
        self.n = x.size
        self.step = max(1, x.size // _SORTED)
        self.rows = np.sort(x[:: self.step])
        self.below, self.above = self.rows[:0], self.rows[:0]
        if self.step > 1:
            tail = self.rows.size // 1000
            self.below = np.sort(x[x < self.rows[tail]])
            self.above = np.sort(x[x > self.rows[-1 - tail]])

    def ranks(self) -> NDArray[np.int64]:
        """Return ranks 1..n to be drawn: even in probability, and more and more finely towards the ends."""
        if self.n <= _POINTS:
            return np.arange(1, self.n + 1)
        ends = np.rint(np.geomspace(1, self.n / 2, _POINTS // 5)).astype(np.int64)
        even = np.rint(np.linspace(1, self.n, _POINTS // 2)).astype(np.int64)
        return np.unique(np.concatenate((ends, self.n + 1 - ends, even)))

    def at(self, rank: NDArray[np.int64]) -> Array:
        """Return the rows of these ranks."""
        place = np.rint((rank - 0.5) / self.n * self.rows.size - 0.5).astype(np.int64)
        rows = self.rows[np.clip(place, 0, self.rows.size - 1)]
        low, high = rank <= self.below.size, rank > self.n - self.above.size
        rows[low] = self.below[rank[low] - 1]
        rows[high] = self.above[rank[high] - self.n - 1]
        return rows

    def quantiles(self, *shares: float) -> Array:
        """Return quantiles."""
        return np.quantile(self.rows, shares)

    def share_up_to(self, value: Array) -> Array:
        """Return which share of the rows is at most so large."""
        return np.searchsorted(self.rows, value, "right") / self.rows.size

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest row."""
        low, high = self.at(np.array([1, self.n])).tolist()
        return low, high

    @property
    def note(self) -> str:
        """What an axis has to say of it."""
        return "" if self.step == 1 else f"\nboth tails in full, between them one row in {self.step}"


def _draw_density(axis: Axes, x: Array, order: _Order, fitted: Fit, name: str, weights: Array | None) -> None:
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
    if _family(fitted).counts:
        at = np.unique(np.rint(at))
        style = {"linewidth": 1, "marker": "o", "markersize": 4} if at.size <= _FEW // 2 else style
    estimates = ", ".join(f"{_symbol(key)} = {value:.5g}" for key, value in fitted.params.items())
    curve = np.exp(logpdf(at, fitted.family, fitted.theta))
    axis.plot(at, curve, color="#d55e00", label=f"{fitted.family}: {estimates}", **style)
    if not curve.max() < 3 * heights.max():  # a pole, or far too narrow a fit
        axis.set_ylim(0, 1.5 * heights.max())
    if x.size <= _FEW:
        axis.vlines(x, 0, 0.03, color="#303030", linewidth=1, transform=axis.get_xaxis_transform())
    outside = x.size - rows.sum()
    axis.set_xlabel(_plain(name) + (f"   (outside: {outside:,} rows)" if outside else ""))
    axis.set_ylabel("probability" if _family(fitted).counts else "density")


def _plain(name: str) -> str:
    return name.replace("$", r"\$")


def _bins(x: Array, order: _Order) -> tuple[int, float, float]:
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
    if all(np.array_equal(rows, np.rint(rows)) for rows in (x[:_FEW], x)):
        # Bins of unlike numbers of integers would make a comb.
        low, width = np.floor(low) - 0.5, max(1.0, np.rint(width))
        high = low + np.ceil((high - low) / width) * width
    return int(np.ceil((high - low) / width)), float(low), float(high)


def _draw_quantiles(axis: Axes, order: _Order, fitted: Fit, name: str) -> None:
    """Draw the rows against the quantiles of the fit: a straight line where it is the truth."""
    law, rank = fitted.dist(), order.ranks()
    ppf = partial(_quantiles_on_the_circle, fitted, law) if _family(fitted).circular else law.ppf
    rows, quantiles = order.at(rank), ppf((rank - 0.5) / order.n)
    low, high = ppf(_beta_band(rank, order.n))
    axis.fill_between(quantiles, low, high, label=_BAND, **_SHADE)
    ends = [min(rows[0], quantiles[0]), max(rows[-1], quantiles[-1])]
    axis.plot(ends, ends, **_TRUTH)
    axis.plot(quantiles, rows, **_dots(rank.size))
    scale = _scale_of(order, law)
    for this in (axis.xaxis, axis.yaxis):
        scale(this, *ends)
    axis.set_xlabel(f"quantiles of the {fitted.family} fit{order.note}")
    axis.set_ylabel(_plain(name))


def _quantiles_on_the_circle(fitted: Fit, law: Any, p: Array) -> Array:
    """Return quantiles to the eye's accuracy: SciPy's take a search each, milliseconds."""
    turn = fitted.theta[0] + np.linspace(-np.pi, np.pi, 20_001)
    quantiles: Array = np.interp(p, law.cdf(turn), turn)
    return quantiles


def _scale_of(order: _Order, law: Any) -> Callable[[Axis, float, float], None]:
    """Return what sets the scale of a Q-Q axis: of heavy tails logarithmic, about the median if need be."""
    low, high = order.ends
    quarter, median, three_quarters = order.quantiles(0.25, 0.5, 0.75).tolist()
    spread = three_quarters - quarter
    if not 0 < _HEAVY * spread < high - low:
        return lambda *_: None
    if low > 0 and law.support()[0] >= 0:
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


def _draw_probabilities(axis: Axes, order: _Order, fitted: Fit) -> None:
    """Draw the share of rows below each row against its probability."""
    rank = order.ranks()
    share = (rank - 0.5) / order.n
    axis.fill_betweenx(share, *_beta_band(rank, order.n), label=_BAND, **_SHADE)
    axis.plot([0, 1], [0, 1], **_TRUTH)
    axis.plot(fitted.dist().cdf(order.at(rank)), share, **_dots(rank.size))
    _finish_probabilities(axis, order, fitted)


def _draw_probabilities_of_counts(axis: Axes, order: _Order, fitted: Fit) -> None:
    """Draw, for every count, the share of rows up to it against the probability of these."""
    from scipy.stats import binom

    value = np.unique(order.at(order.ranks()))
    F = fitted.dist().cdf(value)
    low, high = binom.ppf([[0.025], [0.975]], order.n, F) / order.n
    axis.fill_between(F, low, high, label=_BAND, **_SHADE)
    axis.plot([0, 1], [0, 1], **_TRUTH)
    axis.plot(F, order.share_up_to(value), **_dots(value.size))
    _finish_probabilities(axis, order, fitted)


def _finish_probabilities(axis: Axes, order: _Order, fitted: Fit) -> None:
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="share of the rows")
    axis.set_xlabel(f"probability by the {fitted.family} fit{order.note}")


def _beta_band(rank: NDArray[np.int64], n: int) -> Array:
    """Return between which probabilities 95 % of the rows of these ranks lie: by the beta law of each."""
    from scipy.stats import beta

    band: Array = beta.ppf([[0.025], [0.975]], rank, n + 1 - rank)
    return band


def _dots(number: int) -> dict[str, Any]:
    return {"linestyle": "", "marker": "o", "color": "#0072b2", "markersize": 4 if number <= _FEW else 2}


def _draw_paths(axes: Sequence[Axes], fits: Mapping[str, Fit], exact: Fit | None) -> None:
    """Draw each parameter by epoch, over the maximum where there is one."""
    names = next(iter(fits.values())).params
    for j, (axis, name) in enumerate(zip(axes, names, strict=True)):
        if exact is not None:
            value, error = exact.theta[j], exact.stderr[j]
            axis.axhspan(value - error, value + error, color="#009e73", alpha=0.2, linewidth=0)
            axis.axhline(value, color="#009e73", linewidth=1.2, label="maximum ± standard error")
        for label, style, epochs, path in _paths(fits, j):
            axis.plot(epochs, path, label=label, **style)
        axis.set_ylabel(_symbol(name))


def _draw_distances(axes: Sequence[Axes], fits: Mapping[str, Fit], exact: Fit) -> None:
    for j, (axis, name) in enumerate(zip(axes, exact.params, strict=True)):
        for _, style, epochs, path in _paths(fits, j):
            axis.plot(epochs, np.abs(path - exact.theta[j]) / exact.stderr[j], **style)
        axis.set_yscale("log")
        axis.set_ylabel(f"distance of {_symbol(name)} in standard errors")


def _paths(fits: Mapping[str, Fit], j: int) -> Iterator[tuple[str, dict[str, Any], NDArray[np.int64], Array]]:
    """Yield label, style, epochs and values of parameter j; of a long path, as many as the axis can show."""
    for (label, fitted), style in zip(fits.items(), _PATHS[-len(fits) :], strict=True):
        assert fitted.trace is not None
        epochs = np.arange(fitted.epochs + 1)
        if epochs.size > _POINTS:
            epochs = np.unique(np.rint(np.geomspace(1, epochs.size, _POINTS)).astype(np.int64) - 1)
        yield label, style, epochs, fitted.trace[epochs, j]


def _scale_epochs(axes: Sequence[Axes], last: int) -> None:
    """Make the axes logarithmic in epoch + 1, so that the start, epoch 0, has its place."""
    powers = range(len(str(last)))
    labels = ["0", *(str(10**k) if k < 4 else f"$10^{{{k}}}$" for k in powers)]
    for axis in axes:
        axis.set_xscale("function", functions=(np.log1p, np.expm1))
        axis.set_xlim(0, max(last, 1))
        axis.set_xticks([0, *(10**k for k in powers)], labels)
        axis.set_xlabel("epoch")


def _symbol(name: str) -> str:
    return rf"$\{name}$" if name in _GREEK else name
