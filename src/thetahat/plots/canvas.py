"""An empty figure or the axes of the user, a legend, and the files that a figure can be written into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from thetahat.errors import MissingExtraError, ParameterError
from thetahat.plots.picture import picture_class

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["check_axes", "check_target", "finish", "legend", "new_figure"]

_KINDS = (".png", ".pdf", ".svg")
_FEW = 4  # lines of a legend that axes of the user have room for


def check_target(path: Path) -> None:
    """Raise, before anything is computed, where a picture could not be written.

    Raises
    ------
    ParameterError
        If the name does not end in a kind of picture, or the folder does not exist.
    MissingExtraError
        If matplotlib is not installed.
    """
    new_figure(1, 1)
    if path.suffix.lower() not in _KINDS:
        raise ParameterError(f"cannot draw into {path}: its name must end in {', '.join(_KINDS)}")
    if not path.parent.is_dir():
        raise ParameterError(f"cannot draw into {path}: there is no folder {path.parent}")


def check_axes(ax: Any) -> None:
    """Raise if these are not the axes of one panel."""
    new_figure(1, 1)
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise ParameterError(f"ax must be axes of matplotlib, as of figure.subplots(), got {ax!r}")


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of this size in inches; raise where matplotlib is not installed."""
    try:
        return picture_class()(figsize=(width, height), dpi=200, layout="constrained")
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "thetahat[cli]"') from error
    except ValueError as error:  # MPLBACKEND, or a setting in its file
        raise MissingExtraError(f"pictures need matplotlib, which does not start: {error}") from error


def finish(panels: Iterable[Axes], ax: Axes | None, columns: int) -> Figure:
    """Give panels their legend, in the axes of the user one of their own; return the figure."""
    if ax is not None:
        few = len(ax.get_legend_handles_labels()[1]) <= _FEW
        ax.legend(fontsize="small" if few else "x-small")
        return ax.figure.figure  # of a subfigure, the whole figure
    axes = list(panels)
    figure = cast("Figure", axes[0].figure)
    legend(figure, axes, columns)
    return figure


def legend(figure: Figure, axes: Sequence[Axes], columns: int) -> None:
    """Put one legend above all panels, where it hides no data; of one column, beside them."""
    pairs = [pair for axis in axes for pair in zip(*axis.get_legend_handles_labels(), strict=True)]
    handles = {label: handle for handle, label in reversed(pairs)}
    figure.legend(
        handles=[handles[label] for label in dict.fromkeys(label for _, label in pairs)],
        loc="outside upper center" if columns > 1 else "outside right upper",
        ncols=columns,
        frameon=False,
    )
