"""Pieces of a tree that merge with their neighbours as they arrive, in any order."""

from __future__ import annotations

from thetahat import _pieces, _sums

__all__ = ["Assembly"]


class Assembly:
    """Pieces of one tree, no two of which are neighbours.

    Examples
    --------
    >>> from thetahat._pieces import Piece
    >>> from thetahat._sums import Tree
    >>> from thetahat.data.arrays import chunks_of
    >>> from thetahat.data.assembly import Assembly
    >>> from thetahat.families import find_family
    >>> tree, rows = Tree(find_family("normal").model), chunks_of([1.0, 2.0, 4.0, 7.0])[0]
    >>> pieces = Assembly()
    >>> for first in (2, 0):
    ...     piece = Piece(tree.settings, first)
    ...     piece.add(rows.part(first, 2))
    ...     pieces.add(piece)
    >>> pieces.add_to(tree)
    >>> tree.total().maximum()
    (3.5, 2.29128784747792)
    """

    def __init__(self) -> None:
        self._by_first: dict[int, _pieces.Piece] = {}
        self._by_end: dict[int, _pieces.Piece] = {}

    def add(self, piece: _pieces.Piece) -> None:
        """Add a piece; it becomes a part of its neighbours."""
        if not piece.n:
            return
        left = self._by_end.pop(piece.first, None)
        if left is not None:
            left.append(piece)
            piece = left
        right = self._by_first.pop(piece.first + piece.n, None)
        if right is not None:
            del self._by_end[right.first + right.n]
            piece.append(right)
        self._by_first[piece.first] = self._by_end[piece.first + piece.n] = piece

    def add_to(self, tree: _sums.Tree) -> None:
        """Add all rows to their tree; they are one piece by now, or none."""
        for piece in self._by_first.values():
            piece.add_to(tree)
