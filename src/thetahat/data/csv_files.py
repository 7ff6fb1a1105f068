"""Columns of CSV files, in blocks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO, Any

from thetahat.data.arrow_files import ArrowFile
from thetahat.data.columns import excerpt, has_far, reject_rounded
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
        from pyarrow import csv as module

        self._csv, self._options = module, options
        self._delimiter = options.delimiter or ("\t" if kind == "tsv" else ",")
        self._blank, self._names = self._head()
        self._exact = False  # whether integers beyond 2**53 have been compared with what is written
        self._asked: tuple[list[str], Any] = ([], None)

    def _open(self) -> IO[bytes]:
        """Open the text, decompressed and without lines of comments."""
        stream: Any = self.file.open()
        suffix = (self.file.suffixes or [""])[-1]
        if suffix in COMPRESSIONS:
            stream = self.pa.CompressedInputStream(stream, COMPRESSIONS[suffix])
        if self._options.comment is not None:
            stream = io.BufferedReader(_WithoutComments(stream, self._options.comment.encode()), _BLOCK)
        return stream  # type: ignore[no-any-return]

    def _head(self) -> tuple[int, list[str]]:
        """Return the number of blank lines, and the names in the first line after them."""
        name = self.file.name
        with self._open() as stream:
            beginning = stream.read(_BEGINNING)
            if kind := _other_kind(beginning):
                raise SampleError(f"{name} is {kind}, not text in UTF-8 with one row in a line")
            text = io.TextIOWrapper(_Joined(beginning, stream), "utf-8-sig", "replace", newline="")
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
        """Return the names of the columns; of those that are filtered by, with the types of the first rows."""
        inferred = {}
        if len(set(self._names)) == len(self._names):
            with self._reader(self._names, None) as reader:
                inferred = {field.name: field.type for field in reader.schema}
        floats = self.pa.float64()
        return self.pa.schema([(name, inferred.get(name, floats)) for name in self._names])

    def batches(self, columns: list[str], where: Any, schema: Any) -> Iterator[Any]:
        """Yield batches: columns that are filtered by with their own types, others as numbers."""
        types = {name: self.pa.float64() for name in columns if self._is_number(name, schema, where)}
        self._asked = columns, types
        with self._reader(columns, types) as reader:
            for batch in reader:
                self._check_exact(batch, types)
                yield batch

    def _is_number(self, name: str, schema: Any, where: Any) -> bool:
        return where is None or name not in self._fields_of(where, schema)

    def _reader(self, columns: list[str], types: dict[str, Any] | None) -> Any:
        """Open the file as batches; types are inferred from the first block, or given."""
        options, module = self._options, self._csv
        return module.open_csv(
            self._open(),
            module.ReadOptions(
                block_size=_BLOCK,
                skip_rows=self._blank,
                column_names=None if options.header else self._names,
            ),
            # In a file of one column an empty line is a missing value.
            module.ParseOptions(delimiter=self._delimiter, ignore_empty_lines=len(self._names) > 1),
            module.ConvertOptions(
                include_columns=columns,
                column_types=types,
                strings_can_be_null=True,
                decimal_point=options.decimal,
            ),
        )

    def _check_exact(self, batch: Any, types: dict[str, Any]) -> None:
        """Compare integers with what is written, once, where some are so large that floats are rounded."""
        if self._exact or not any(has_far(batch.column(name)) for name in types):
            return
        self._exact, first = True, 0
        words = dict.fromkeys(types, self.pa.string())
        with self._reader(list(types), types) as floats, self._reader(list(types), words) as written:
            for numbers, texts in zip(floats, written, strict=True):
                for name in types:
                    what = f"column {name!r} of {self.file.name}"
                    reject_rounded(numbers.column(name), texts.column(name), what, first)
                first += numbers.num_rows

    def fault(self, error: Exception, columns: Sequence[str | None]) -> SampleError:
        """Read the text again, to find the number and the place of what is not a number."""
        asked, types = self._asked
        try:
            for name in types or ():
                bad, first, word, rows = 0, 0, "", 0
                with self._reader(asked, dict.fromkeys(types, self.pa.string())) as reader:
                    for batch in reader:
                        wrong = [
                            (rows + i, text)
                            for i, text in enumerate(batch.column(name).to_pylist())
                            if not _is_number(text, self._options.decimal)
                        ]
                        if wrong and not bad:
                            first, word = wrong[0]
                        bad, rows = bad + len(wrong), rows + batch.num_rows
                if bad:
                    return SampleError(
                        f"column {name!r} of {self.file.name} holds {bad} value(s) that are not numbers,"
                        f" the first at index {first}: {excerpt(word)!r}",
                        first,
                        bad,
                    )
        except self.pa.ArrowException as fault:
            error = fault
        return super().fault(error, columns)


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
