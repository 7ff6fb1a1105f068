"""Columns that are held in memory, from blocks: rows and weights as they come, texts as codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from thetahat.data.columns import pyarrow
from thetahat.data.memory import check_memory
from thetahat.errors import SampleError

__all__ = ["Held", "integers_of", "truths_of"]

_TRUTHS = {"true": 1.0, "false": 0.0}
_AT_WORK = 24  # bytes a row that a partition by keys takes beside the columns


class Held:
    """Columns that grow block by block.

    Parameters
    ----------
    what : str
        What errors call the rows.
    columns : int
        How many there are.
    """

    def __init__(self, what: str, columns: int) -> None:
        self._what, self._rows = what, 0
        self._pieces: list[list[Any]] = [[] for _ in range(columns)]

    def add(self, block: Sequence[Any]) -> None:
        """Add a block; raise where memory has no room for the work on all rows so far."""
        for pieces, values in zip(self._pieces, block, strict=True):
            pieces.append(_compact(values))
        self._rows += len(block[0])
        check_memory(_AT_WORK * self._rows, f"{self._what} in memory, after {self._rows} rows,")

    def columns(self) -> list[Any]:
        """Return the columns whole, as arrays of NumPy or Arrow, or as columns of the only data frame."""
        return [_joined(pieces) for pieces in self._pieces]


def _compact(values: Any) -> Any:
    """Return texts of Arrow as codes of theirs."""
    if not hasattr(values, "null_count"):
        return values
    types = pyarrow("keys of Arrow").types
    of = values.type
    text = types.is_string(of) or types.is_large_string(of) or types.is_string_view(of)
    return values.dictionary_encode() if text else values


def _joined(pieces: list[Any]) -> Any:
    if not pieces:
        return np.empty(0)
    if len(pieces) == 1:
        return pieces[0]
    if not hasattr(pieces[0], "null_count"):
        return np.concatenate([np.asarray(piece) for piece in pieces])
    pa = pyarrow("columns of Arrow")
    if len({str(piece.type) for piece in pieces}) > 1 and not any(map(_is_coded, pieces)):
        pieces = [piece.cast(pa.float64()) for piece in pieces]
    whole = pa.chunked_array(pieces)
    return whole.unify_dictionaries() if _is_coded(pieces[0]) else whole


def _is_coded(values: Any) -> bool:
    return bool(pyarrow("keys of Arrow").types.is_dictionary(values.type))


def integers_of(column: Any) -> Any:
    """Return texts as integers if all are written as these are, so that 007 stays a text."""
    if not hasattr(column, "null_count") or not _is_coded(column):
        return column
    pa = pyarrow("keys of Arrow")
    chunks = column.chunks if hasattr(column, "chunks") else [column]
    words = {word for chunk in chunks for word in chunk.dictionary.to_pylist()}
    if not all(word.lstrip("-").isdecimal() and str(int(word)) == word for word in words):
        return column
    try:
        return pa.chunked_array(
            [chunk.dictionary.cast(pa.int64()).take(chunk.indices) for chunk in chunks], pa.int64()
        )
    except pa.ArrowInvalid:  # beyond 64 bits
        return column


def truths_of(column: Any, name: str) -> Any:
    """Return texts as numbers, true and false as 1 and 0; raise where one is none of these."""
    if not hasattr(column, "null_count") or not _is_coded(column):
        return column
    pa = pyarrow("columns of Arrow")
    chunks = column.chunks if hasattr(column, "chunks") else [column]
    numbers = [
        pa.array([_truth(word, name) for word in chunk.dictionary.to_pylist()], pa.float64())
        for chunk in chunks
    ]
    return pa.chunked_array(
        [of_words.take(chunk.indices) for of_words, chunk in zip(numbers, chunks, strict=True)], pa.float64()
    )


def _truth(word: str, name: str) -> float:
    try:
        return _TRUTHS[word.lower()] if word.lower() in _TRUTHS else float(word)
    except ValueError:
        raise SampleError(
            f"event ({name}) holds {word!r}: write true or 1 where a value was seen exactly, false or 0"
            " where it lies above"
        ) from None
