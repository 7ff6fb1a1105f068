"""An empty figure, its legend, and the files that it can be written into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from thetahat.errors import MissingExtraError, ParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["check_target", "legend", "new_figure"]

_KINDS = (".png", ".pdf", ".svg")


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


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of this size in inches; raise where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "thetahat[cli]"') from error
    except ValueError as error:  # MPLBACKEND, or a setting in its file
        raise MissingExtraError(f"pictures need matplotlib, which does not start: {error}") from error
    return Figure(figsize=(width, height), dpi=200, layout="constrained")


def legend(figure: Figure, axes: Sequence[Axes], columns: int) -> None:
    """Put one legend above all panels, where it hides no data."""
    pairs = [pair for axis in axes for pair in zip(*axis.get_legend_handles_labels(), strict=True)]
    handles = {label: handle for handle, label in reversed(pairs)}
    figure.legend(
        handles=[handles[label] for label in dict.fromkeys(label for _, label in pairs)],
        loc="outside upper center",
        ncols=columns,
        frameon=False,
    )
