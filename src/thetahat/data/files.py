"""One column of a file as a sample: CSV and Parquet (through pyarrow), and .npy."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.data.arrays import as_rows
from thetahat.errors import MissingExtraError, ParameterError, SampleError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "csv_header",
    "excerpt",
    "find_column",
    "import_pyarrow",
    "printable",
    "read_column",
    "read_weighted",
    "read_with_gaps",
]

_LISTED = 20  # columns that an error names
_SHOWN = 500  # characters of a file, or of a library's error, that an error shows


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
    values, of_rows, gaps = read_with_gaps(path, column, weights, missing)
    if gaps.any():
        values, of_rows = values[~gaps], None if of_rows is None else of_rows[~gaps]
    return values, of_rows, int(np.count_nonzero(gaps))


def read_with_gaps(
    path: str | Path, column: str | None, weights: str | None, missing: str
) -> tuple[Array, Array | None, NDArray[np.bool_]]:
    """Read as `read_weighted` does, and keep the rows without a value, which are NaN; say which they are."""
    path = Path(path)
    values, *of_rows = _read(path, [column] if weights is None else [column, weights])
    gaps = _gaps(values, _where(path, column), missing)
    for given in of_rows:
        _reject_weights(given, gaps, _where(path, weights))
    return values, of_rows[0] if of_rows else None, gaps


def _read(path: Path, columns: Sequence[str | None]) -> list[Array]:
    """Return all rows of columns, NaN where they have no value."""
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise ParameterError(f"cannot tell how to read {path}: its name must end in {', '.join(_READERS)}")
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ParameterError(f"{path} is not a regular file: a pipe or a device cannot be read")
    try:
        with path.open("rb"):  # a file that is not there gets Python's own error, whoever reads it
            pass
    except ValueError as error:  # a NUL in the name
        raise ParameterError(f"{str(path)!r} is no path: {error}") from error
    try:
        return read(path, columns)
    except MemoryError as error:
        raise MemoryError(f"not enough memory to read {path}: {excerpt(error)}") from error


def printable(text: object) -> str:
    """Return text without what a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in str(text))


def excerpt(text: object) -> str:
    """Return what an error shows of a file, or of a library's error with the content of a file."""
    return printable(str(text)[:_SHOWN]) + "..." * (len(str(text)) > _SHOWN)


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
        except MemoryError:
            raise
        except Exception as error:  # the header is a text that NumPy evaluates: it may raise anything
            raise SampleError(f"{path}: {excerpt(error)}") from error


def _read_parquet(path: Path, columns: Sequence[str | None]) -> list[Array]:
    pa = import_pyarrow("parquet")
    try:
        with pa.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            names = [find_column(path, column, file.schema_arrow.names) for column in columns]
            table = file.read(columns=names)
            return [_numbers(path, name, table.column(name), pa) for name in names]
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise SampleError(f"cannot read {path}: {excerpt(error)}") from error


def _numbers(path: Path, name: str, values: Any, pa: Any) -> Array:
    """Return a column of a Parquet file as an array; raise if it does not contain numbers."""
    of, types = values.type, pa.types
    if not (types.is_integer(of) or types.is_floating(of) or types.is_decimal(of) or types.is_null(of)):
        raise SampleError(f"column {name!r} of {path} holds {of}, not numbers")
    try:
        numbers = _as_float64(values, pa)
    except MemoryError:
        raise
    except pa.ArrowException as error:  # such as an integer beyond 2**53
        raise SampleError(f"column {name!r} of {path} does not fit into float64: {error}") from error
    if types.is_decimal(of):
        _reject_rounded(numbers, values, pa, _where(path, name))
    return numbers


