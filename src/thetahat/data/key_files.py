"""Columns of a file as keys of groups: of Parquet as they are typed there, of CSV integers or text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from thetahat.data.files import csv_header, excerpt, find_column, import_pyarrow
from thetahat.errors import ParameterError, SampleError

__all__ = ["read_keys"]


def read_keys(path: Path, columns: Sequence[str]) -> dict[str, Any]:
    """Return columns of a file by name, as Arrow columns.

    Raises
    ------
    ParameterError
        If the file has no such column, or no columns at all.
    SampleError
        If the file is damaged.
    MissingExtraError
        If pyarrow is not installed.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("csv", "parquet"):
        raise ParameterError(f"{path} has no columns for --by: keys are columns of .csv and .parquet files")
    pa = import_pyarrow(kind)
    try:
        return _of_csv(path, columns, pa) if kind == "csv" else _of_parquet(path, columns, pa)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise SampleError(f"cannot read {path}: {excerpt(error)}") from error


def _of_parquet(path: Path, columns: Sequence[str], pa: Any) -> dict[str, Any]:
    with pa.parquet.ParquetFile(path, page_checksum_verification=True) as file:
        names = [find_column(path, column, file.schema_arrow.names) for column in columns]
        table = file.read(columns=names)
        return {name: table.column(name) for name in names}


def _of_csv(path: Path, columns: Sequence[str], pa: Any) -> dict[str, Any]:
    blank, header = csv_header(path)
    names = [find_column(path, column, header) for column in columns]
    table = pa.csv.read_csv(
        path,
        pa.csv.ReadOptions(skip_rows=blank),
        pa.csv.ParseOptions(ignore_empty_lines=len(header) > 1),
        pa.csv.ConvertOptions(
            include_columns=list(dict.fromkeys(names)),
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
        ),
    )
    return {name: _integers(table.column(name), pa) for name in names}


def _integers(column: Any, pa: Any) -> Any:
    """Return a column of words as integers if all are written as these are, so that 007 stays text."""
    words = column.unique().to_pylist()
    written = all(word is None or (word.lstrip("-").isdecimal() and str(int(word)) == word) for word in words)
    try:
        return column.cast(pa.int64()) if written else column
    except pa.ArrowInvalid:  # beyond 64 bits
        return column
