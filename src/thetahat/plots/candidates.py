"""Several families over one sample: their densities over its histogram, and their probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._checks import check_choice
from thetahat._fitted import Fitted
from thetahat.errors import ParameterError
from thetahat.goodness.of_fit import unrolled
from thetahat.plots._shared import family_of
from thetahat.plots.canvas import check_axes, finish, new_figure
from thetahat.plots.counts import draw_probabilities_of_counts
from thetahat.plots.density import draw_densities
from thetahat.plots.order import Order
from thetahat.plots.probabilities import (
    band_of,
    differs,
    draw_band,
    finish_probabilities,
    placed,
    points_of,
    values_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["comparison_figure", "styles_of"]

_KINDS = ("density", "pp")

# Okabe and Ito's colours, told apart by the colour-blind too, first with solid lines, then with others.
_COLORS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_BEST = 3  # fits whose lines are broad, and all of which a panel of differences holds
_LINES = ("-", "--", ":", "-.")


def comparison_figure(
    x: Array,
    order: Order | None,
    weights: Array | None,
    fits: Mapping[str, Fitted],
    name: str,
    kind: str | None,
    ax: Axes | None,
) -> Figure:
    """Draw fits over one sample, the best first; `Comparison.plot` describes it.

    Parameters
    ----------
    x, weights : ndarray of float64, shape (n,)
        The sample, where it is weighted.
    order : Order, optional
        Of all its rows, where they have been read.
    fits : mapping of str to Fitted
        Of one kind: of counts, of angles, or of other numbers; by what the legend calls them.
    name : str
        What the values are.
    kind : {"density", "pp"}, optional
        One panel; by default all that the sample has.
    ax : Axes, optional
        Where one panel is drawn instead of a new figure.
    """
    if not isinstance(name, str):
        raise ParameterError(f"name must be a string, got {name!r}")
    kinds = _kinds(weights is not None, kind, ax)
    if order is None:
        best = next(iter(fits.values()))
        x = unrolled(best, x)
        order = Order.of_rows(x, partial(values_of, best) if "pp" in kinds else None)
    figure = new_figure(9.4, 0.6 + 3.4 * len(kinds)) if ax is None else None
    axes: list[Any] = [ax] if figure is None else list(figure.subplots(len(kinds), squeeze=False)[:, 0])
    for each, axis in zip(kinds, axes, strict=True):
        if each == "pp":
            _draw_probabilities(axis, order, fits)
        else:
            counts = family_of(next(iter(fits.values()))).counts
            draw = draw_probabilities_of_counts if counts else draw_densities
            draw(axis, x, order, fits, styles_of(len(fits)), name, weights)
    return finish(axes, ax, columns=1)


def _kinds(weighted: bool, kind: str | None, ax: Axes | None) -> tuple[str, ...]:
    """Return the panels to be drawn."""
    if ax is not None:
        check_axes(ax)
        kind = kind or "density"
    if kind is None:
        return _KINDS[:1] if weighted else _KINDS
    if check_choice("kind", kind, _KINDS) == "pp" and weighted:
        raise ParameterError("pp: rows with weights have no order statistics; density shows them")
    return (kind,)


def styles_of(number: int) -> list[dict[str, Any]]:
    """Return how so many curves are drawn; the first lies on top."""
    return [
        {
            "color": _COLORS[place % len(_COLORS)],
            "linestyle": _LINES[place // len(_COLORS) % len(_LINES)],
            "linewidth": 2.2 if place == 0 else 1.4 if place < _BEST else 0.9,
            "zorder": 3 - place / number,
        }
        for place in range(number)
    ]


def _draw_probabilities(axis: Axes, order: Order, fits: Mapping[str, Fitted]) -> None:
    band = placed(band_of(order, next(iter(fits.values()))), order)
    draw_band(axis, band)
    ends = np.array([0.0, 1.0])
    axis.plot(*placed((ends, ends), order), color="#808080", linewidth=1)
    best = [band[1]]
    for (label, fit), style in zip(fits.items(), styles_of(len(fits)), strict=True):
        probability, share = placed(points_of(order, fit), order)
        axis.plot(probability, share, label=label, **style)
        if len(best) <= _BEST:
            best.append(share)
    finish_probabilities(axis, order, "probability by the fit")
    if differs(order):
        farthest = 1.1 * np.abs(np.concatenate(best)).max()
        axis.set_ylim(-farthest, farthest)
