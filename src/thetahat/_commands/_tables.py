"""The tables of all commands: one style, and lines instead of columns where the terminal is narrow."""

from __future__ import annotations

from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["new_table", "show"]

_WIDE = 10_000  # columns of a terminal on which every table has room


def new_table(*titles: str, justify: Literal["left", "right"] = "right") -> Table:
    """Return a table whose first column has names, and the others numbers, or text, under these titles."""
    table = Table("", box=SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        table.add_column(title, justify=justify, overflow="fold")
    return table


def show(table: Table) -> None:
    """Print a table; where a number, or a word, would have to be cut, each cell on a line of its own."""
    console = Console()
    needed = console.measure(table, options=console.options.update(max_width=_WIDE))
    text = table.columns[-1].justify == "left"  # which may go on in the next line
    if (needed.minimum if text else needed.maximum) <= console.width:
        console.print(table)
    else:
        console.print(Text("\n".join(_lines(table))), soft_wrap=True)


def _lines(table: Table) -> list[str]:
    """Return the rows of a table one below another, each with its titles."""
    titles = [str(column.header) for column in table.columns[1:]]
    wide = max(map(len, titles))
    lines = []
    for name, *cells in zip(*(map(str, column.cells) for column in table.columns), strict=True):
        lines += ["", name]
        lines += [f"  {title:{wide}}  {cell}" for title, cell in zip(titles, cells, strict=True) if cell]
    return [*lines, ""]
