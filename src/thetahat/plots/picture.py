"""Figures that show themselves: below the cell of a notebook, or in a window."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["picture_class"]

_SCREEN = 100  # pixels of a browser in an inch of the figure, whatever its resolution
_WIDTH, _HEIGHT = slice(16, 20), slice(20, 24)  # in the header of a PNG file


@cache
def picture_class() -> type[Figure]:
    """Return the class of the figures, which needs matplotlib."""
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that pyplot does not hold, so that it is freed with the last reference to it."""

        def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
            """Return the picture for a notebook, its size there, and what it shows in words."""
            file = BytesIO()
            self.savefig(file, format="png", dpi=self.dpi)
            png, scale = file.getvalue(), _SCREEN / self.dpi
            width, height = (round(scale * int.from_bytes(png[place])) for place in (_WIDTH, _HEIGHT))
            panels = (f"{axes.get_ylabel()} over {axes.get_xlabel()}" for axes in self.axes)
            return png, {"width": width, "height": height, "alt": "; ".join(panels).replace("\n", " ")}

        def show(self, warn: bool = True) -> None:
            """Show the picture below the cell of a notebook, else in a window, until that is closed."""
            if _in_notebook():
                import_module("IPython.display").display(self)
            elif self.canvas.manager is None:
                _open_window(self)
            else:
                super().show(warn)

    Picture.__module__, Picture.__qualname__ = __name__, "Picture"  # where pickles find it
    return Picture


def __getattr__(name: str) -> Any:
    if name == "Picture":
        return picture_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = sys.modules.get("IPython")
    return shell is not None and hasattr(shell.get_ipython(), "kernel")


def _open_window(figure: Figure) -> None:
    """Show a figure in a window of pyplot's, in place of an empty one that is made for it."""
    from matplotlib import pyplot

    canvas = pyplot.figure(figsize=figure.get_size_inches()).canvas
    canvas.figure = figure
    figure.set_canvas(canvas)
    pyplot.show()
