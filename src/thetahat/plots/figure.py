"""Which panels a fit has, and the figures that they make."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._checks import check_choice
from thetahat._fitted import Fitted
from thetahat.errors import ConvergenceError, NoMaximumError, ParameterError
from thetahat.goodness.of_fit import fit_anew, unrolled
from thetahat.plots._shared import family_of
from thetahat.plots.canvas import check_axes, finish, legend, new_figure
from thetahat.plots.contours import draw_contours, landscape
from thetahat.plots.counts import draw_counts
from thetahat.plots.density import draw_density
from thetahat.plots.order import Order
from thetahat.plots.paths import draw_distances, draw_paths, last_epoch, scale_epochs
from thetahat.plots.probabilities import draw_probabilities, values_of
from thetahat.plots.quantiles import draw_quantiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["KINDS", "convergence_figure", "fit_figure", "panels_of"]

KINDS = ("density", "qq", "pp", "trace")

_SEEN = 1e-3  # standard errors


def fit_figure(
    x: Array,
    fitted: Fitted,
    name: str = "value",
    kind: str | None = None,
    weights: Array | None = None,
    *,
    order: Order | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw a fit over its sample; `Fit.plot` describes the panels.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        The sample, finite; with `order`, some of its rows.
    fitted : Fitted
        The fit to it.
    name : str, default "value"
        What the sample's values are.
    kind : {"density", "qq", "pp", "trace"}, optional
        One panel; by default all that the fit has.
    weights : ndarray of float64, shape (n,), optional
        Of the rows.
    order : Order, optional
        Of all rows, where they have been read.
    ax : Axes, optional
        Where one panel is drawn, the density by default, instead of a new figure.

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
    if not isinstance(name, str):
        raise ParameterError(f"name must be a string, got {name!r}")
    kinds = panels_of(fitted, weights is not None, kind, ax)
    if order is None:
        x = unrolled(fitted, x)
        order = Order.of_rows(x, partial(values_of, fitted) if "pp" in kinds else None)
    maximum = _maximum(fitted, x, weights) if "trace" in kinds else None
    land = None if maximum is None else landscape(fitted, maximum, x, weights)
    moving = (_moving(fitted) or _free(fitted)) if "trace" in kinds else []
    if ax is None:
        figure = new_figure(*_size(kinds, land is not None))
        panels = figure.subplot_mosaic(_mosaic(kinds, moving, land is not None))
    else:
        panels = {kinds[0]: ax}
    if "density" in kinds:
        draw = draw_counts if family_of(fitted).counts else draw_density
        draw(panels["density"], x, order, fitted, name, weights)
    if "qq" in kinds:
        draw_quantiles(panels["qq"], order, fitted, name)
    if "pp" in kinds:
        draw_probabilities(panels["pp"], order, fitted)
    if moving:
        axes = {key: panels[key] for key in moving}
        draw_paths(axes, {fitted.method.name: fitted}, maximum)
        scale_epochs(list(axes.values()), last_epoch([fitted]))
    if land is not None:
        draw_contours(panels["contours"], fitted, land)
    return finish(panels.values(), ax, columns=2 if len(kinds) > 1 else 3)


def panels_of(fitted: Fitted, weighted: bool, kind: str | None, ax: Axes | None) -> tuple[str, ...]:
    """Return the kinds of panels to be drawn; raise where the fit has none such, or axes no room."""
    if ax is not None:
        check_axes(ax)
        kind = kind or "density"
    if kind is None:
        return _panels(fitted, weighted)
    if _check_kind(fitted, weighted, kind) == "trace" and ax is not None:
        raise ParameterError("trace has a panel for each parameter: leave ax out, and it makes a figure")
    return (kind,)


def _moving(fitted: Fitted) -> list[str]:
    """Return the parameters that a traced fit has moved, by more than an eye would see."""
    assert fitted.trace is not None
    seen = np.nan_to_num(_SEEN * fitted.stderr, posinf=0.0)
    moved = np.any(np.abs(fitted.trace - fitted.trace[0]) > seen, axis=0)
    return [key for key, moves in zip(fitted.params, moved, strict=True) if moves]


def _free(fitted: Fitted) -> list[str]:
    return [key for key in fitted.params if key not in fitted.fixed]


def _maximum(fitted: Fitted, x: Array, weights: Array | None) -> Fitted | None:
    """Return the maximum that a traced fit approached; None if there is none."""
    try:
        return fit_anew(fitted, x, weights)
    except (ConvergenceError, NoMaximumError):
        return None


def _panels(fitted: Fitted, weighted: bool) -> tuple[str, ...]:
    """Return the kinds of panels that a fit has."""
    left_out = {"qq": family_of(fitted).counts or weighted, "pp": weighted}
    left_out["trace"] = fitted.trace is None or not _moving(fitted)
    return tuple(kind for kind in KINDS if not left_out.get(kind))


def _check_kind(fitted: Fitted, weighted: bool, kind: str) -> str:
    """Return the kind of a panel; raise where the fit has none such."""
    check_choice("kind", kind, KINDS)
    if kind in _panels(fitted, weighted) or (kind == "trace" and fitted.trace is not None):
        return kind
    if kind == "trace":
        raise ParameterError('this fit kept no trace: fit by SGD or GradientAscent with trace="epoch"')
    if weighted:
        raise ParameterError(f"{kind}: rows with weights have no order statistics; density shows them")
    raise ParameterError("qq: quantiles of counts are a staircase; density and pp show counts")


def _mosaic(kinds: Sequence[str], moving: Sequence[str], contours: bool) -> list[Any]:
    """Return which panel lies where: the density above, Q-Q and P-P in a row, then the traces."""
    squares = [kind for kind in ("qq", "pp") if kind in kinds]
    rows = [["density"] * ("density" in kinds), squares, ["contours"] * contours, list(moving)]
    rows = list(filter(None, rows))
    wide = math.lcm(*map(len, rows))
    return [[key for key in row for _ in range(wide // len(row))] for row in rows]


def _size(kinds: Sequence[str], contours: bool) -> tuple[float, float]:
    above = 4.4 if contours else 0.0
    if len(kinds) == 1:
        return {"density": (6.4, 4.0), "trace": (8.0, 3.6 + above)}.get(kinds[0], (5.2, 5.2))
    square = 4.0 if {"qq", "pp"} & set(kinds) else 0.0
    return 8.0, 3.6 + square + above + (2.8 if "trace" in kinds else 0.0)


def convergence_figure(fits: Mapping[str, Fitted], exact: Fitted) -> Figure:
    """Draw how iterative fits of one sample approach the closed form, epoch by epoch.

    Parameters
    ----------
    fits : mapping of str to Fitted
        Up to three fits that kept their traces, by the names that the legend shows.
    exact : Fitted
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
    figure = new_figure(8.0, 6.0)
    above, below = figure.subplots(2, len(exact.theta), sharex="col", squeeze=False)
    draw_paths(dict(zip(exact.params, above, strict=True)), fits, exact)
    draw_distances(below, fits, exact)
    scale_epochs(below, last_epoch(fits.values()))
    legend(figure, above[:1], columns=4)
    return figure
