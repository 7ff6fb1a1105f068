"""Pictures of fits, as matplotlib figures without a window: ``figure.savefig(path)`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thetahat.errors import MissingExtraError, ParameterError, SampleError
from thetahat.families import family_index, get_family
from thetahat.fit import fit, logpdf
from thetahat.result import Fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["check_target", "convergence_figure", "fit_figure"]

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
_POINTS = 2000  # of a path


def fit_figure(x: Array, fitted: Fit, name: str = "value") -> Figure:
    """Draw the fitted density over the sample's histogram, and below it the trace if the fit kept one.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        The sample, finite.
    fitted : Fit
        The fit to it.
    name : str, default "value"
        What the sample's values are.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    SampleError
        If the values, or their range, are so large or small that float64 has no room for the axes.
    """
    if fitted.trace is None:
        figure = _new_figure(6.4, 4.0)
        axes = [figure.subplots()]
    else:
        figure = _new_figure(8.0, 7.0)
        panels = figure.subplot_mosaic([["density"] * len(fitted.theta), list(fitted.params)])
        axes = list(panels.values())
        _draw_paths(axes[1:], {fitted.method.name: fitted}, fit(x, fitted.family))
        _scale_epochs(axes[1:], fitted.epochs)
    _draw_density(axes[0], x, fitted, name)
    _legend(figure, axes[:2], columns=2)
    return figure


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
    handles = [handle for axis in axes for handle in axis.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, frameon=False)


def _draw_density(axis: Axes, x: Array, fitted: Fit, name: str) -> None:
    count, low, high = _bins(x)
    rows, edges = np.histogram(x, count, (low, high))
    heights = rows / (x.size * (edges[1] - edges[0]))
    axis.stairs(heights, edges, fill=True, color="#c5d0da", label=f"{x.size:,} rows")
    margin = max(0.04, 1 / np.sqrt(x.size)) * (high - low)
    at = np.linspace(low - margin, high + margin, 1001)
    axis.set_xlim(at[0], at[-1])
    if get_family(family_index(fitted.family)).counts:
        at = np.unique(np.rint(at))
    estimates = ", ".join(f"{_symbol(key)} = {value:.5g}" for key, value in fitted.params.items())
    curve = np.exp(logpdf(at, fitted.family, fitted.theta))
    axis.plot(at, curve, color="#d55e00", linewidth=2, label=f"{fitted.family}: {estimates}")
    if x.size <= _FEW:
        axis.vlines(x, 0, 0.03, color="#303030", linewidth=1, transform=axis.get_xaxis_transform())
    outside = x.size - rows.sum()
    axis.set_xlabel(name.replace("$", r"\$") + (f"   ({outside:,} rows lie outside)" if outside else ""))
    axis.set_ylabel("density")


def _bins(x: Array) -> tuple[int, float, float]:
    """Return the number of bins and their range: the sample, but of a heavy tail only what is near."""
    low, high = x.min(), x.max()
    if not max(-low, high) < _HUGE or 0 < high - low < 1 / _HUGE:
        raise SampleError(f"cannot draw values from {low} to {high}: float64 has no room for their axes")
    quarter, three_quarters = np.quantile(x, (0.25, 0.75))
    spread = three_quarters - quarter
    if spread > 0:
        low, high = max(low, quarter - 4 * spread), min(high, three_quarters + 4 * spread)
    elif low == high:
        low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
    # Freedman and Diaconis: the width that brings the histogram nearest to the density.
    width = max(2 * spread / np.cbrt(x.size), (high - low) / _BINS)
    if np.array_equal(x, np.rint(x)):  # bins of unlike numbers of integers would make a comb
        low, width = np.floor(low) - 0.5, max(1.0, np.rint(width))
        high = low + np.ceil((high - low) / width) * width
    return int(np.ceil((high - low) / width)), float(low), float(high)


def _draw_paths(axes: Sequence[Axes], fits: Mapping[str, Fit], exact: Fit) -> None:
    for j, (axis, name) in enumerate(zip(axes, exact.params, strict=True)):
        value, error = exact.theta[j], exact.stderr[j]
        axis.axhspan(value - error, value + error, color="#009e73", alpha=0.2, linewidth=0)
        axis.axhline(value, color="#009e73", linewidth=1.2, label="closed form ± standard error")
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
