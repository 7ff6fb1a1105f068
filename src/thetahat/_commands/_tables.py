"""The tables of all commands: one style, and fewer columns, or lines, where the terminal is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["BETWEEN", "new_table", "show"]

BETWEEN = "..."  # all cells of a row that stands for others
_WIDE = 10_000  # columns of a terminal on which every table has room


def new_table(*titles: str, justify: Literal["left", "right"] = "right") -> Table:
    """Return a table whose first column has names, and the others numbers, or text, under these titles."""
    table = Table("", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1))
    for title in titles:
        table.add_column(title, justify=justify, overflow="fold")
    return table


def show(table: Table, optional: Sequence[str] = ()) -> None:
    """Print a table; where a number, or a word, would have to be cut, without some of its columns.

    Those of the optional titles are left out, the first first, until the others have room; where they have
    none, each cell stands on a line of its own.
    """
    console = Console()
    for number in range(len(optional) + 1):
        fewer = _without(table, optional[:number])
        if _fits(fewer, console):
            console.print(fewer)
            if number:
                console.print(Text(f"left out, as the terminal is narrow: {', '.join(optional[:number])}"))
            return
    console.print(Text("\n".join(_lines(table))), soft_wrap=True)


def _fits(table: Table, console: Console) -> bool:
    needed = console.measure(table, options=console.options.update(max_width=_WIDE))
    text = table.columns[-1].justify == "left"  # which may go on in the next line
    return (needed.minimum if text else needed.maximum) <= console.width


def _without(table: Table, titles: Sequence[str]) -> Table:
    """Return a table without the columns of these titles."""
    if not titles:
        return table
    kept = [column for column in table.columns if column.header not in titles]
    fewer = new_table(*(str(column.header) for column in kept[1:]))
    for new, column in zip(fewer.columns, kept, strict=True):
        new.header, new.justify = column.header, column.justify
        new.no_wrap, new.min_width = column.no_wrap, column.min_width
    for cells in zip(*(column.cells for column in kept), strict=True):
        fewer.add_row(*cells)
    return fewer


def _lines(table: Table) -> list[str]:
    """Return the rows of a table one below another, each with its titles."""
    titles = [str(column.header) for column in table.columns[1:]]
    wide = max(map(len, titles))
    lines = []
    for name, *cells in zip(*(map(str, column.cells) for column in table.columns), strict=True):
        lines += ["", name]
        if name != BETWEEN:
            lines += [f"  {title:{wide}}  {cell}" for title, cell in zip(titles, cells, strict=True) if cell]
    return [*lines, ""]
