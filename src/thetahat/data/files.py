"""One column of a file as a sample: CSV and Parquet (through pyarrow), and .npy."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.data.arrays import as_rows
from thetahat.errors import MissingExtraError, ParameterError, SampleError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["read_column", "read_weighted"]

_LISTED = 20  # columns that an error names


def read_column(path: str | Path, column: str | None = None, missing: str = "raise") -> tuple[Array, int]:
    """Read one column of a file.

    Parameters
    ----------
    path : str or Path
        A .csv or .parquet file, of which that column alone is kept in memory, or a one-dimensional .npy file.
    column : str, optional
        Name of the column; a .npy file has none.
    missing : {"raise", "omit"}, default "raise"
        What to do with nulls, empty fields, "NA" and NaN: raise an error, or leave those rows out.

    Returns
    -------
    values : ndarray of float64, shape (n,), n >= 1
        Contiguous and finite.
    omitted : int
        How many rows were left out.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ParameterError
        If the kind of file is not known, or the column is not in it.
    SampleError
        If the file is damaged, or the column has no rows, or holds what is not a finite number and not to be
        left out: how many such values, and where the first is.
    MissingExtraError
        If pyarrow is needed and not installed.
    """
    values, _, omitted = read_weighted(path, column, None, missing)
    return values, omitted


def read_weighted(
    path: str | Path, column: str | None, weights: str | None, missing: str = "raise"
) -> tuple[Array, Array | None, int]:
    """Read one column of a file as `read_column` does, and a column of weights of the same rows.

    Returns
    -------
    values, weights : ndarray of float64, shape (n,), n >= 1
        Without the rows that have no value, which need no weight; weights are None where no column of them is
        named.
    omitted : int
        How many rows were left out.
    """
    if missing not in ("raise", "omit"):
        raise ParameterError(f'missing must be "raise" or "omit", got {missing!r}')
    path = Path(path)
    values, *of_rows = _read(path, [column] if weights is None else [column, weights])
    gaps = _gaps(values, _where(path, column), missing)
    for given in of_rows:
        _reject_weights(given, gaps, _where(path, weights))
    if gaps.any():
        values, of_rows = values[~gaps], [given[~gaps] for given in of_rows]
    return values, of_rows[0] if of_rows else None, int(np.count_nonzero(gaps))


def _read(path: Path, columns: Sequence[str | None]) -> list[Array]:
    """Return all rows of columns, NaN where they have no value."""
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise ParameterError(f"cannot tell how to read {path}: its name must end in {', '.join(_READERS)}")
    with path.open("rb"):  # a file that is not there gets Python's own error, whoever reads it
        pass
    return read(path, columns)


def _where(path: Path, column: str | None) -> str:
    return str(path) if column is None else f"column {column!r} of {path}"


def _gaps(values: Array, where: str, missing: str) -> NDArray[np.bool_]:
    """Return which rows have no value; raise if that is an error, or if values are infinite."""
    if values.size == 0:
        raise SampleError(f"{where} has no rows")
    _reject(np.isinf(values), f"{where} holds {{}} infinite value(s), the first at index {{}}")
    gaps = np.isnan(values)
    if missing == "raise":
        hint = 'missing="omit" (--missing omit) leaves them out'
        _reject(gaps, f"{where} holds {{}} missing value(s), the first at index {{}}; {hint}")
    if gaps.all():
        raise SampleError(f"{where} has no values: all {gaps.size} rows are missing", 0, gaps.size)
    return gaps


def _reject_weights(weights: Array, gaps: NDArray[np.bool_], where: str) -> None:
    """Raise if a row with a value has no finite weight."""
    _reject(np.isinf(weights) & ~gaps, f"{where} holds {{}} infinite weight(s), the first at index {{}}")
    hint = "use weight 0 to leave a row out"
    _reject(
        np.isnan(weights) & ~gaps,
        f"{where} holds {{}} missing weight(s) of rows with a value, the first at index {{}}; {hint}",
    )


def _reject(bad: NDArray[np.bool_], message: str) -> None:
    if bad.any():
        count, first = int(np.count_nonzero(bad)), int(np.argmax(bad))
        raise SampleError(message.format(count, first), first, count)


def _read_npy(path: Path, columns: Sequence[str | None]) -> list[Array]:
    named = [column for column in columns if column is not None]
    if named:
        raise ParameterError(f"{path} holds one array without columns; leave column {named[0]!r} out")
    with path.open("rb") as file:
        try:
            return [as_rows(np.lib.format.read_array(file, allow_pickle=False))]
        except (TypeError, ValueError, TokenError) as error:  # the last from a damaged header
            raise SampleError(f"{path}: {error}") from error


def _read_parquet(path: Path, columns: Sequence[str | None]) -> list[Array]:
    pa = _pyarrow("parquet")
    try:
        with pa.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            names = [_the_column(path, column, file.schema_arrow.names) for column in columns]
            table = file.read(columns=names)
            return [_numbers(path, name, table.column(name), pa) for name in names]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise SampleError(f"cannot read {path}: {error}") from error


def _numbers(path: Path, name: str, values: Any, pa: Any) -> Array:
    """Return a column of a Parquet file as an array; raise if it does not contain numbers."""
    of, types = values.type, pa.types
    if not (types.is_integer(of) or types.is_floating(of) or types.is_decimal(of) or types.is_null(of)):
        raise SampleError(f"column {name!r} of {path} holds {of}, not numbers")
    try:
        return _as_float64(values, pa)
    except pa.ArrowException as error:  # such as an integer beyond 2**53
        raise SampleError(f"column {name!r} of {path} does not fit into float64: {error}") from error


def _read_csv(path: Path, columns: Sequence[str | None]) -> list[Array]:
    pa = _pyarrow("csv")
    header = _csv_header(path)
    names = [_the_column(path, column, header) for column in columns]

    def read(as_type: Any, threads: bool) -> Any:
        return pa.csv.read_csv(
            path,
            pa.csv.ReadOptions(use_threads=threads),
            # In a file of one column an empty line is a missing value.
            pa.csv.ParseOptions(ignore_empty_lines=len(header) > 1),
            # Types are explicit: inference reads the first megabyte only.
            pa.csv.ConvertOptions(
                include_columns=list(dict.fromkeys(names)),
                column_types=dict.fromkeys(names, as_type),
                strings_can_be_null=True,
            ),
        )

    try:
        table = read(pa.float64(), threads=True)
    except pa.ArrowException as error:
        raise _csv_fault(path, names, read, pa, error) from error
    return [_as_float64(table.column(name), pa) for name in names]


def _csv_fault(
    path: Path, names: Sequence[str], read: Callable[..., Any], pa: Any, fault: Exception
) -> SampleError:
    """Read an invalid file again, without threads, to find the number and the place of invalid values."""
    try:
        table = read(pa.string(), threads=False)
        for name in names:
            words = table.column(name).to_pylist()
            bad = [index for index, word in enumerate(words) if not _is_number(word)]
            if bad:
                return SampleError(
                    f"column {name!r} of {path} holds {len(bad)} value(s) that are not numbers,"
                    f" the first at index {bad[0]}: {words[bad[0]]!r}",
                    bad[0],
                    len(bad),
                )
        read(pa.float64(), threads=False)  # Python's idea of a number is wider than Arrow's
    except pa.ArrowException as error:
        fault = error
    return SampleError(f"cannot read {path}: {fault}")


def _csv_header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            return next(csv.reader(file))
        except StopIteration:
            raise SampleError(f"{path} is empty") from None
        except csv.Error as error:
            raise SampleError(f"cannot read the header of {path}: {error}") from error


def _is_number(word: str | None) -> bool:
    try:
        float(word or "nan")
    except ValueError:
        return False
    return True


def _as_float64(values: Any, pa: Any) -> Array:
    """Return an Arrow column as an array, NaN where it is null.

    Arrow's `to_numpy` and `scalar` import pandas where it is installed, which takes longer than most fits.
    """
    nan = pa.Array.from_buffers(pa.float64(), 1, [None, pa.py_buffer(np.array([np.nan]))])[0]
    filled = values.cast(pa.float64()).fill_null(nan).combine_chunks()
    array: Array = np.from_dlpack(filled)  # type: ignore[assignment]
    return array


def _the_column(path: Path, column: str | None, names: Sequence[str]) -> str:
    """Return the column's name if the file has one column of that name."""
    listed = ", ".join(map(repr, names[:_LISTED]))
    if len(names) > _LISTED:
        listed += f" and {len(names) - _LISTED} more"
    if column is None:
        raise ParameterError(f"which column of {path} (--column)? It has {listed}")
    if column not in names:
        from difflib import get_close_matches

        near = get_close_matches(column, names, n=1)
        hint = f"did you mean {near[0]!r}? It" if near else "it"
        raise ParameterError(f"{path} has no column {column!r}; {hint} has {listed}")
    if names.count(column) > 1:
        raise ParameterError(f"{path} has {names.count(column)} columns of the name {column!r}")
    return column


def _pyarrow(module: str) -> Any:
    from importlib import import_module

    try:
        import_module(f"pyarrow.{module}")
        return import_module("pyarrow")
    except ImportError as error:
        raise MissingExtraError(f'.{module} files need pyarrow: pip install "thetahat[cli]"') from error


_READERS: dict[str, Callable[[Path, Sequence[str | None]], list[Array]]] = {
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".npy": _read_npy,
}
