"""Columns of CSV files, in blocks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from thetahat.data.arrow_files import ArrowFile
from thetahat.data.columns import excerpt, has_far, pyarrow, reject_rounded, rounded
from thetahat.data.formats import COMPRESSIONS, Format
from thetahat.data.paths import File
from thetahat.errors import SampleError

__all__ = ["CsvFile"]

_BLOCK = 1 << 20  # bytes
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


class CsvFile(ArrowFile):
    """A CSV file; numbers are read as float64, since its first rows do not tell the type of all."""

    kind = "csv"

    def __init__(self, file: File, options: Format, kind: str) -> None:
        super().__init__(file)
        self._csv, self._options = pyarrow(f"{file.name}: files of the format {kind}", "csv"), options
        self._delimiter = options.delimiter or ("\t" if kind == "tsv" else ",")
        self._blank, self._names = self._head()
        self._exact = False  # whether integers beyond 2**53 have been compared with what is written
        self._types: dict[str, Any] = {}  # of the columns that are read as numbers

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """Open the text, decompressed and without lines of comments."""
        suffix = (self.file.suffixes or [""])[-1]
        with ExitStack() as opened:
            stream = opened.enter_context(self.file.open_arrow())
            if suffix in COMPRESSIONS:
                stream = opened.enter_context(self.pa.CompressedInputStream(stream, COMPRESSIONS[suffix]))
            if self._options.comment is not None:
                without = _WithoutComments(stream, self._options.comment.encode())
                stream = opened.enter_context(io.BufferedReader(without, _BLOCK))
            yield stream

    def _head(self) -> tuple[int, list[str]]:
        """Return the number of blank lines, and the names in the first line after them."""
        name = self.file.name
        with self._open() as stream:
            beginning = stream.read(_BEGINNING)
            if kind := _other_kind(beginning):
                raise SampleError(f"{name} is {kind}, not text in UTF-8 with one row in a line")
            text = _text(beginning, stream)
            try:
                for blank, names in enumerate(csv.reader(text, delimiter=self._delimiter)):
                    if len(names) > 1 or "".join(names).strip():
                        return blank, names if self._options.header else [f"f{i}" for i in range(len(names))]
            except csv.Error as error:
                raise SampleError(f"cannot read the header of {name}: {error}") from error
            finally:
                text.detach()
        raise SampleError(f"{name} is empty")

    def schema(self) -> Any:
        """Return the names of the columns, as numbers."""
        return self.pa.schema([(name, self.pa.float64()) for name in self._names])

    def types(self, schema: Any) -> Any:
        """Return the columns with the types of their first rows: a filter may compare them with texts."""
        del schema
        with self._reader(self._names, None) as reader:
            return reader.schema

    def batches(self, columns: list[str], schema: Any) -> Iterator[Any]:
        """Yield batches: rows as numbers, keys as texts, what a filter compares with its own type."""
        filtered = self._fields_of(self._where, schema)
        self._types = {name: self.pa.float64() for name in self._wanted if name not in filtered}
        words = {name: self.pa.string() for name in self._keys if name not in self._types}
        with self._reader(columns, self._types | words) as reader:
            for batch in reader:
                self._check_exact(batch)
                yield batch

    @contextmanager
    def _reader(self, columns: list[str], types: dict[str, Any] | None) -> Iterator[Any]:
        """Open the file as batches; types are inferred from the first block, or given."""
        options, module = self._options, self._csv
        read = module.ReadOptions(
            block_size=_BLOCK,
            skip_rows=self._blank,
            column_names=None if options.header else self._names,
        )
        # In a file of one column an empty line is a missing value.
        parse = module.ParseOptions(delimiter=self._delimiter, ignore_empty_lines=len(self._names) > 1)
        convert = module.ConvertOptions(
            include_columns=columns,
            column_types=types,
            strings_can_be_null=True,
            decimal_point=options.decimal,
        )
        with self._open() as stream, module.open_csv(stream, read, parse, convert) as reader:
            yield reader

    def _check_exact(self, batch: Any) -> None:
        """Compare integers with what is written, once, where some are so large that floats are rounded."""
        types = self._types
        if self._exact or not any(has_far(batch.column(name)) for name in types):
            return
        self._exact = True
        for name in types:
            found: list[tuple[int, str]] = []
            first = 0
            words = {name: self.pa.string()}
            with self._reader([name], types) as floats, self._reader([name], words) as written:
                for numbers, texts in zip(floats, written, strict=True):
                    found += rounded(numbers.column(0), texts.column(0), first)
                    first += numbers.num_rows
            reject_rounded(found, f"column {name!r} of {self.file.name}")

    def fault(self, error: Exception) -> SampleError:
        """Read the text again, to find the number and the place of what is wrong."""
        try:
            with self._open() as stream:
                for number, fields in enumerate(self._lines(stream), 1):
                    if fields and len(fields) != len(self._names) and number > self._blank:
                        return SampleError(
                            f"cannot read {self.file.name}: row {number} of the text has {len(fields)}"
                            f" field(s), the first one {len(self._names)}:"
                            f" {excerpt(self._delimiter.join(fields))}"
                        )
            for name in self._types:
                if bad := self._no_numbers(name):
                    first, word = bad[0]
                    return SampleError(
                        f"column {name!r} of {self.file.name} holds {len(bad)} value(s) that are not numbers,"
                        f" the first at index {first}: {excerpt(word)!r}",
                        first,
                        len(bad),
                    )
        except (self.pa.ArrowException, csv.Error) as fault:
            error = fault
        return super().fault(error)

    def _lines(self, stream: Any) -> Iterator[list[str]]:
        text = _text(b"", stream)
        yield from csv.reader(text, delimiter=self._delimiter)

    def _no_numbers(self, name: str) -> list[tuple[int, str]]:
        """Return the values of a column that are no numbers, with their indices."""
        bad, rows = [], 0
        with self._reader([name], {name: self.pa.string()}) as reader:
            for batch in reader:
                words = enumerate(batch.column(0).to_pylist(), rows)
                bad += [(i, word) for i, word in words if not _is_number(word, self._options.decimal)]
                rows += batch.num_rows
        return bad


def _text(beginning: bytes, rest: Any) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(_Joined(beginning, rest)), "utf-8-sig", "replace", newline="")


class _Joined(io.RawIOBase):
    """A beginning that has been read, and the rest."""

    def __init__(self, beginning: bytes, rest: IO[bytes]) -> None:
        self._beginning, self._rest = beginning, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._beginning[: len(buffer)] or self._rest.read(len(buffer))
        self._beginning = self._beginning[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


class _WithoutComments(io.RawIOBase):
    """Text without the lines that begin with a mark."""

    def __init__(self, stream: IO[bytes], mark: bytes) -> None:
        self._stream, self._mark = stream, mark
        self._ready, self._rest, self._ended = b"", b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._ended:
            data = self._stream.read(_BLOCK)
            self._ended = not data
            lines = (self._rest + data).splitlines(keepends=True)
            self._rest = lines.pop() if data and lines and not lines[-1].endswith(b"\n") else b""
            self._ready = b"".join(line for line in lines if not line.startswith(self._mark))
        data = self._ready[: len(buffer)]
        self._ready = self._ready[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _other_kind(beginning: bytes) -> str | None:
    """Return what kind of file begins so, where that is known not to be a CSV file."""
    for magic, kind in _MAGIC.items():
        if beginning.startswith(magic) and (b"\0" in beginning or not magic.isascii()):
            return kind
    return "binary, or text in UTF-16" if 4 * beginning.count(0) > len(beginning) else None


def _is_number(word: str | None, decimal: str) -> bool:
    try:
        float((word or "nan").replace(decimal, "."))
    except ValueError:
        return False
    return True