def _read_csv(path: Path, columns: Sequence[str | None]) -> list[Array]:
    pa = import_pyarrow("csv")
    blank, header = csv_header(path)
    names = [find_column(path, column, header) for column in columns]

    def read(as_type: Any, threads: bool) -> Any:
        return pa.csv.read_csv(
            path,
            pa.csv.ReadOptions(use_threads=threads, skip_rows=blank),
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
    except MemoryError:
        raise
    except pa.ArrowException as error:
        raise _csv_fault(path, names, read, pa, error) from error
    numbers = [_as_float64(table.column(name), pa) for name in names]
    if any(_far(values).size for values in numbers):
        words = read(pa.string(), threads=True)
        for name, values in zip(names, numbers, strict=True):
            _reject_rounded(values, words.column(name), pa, _where(path, name))
    return numbers


def _far(numbers: Array) -> NDArray[np.intp]:
    """Return the places of numbers between which not every integer is a double."""
    far = np.flatnonzero((numbers >= 2.0**53) | (numbers <= -(2.0**53)))
    return far[np.isfinite(numbers[far])]


def _reject_rounded(numbers: Array, written: Any, pa: Any, where: str) -> None:
    """Raise if integers, written without point or exponent or as decimals, were rounded."""
    far = _far(numbers)
    pairs = zip(far.tolist(), written.take(pa.array(far)).to_pylist(), strict=True)
    rounded = [(i, value) for i, value in pairs if _is_rounded(str(value).strip(), float(numbers[i]))]
    if rounded:
        first, value = rounded[0]
        raise SampleError(
            f"{where} holds {len(rounded)} integer(s) that float64 cannot hold exactly, the first at index"
            f" {first}: {value}; write them with a decimal point if rounding is what you want",
            first,
            len(rounded),
        )


def _is_rounded(word: str, number: float) -> bool:
    """Whether a word is an integer, and not this number."""
    return word.lstrip("+-").isdigit() and Decimal(word) != Decimal(number)


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
                    f"{_where(path, name)} holds {len(bad)} value(s) that are not numbers,"
                    f" the first at index {bad[0]}: {words[bad[0]][:_SHOWN]!r}",
                    bad[0],
                    len(bad),
                )
        read(pa.float64(), threads=False)  # Python's idea of a number is wider than Arrow's
    except pa.ArrowException as error:
        fault = error
    return SampleError(f"cannot read {path}: {excerpt(fault)}")


def csv_header(path: Path) -> tuple[int, list[str]]:
    """Return the number of blank lines, and the names in the first line after them."""
    with path.open("rb") as file:
        if kind := _other_kind(file.read(_BEGINNING)):
            raise SampleError(f"{path} is {kind}, not text in UTF-8 with one row in a line")
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            for blank, names in enumerate(csv.reader(file)):
                if len(names) > 1 or "".join(names).strip():
                    return blank, names
        except csv.Error as error:
            raise SampleError(f"cannot read the header of {path}: {error}") from error
    raise SampleError(f"{path} is empty")


def _other_kind(beginning: bytes) -> str | None:
    """Return what kind of file begins so, where that is known not to be a CSV file."""
    for magic, kind in _MAGIC.items():
        if beginning.startswith(magic) and (b"\0" in beginning or not magic.isascii()):
            return kind
    return "binary, or text in UTF-16" if 4 * beginning.count(0) > len(beginning) else None


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


def find_column(path: Path, column: str | None, names: Sequence[str]) -> str:
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


def import_pyarrow(module: str) -> Any:
    """Return pyarrow with this module of it; raise where it is not installed."""
    from importlib import import_module

    try:
        import_module(f"pyarrow.{module}")
        return import_module("pyarrow")
    except ImportError as error:
        raise MissingExtraError(f'.{module} files need pyarrow: pip install "thetahat[cli]"') from error


_BEGINNING = 4096  # bytes that tell kinds of files apart
_MAGIC = {
    b"\x1f\x8b": "compressed by gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\0": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"PK\x03\x04": "a zip archive or a workbook",
    b"\xd0\xcf\x11\xe0": "a workbook",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\x93NUMPY": "a .npy file",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF file",
    b"SQLite format 3": "an SQLite database",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}

_READERS: dict[str, Callable[[Path, Sequence[str | None]], list[Array]]] = {
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".npy": _read_npy,
}
