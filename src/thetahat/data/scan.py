"""Rows where they lie: files of any size, and tables of other libraries, as a source of rows."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.data.scan_censored import LimitColumns, ScannedCensored
from thetahat.data.scanned import ScannedSource
from thetahat.data.source import ArraySource, Source
from thetahat.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from thetahat.data.engines import Engine
    from thetahat.data.formats import Format
    from thetahat.data.libraries import Table

__all__ = ["scan"]

Path = str | os.PathLike[str]


def scan(
    source: Path | Sequence[Path] | ArrayLike | Callable[[], Iterable[Any]] | Any,
    column: str | None = None,
    *,
    weights: str | None = None,
    upper: str | None = None,
    event: str | None = None,
    truncated: tuple[float | str, float | str] = (-math.inf, math.inf),
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
        * a DataFrame, Series or one-dimensional Array of Dask, or a DataFrame of Spark: its partitions are
          reduced where they lie, by the engine's own workers, which need thetahat too;
        * an array, a memory-mapped one of NumPy, which is read by its file's name, or any other sample that
          `fit` takes;
        * a function that returns an iterator of blocks each time that it is called: arrays, or with `column`
          dicts of arrays, data frames or Arrow batches; or such an iterator, which can be read once.
    column : str, optional
        The column of the rows; not needed where there is one. Columns of a CSV file without a header are
        called ``"f0"``, ``"f1"``, ...
    weights : str, optional
        A column of weights, as in `fit`.
    upper, event : str, optional
        A column of upper limits, or of events, of rows whose lower limits are in `column`, as of `Censored`.
        All rows are held in memory then.
    truncated : pair of float or str, default (-inf, inf)
        Numbers or columns, as of `Censored`.
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
    ClusterError
        When rows are read: if Dask or Spark gives up on its tasks.
    MissingExtraError
        If pyarrow, Dask or Spark is needed and not installed.

    Notes
    -----
    The order of rows is that of the files by name, and of the rows in each; of another library, its own.
    Checksums of Parquet pages are verified where there are some.

    Of Dask and Spark it is the order of ``compute()`` and ``collect()``: Dask sorts the files of a directory
    so that part.10 comes after part.9, Spark orders partitions by the sizes of the splits of files. In that
    order the result has the bits of the array, whatever the partitions, the workers and the retries. A first
    round counts the rows of each partition; then there are as many rounds as passes, in which each sends back
    some kB, and one for start values. Each shows by a hash that its rows are those of the first round: a
    collection whose tasks draw or reorder rows is an error, until it is persisted. Persisted ones are also
    read once instead of in each round. What needs all rows in one place (`Fit.gof`, Q-Q plots, `SGD`,
    `Online` without sufficient statistics) is refused; ``s.sample(k)`` gives it k of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> import thetahat as th
    >>> blocks = lambda: (np.random.default_rng(month).weibull(1.5, 1000) for month in range(12))
    >>> th.fit(th.scan(blocks), "weibull").n
    12000
    """
    from thetahat.data.formats import Format  # what reads files is imported by those who do

    options = Format(format, delimiter, decimal, header, comment)
    limits = LimitColumns(upper, event, truncated)
    cluster = _cluster(source, where, options)
    if cluster is not None:
        if limits:
            raise ParameterError(
                "upper, event and truncated are not supported for rows in partitions of a cluster: pass the"
                " columns of s.sample(k), k of its rows, or of files, to th.Censored"
            )
        return _cluster_source(cluster, column, weights)
    table = _table(source, where, options)
    if table is not None and limits:
        names = [column, *limits.of_numbers, *(name for name in (weights, event) if name is not None)]
        table.check_columns(names)
        return ScannedCensored(table, column, weights, limits)
    if table is not None:
        table.check_columns([column] if weights is None else [column, weights])
        return ScannedSource(table, column, weights)
    if column is not None or weights is not None or limits:
        raise ParameterError(
            f"a {type(source).__name__} has no columns by name: leave column and weights out, and pass"
            " weights to the fit; limits, events and truncation go to Censored"
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


def _cluster(source: Any, where: Any, options: Format) -> Engine | None:
    """Return what reaches the partitions of a collection of Dask or Spark; None of another source."""
    library = type(source).__module__.partition(".")[0]
    if library not in ("dask", "pyspark"):
        return None
    options.reject_given()
    if where is not None:
        raise ParameterError(
            f"where is for files and tables of Arrow: filter this {type(source).__name__} itself, and scan"
            " what is left"
        )
    if library == "dask":
        from thetahat.data.dask_engine import DaskEngine

        return DaskEngine(source)
    from thetahat.data.spark_engine import SparkEngine

    return SparkEngine(source)


def _cluster_source(engine: Engine, column: str | None, weights: Any) -> Source:
    from thetahat.data.cluster import ClusterSource

    if weights is not None and not isinstance(weights, str):
        raise ParameterError(
            f"weights must name a column of {engine.name}, got a {type(weights).__name__}: rows of two tables"
            " have no common order; join the weights to the rows first"
        )
    return ClusterSource(engine, engine.column(column), None if weights is None else engine.column(weights))


def _are_paths(source: Any) -> bool:
    return (
        isinstance(source, list | tuple)
        and len(source) > 0
        and all(isinstance(path, str | os.PathLike) for path in source)
    )
