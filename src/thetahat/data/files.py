"""The rows of files, one after another, as a table."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from thetahat.data import arrow_files, csv_files, numpy_files
from thetahat.data.columns import the_column
from thetahat.data.formats import Format
from thetahat.data.paths import File, find_files
from thetahat.errors import ParameterError

__all__ = ["FilesTable"]

Path = str | os.PathLike[str]

_OF_NUMPY = ("npy", "npz")


class FilesTable:
    """The rows of some files.

    Parameters
    ----------
    source : path or sequence of paths
        Paths, globs, directories or URIs.
    options : Format
        What their names do not tell.
    where : pyarrow.compute.Expression, optional
        Which rows to keep.
    """

    decodes = True

    def __init__(self, source: Path | Sequence[Path], options: Format, where: Any = None) -> None:
        paths = [source] if isinstance(source, str | os.PathLike) else list(source)
        self.name = str(paths[0]) if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
        self.files = find_files(paths)
        self._options, self._where = options, where
        self._formats = [options.of(file) for file in self.files]
        self._starts: list[int] = []  # of the files that have been read: the index of the first row
        for file, found in zip(self.files, self._formats, strict=True):
            if where is not None and found in _OF_NUMPY:
                raise ParameterError(f"where is for columns by name, which {file.name} does not have")

    def columns(self) -> list[str]:
        """Return the names of the first file's columns, none of an array."""
        file, found = self.files[0], self._formats[0]
        return [] if found in _OF_NUMPY else self._arrow(file, found).names()

    def check_columns(self, columns: Sequence[str | None]) -> None:
        """Raise if the first file has no such column."""
        if self._formats[0] not in _OF_NUMPY:
            names = self.columns()
            for column in columns:
                the_column(self.files[0].name, column, names)

    def check(self) -> None:
        """Raise if a file is not as it was when it was found."""
        for file in self.files:
            file.check()

    def locate(self, index: int) -> str:
        """Return the file, and the place among its rows that are kept; nothing where there is one file."""
        if len(self.files) == 1 or not self._starts:
            return ""
        place = bisect_right(self._starts, index) - 1
        return f" (row {index - self._starts[place]} of {self.files[place].name})"

    @property
    def expected(self) -> int | None:
        """Number of rows, exact or nearly so; None if only reading them could tell."""
        total = 0
        for file, found in zip(self.files, self._formats, strict=True):
            rows = self._expected_of(file, found)
            if rows is None:
                return None
            total += rows
        return total

    def _expected_of(self, file: File, found: str) -> int | None:
        if found == "npy":
            with file.open() as stream:
                return numpy_files.expected_rows(file.name, stream)
        return None if found == "npz" or self._where is not None else self._arrow(file, found).expected()

    @property
    def of_text(self) -> bool:
        """Whether all that the files hold is written as text."""
        return all(found in ("csv", "tsv") for found in self._formats)

    def read(
        self, columns: Sequence[str | None], keys: Sequence[str] = ()
    ) -> Generator[list[Any], None, None]:
        """Yield blocks of columns of numbers, and of keys, as arrays of NumPy or Arrow."""
        first = 0
        starts: list[int] = []
        self._starts = starts
        for file, found in zip(self.files, self._formats, strict=True):
            starts.append(first)
            for block in self._of_file(file, found, columns, keys, first):
                yield block
                first += len(block[0])

    def _of_file(
        self, file: File, found: str, columns: Sequence[str | None], keys: Sequence[str], first: int
    ) -> Iterator[list[Any]]:
        if found in _OF_NUMPY:
            read = numpy_files.read_npy if found == "npy" else numpy_files.read_npz
            with file.open() as stream:
                yield from read(file.name, stream, [*columns, *keys])
        else:
            yield from self._arrow(file, found).read(columns, keys, self._where, first)

    def _arrow(self, file: File, found: str) -> arrow_files.ArrowFile:
        if found in ("csv", "tsv"):
            return csv_files.CsvFile(file, self._options, found)
        return arrow_files.KINDS[found](file)
