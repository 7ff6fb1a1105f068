"""Rows where they lie: files of any size, and tables of other libraries, as a source of rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._core import Rows
from thetahat.data.ahead import ahead
from thetahat.data.arrays import weigh
from thetahat.data.columns import printable, pyarrow
from thetahat.data.containers import rows_in
from thetahat.data.held import Held, integers_of
from thetahat.data.source import ArraySource, Source
from thetahat.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from thetahat.data.formats import Format
    from thetahat.data.libraries import Table

__all__ = ["scan"]

_OMIT = "omit"
Path = str | os.PathLike[str]


class ScannedSource(Source):
    """Columns of a table, read anew in each pass."""

    def __init__(self, table: Table, column: str | None, weights: str | None, omit: bool = False) -> None:
        self._table, self._column, self._weights, self.omit = table, column, weights, omit
        self.what = _named(table, column)
        self.what_weights = _named(table, weights)
        self._other: ScannedSource | None = None
        self._follow: Callable[[int], object] | None = None

    def with_policy(self, nan_policy: str) -> Source:
        """Return the same rows under a policy for NaN and null ones."""
        if self.omit == (nan_policy == _OMIT):
            return self
        if self._other is None:
            self._other = ScannedSource(self._table, self._column, self._weights, not self.omit)
            self._other._follow = self._follow
        return self._other

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        return self._weights is not None

    def follow(self, told: Callable[[int], object]) -> None:
        """Let a function be told how many rows each block has."""
        self._follow = told

    def _blocks(self, by: Sequence[str] = ()) -> Iterator[list[Any]]:
        """Yield blocks of the rows, their weights and keys, of a table that stays as it is."""
        columns = [self._column] if self._weights is None else [self._column, self._weights]
        self._table.check()
        found = self._table.read(columns, by)
        with closing(ahead(found) if self._table.decodes else found) as blocks:
            yield from blocks
        self._table.check()

    def _read(self) -> Iterator[Rows]:
        for values, *of_rows in self._blocks():
            chunks = rows_in(values, self.what, self.omit)
            for given in of_rows:
                of_kept = _weightless_where_null(given, values) if self.omit else given
                by_chunk = rows_in(of_kept, self.what_weights, omit_nan=False)
                chunks = weigh(chunks, by_chunk, self.what_weights, self.what)
            yield from chunks
            if self._follow is not None:
                self._follow(sum(chunk.n for chunk in chunks))

    def held(self, by: Sequence[str]) -> tuple[Any, dict[str, Any], Any]:
        """Return the rows, their keys by column, and their weights, in memory; raise where it has no room."""
        held = Held(self.what, 1 + self.weighted + len(by))
        for block in self._blocks(by):
            held.add(block)
        rows, *rest = held.columns()
        weights = None if self._weights is None else rest.pop(0)
        if self._table.of_text:
            rest = [integers_of(column) for column in rest]
        return rows, dict(zip(by, rest, strict=True)), weights

    def locate(self, index: int) -> str:
        """Return where the row of this index lies, for errors; nothing where the index says all."""
        return printable(self._table.locate(index))

    def __repr__(self) -> str:
        weights = "" if self._weights is None else f", weights={self._weights!r}"
        return f"<Source: {self.what}{weights}>"


def _weightless_where_null(weights: Any, values: Any) -> Any:
    """Return columns of Arrow's weights that are 0 where a row has no value, and needs no weight."""
    if not hasattr(values, "null_count") or not hasattr(weights, "null_count"):
        return weights
    compute = pyarrow("null rows", "compute")
    return compute.if_else(compute.is_null(values, nan_is_null=True), 0, weights)


def _named(table: Table, column: str | None) -> str:
    return printable(table.name if column is None else f"column {column!r} of {table.name}")


