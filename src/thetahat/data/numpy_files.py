"""Arrays in files of NumPy, a block at a time: .npy, .npz, and what is mapped to memory."""

from __future__ import annotations

import mmap
import zipfile
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from thetahat.data.columns import excerpt, the_column
from thetahat.data.libraries import ROWS, Steady, Table
from thetahat.errors import ParameterError, SampleError

__all__ = ["expected_rows", "memmap_table", "read_npy", "read_npz"]


def read_npy(name: str, file: IO[bytes], columns: Sequence[str | None]) -> Iterator[list[Any]]:
    """Yield blocks of the array of a .npy file."""
    named = [column for column in columns if column is not None]
    if named:
        raise ParameterError(f"{name} holds one array without columns; leave column {named[0]!r} out")
    dtype, n = _header(name, file)
    for block in _blocks(name, file, dtype, n):
        yield [block for _ in columns]


def read_npz(name: str, file: IO[bytes], columns: Sequence[str | None]) -> Iterator[list[Any]]:
    """Yield blocks of arrays of a .npz file, each array a column."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = {member.removesuffix(".npy"): member for member in archive.namelist()}
            wanted = [the_column(name, column, list(members)) for column in columns]
            streams = {column: archive.open(members[column]) for column in dict.fromkeys(wanted)}
            heads = {column: _header(name, stream) for column, stream in streams.items()}
            sizes = {column: n for column, (_, n) in heads.items()}
            if len(set(sizes.values())) > 1:
                raise SampleError(f"{name} has columns of different lengths: {sizes}")
            blocks = {column: _blocks(name, stream, *heads[column]) for column, stream in streams.items()}
            for _ in range(0, sizes[wanted[0]], ROWS):
                block = {column: next(of_column) for column, of_column in blocks.items()}
                yield [block[column] for column in wanted]
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise SampleError(f"cannot read {name}: {excerpt(error)}") from error


def expected_rows(name: str, file: IO[bytes]) -> int:
    """Return how many values the array of a .npy file has."""
    return _header(name, file)[1]


def _header(name: str, file: IO[bytes]) -> tuple[np.dtype[Any], int]:
    """Return the type and the number of the values that follow."""
    form = np.lib.format
    try:
        version = form.read_magic(file)
        read = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
        shape, _, dtype = read(file)
    except MemoryError:
        raise
    except Exception as error:  # the header is a text that NumPy evaluates: it may raise anything
        raise SampleError(f"{name}: {excerpt(error)}") from error
    if dtype.hasobject:
        raise SampleError(f"{name} holds Python objects, which only a pickle could read; save numbers")
    if len(shape) != 1:
        raise SampleError(f"{name} holds an array of shape {shape}; a sample is one-dimensional")
    return dtype, int(shape[0])


def _blocks(name: str, file: IO[bytes], dtype: np.dtype[Any], n: int) -> Iterator[np.ndarray[Any, Any]]:
    for first in range(0, n, ROWS):
        wanted = min(ROWS, n - first) * dtype.itemsize
        data = file.read(wanted)
        if len(data) < wanted:
            read = first + len(data) // dtype.itemsize
            raise SampleError(f"{name} is cut short: it ends after {read} of its {n} rows")
        yield np.frombuffer(data, dtype)


class MemmapTable(Steady):
    """A memory-mapped array, read by its file's name: a map of a file that is cut would end the process.

    That nobody changes it between two passes is up to those who map it.
    """

    def __init__(self, x: np.memmap[Any, Any]) -> None:
        self.name = str(x.filename)
        self._dtype, self._n, self._offset = x.dtype, x.size, x.offset
        self.expected = x.size

    def read(
        self, columns: Sequence[str | None], keys: Sequence[str] = ()
    ) -> Generator[list[Any], None, None]:
        """Yield the array in blocks."""
        self.check_columns([*columns, *keys])
        with Path(self.name).open("rb") as file:
            file.seek(self._offset)
            for block in _blocks(self.name, file, self._dtype, self._n):
                yield [block]

    def check_columns(self, columns: Sequence[str | None]) -> None:
        """Raise if columns are named, of which there are none."""
        if any(column is not None for column in columns):
            raise ParameterError(f"{self.name} holds one array without columns: leave column and weights out")


def memmap_table(x: np.memmap[Any, Any]) -> Table | None:
    """Return the rows of a memory-mapped array; None of a part of one, or of changes in memory alone."""
    whole = isinstance(x.base, mmap.mmap) and x.ndim == 1 and x.flags.c_contiguous
    return MemmapTable(x) if whole and x.filename is not None and x.mode != "c" else None
