"""Results as tables for notebooks: plain HTML, which a screen reader reads cell by cell with its titles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["table"]

_WIDE_SPACE = " \N{EM SPACE}"  # a line may break before it; spaces alone would be one in HTML


def table(
    caption: str, titles: Sequence[str], rows: Iterable[Sequence[str]], notes: Iterable[str] = ()
) -> str:
    """Return a table with what stands above and below it, all of it escaped.

    Parameters
    ----------
    caption : str
        What the table is of.
    titles : sequence of str
        Of the columns; an empty one has no title.
    rows : iterable of sequence of str
        The cells of each row, the first of which is its title.
    notes : iterable of str
        Paragraphs below the table; empty ones are left out.
    """
    head = "".join(f'<th scope="col">{escape(title)}</th>' if title else "<td></td>" for title in titles)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for name, *cells in rows
    )
    below = "".join(f"<p>{escape(note).replace('   ', _WIDE_SPACE)}</p>" for note in notes if note)
    return (
        f"<div><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{below}</div>"
    )