def scan(
    source: Path | Sequence[Path] | ArrayLike | Callable[[], Iterable[Any]] | Any,
    column: str | None = None,
    *,
    weights: str | None = None,
    where: Any = None,
    format: str | None = None,  # noqa: A002 - the name that such functions have
    delimiter: str | None = None,
    decimal: str = ".",
    header: bool = True,
    comment: str | None = None,
) -> Source:
    """Return the rows of a file, of many files or of another library's table, to be read where they lie.

    Nothing is read but what says which columns there are. Each pass of a fit reads the column anew, in blocks
    that a thread decodes ahead, so that memory holds a few blocks whatever the size of the file.

    Parameters
    ----------
    source
        One of

        * a path, a glob such as ``"claims/*.parquet"``, a list of paths, a directory (partitioned by
          ``key=value`` or not), or a URI of a file system of pyarrow (``s3://``, ``gs://``, ``hdfs://``):
          Parquet, CSV, JSON with a row in each line, Arrow IPC (Feather), .npy, .npz; text may be compressed
          (.gz, .bz2, .zst);
        * a Dataset, Table or RecordBatch of pyarrow, a DataFrame or LazyFrame of polars, a DataFrame of
          pandas, a relation of DuckDB;
        * an array, a memory-mapped one of NumPy, which is read by its file's name, or any other sample that
          `fit` takes;
        * a function that returns an iterator of blocks each time that it is called: arrays, or with `column`
          dicts of arrays, data frames or Arrow batches; or such an iterator, which can be read once.
    column : str, optional
        The column of the rows; not needed where there is one. Columns of a CSV file without a header are
        called ``"f0"``, ``"f1"``, ...
    weights : str, optional
        A column of weights, as in `fit`.
    where : pyarrow.compute.Expression or str, optional
        Which rows to keep, such as ``pc.field("year") > 2020`` or ``"year > 2020 and carrier in ('AA',
        'DL')"`` (comparisons, ``in``, ``is null``, joined by ``and``, ``or``, ``not``); of files and tables
        of Arrow alone. Row groups and partitions that hold none of them are not read.
    format : {"parquet", "csv", "tsv", "json", "arrow", "npy", "npz"}, optional
        The format of files; by default, their names tell.
    delimiter, decimal : str, optional
        What separates columns of CSV (by default a comma, in .tsv files a tab), and the decimal mark.
    header : bool, default True
        Whether the first line of CSV has the names of the columns.
    comment : str, optional
        What begins lines of CSV that are left out, such as ``"#"``.

    Returns
    -------
    Source

    Raises
    ------
    OSError
        If a file cannot be opened.
    ParameterError
        If there is no such file or column, or it is not known how to read it.
    SampleError
        When rows are read: if a file is damaged or has changed since the pass before, a column holds no
        numbers, or memory has no room for what needs all rows at once.
    MissingExtraError
        If pyarrow is needed and not installed.

    Notes
    -----
    The order of rows is that of the files by name, and of the rows in each; of another library, its own.
    Checksums of Parquet pages are verified where there are some.

    Examples
    --------
    >>> import numpy as np
    >>> import thetahat as th
    >>> blocks = lambda: (np.random.default_rng(month).weibull(1.5, 1000) for month in range(12))
    >>> th.fit(th.scan(blocks), "weibull").n
    12000
    """
    from thetahat.data.formats import Format  # what reads files is imported by those who do

    table = _table(source, where, Format(format, delimiter, decimal, header, comment))
    if table is not None:
        table.check_columns([column] if weights is None else [column, weights])
        return ScannedSource(table, column, weights)
    if column is not None or weights is not None:
        raise ParameterError(
            f"a {type(source).__name__} has no columns by name: leave column and weights out, and pass"
            " weights to the fit"
        )
    return ArraySource(source)  # type: ignore[arg-type]


def _table(source: Any, where: Any, options: Format) -> Table | None:
    """Return the table that a source is; None of a sample in memory."""
    from thetahat.data.files import FilesTable
    from thetahat.data.libraries import table_of
    from thetahat.data.numpy_files import memmap_table
    from thetahat.data.where import parse_where

    if isinstance(where, str):
        where = parse_where(where)
    if isinstance(source, str | os.PathLike) or _are_paths(source):
        return FilesTable(source, options, where)
    options.reject_given()
    if isinstance(source, Source):
        raise ParameterError("this is a source already")
    table = table_of(source, where)
    return memmap_table(source) if table is None and isinstance(source, np.memmap) else table


def _are_paths(source: Any) -> bool:
    return (
        isinstance(source, list | tuple)
        and len(source) > 0
        and all(isinstance(path, str | os.PathLike) for path in source)
    )
