"""Files that pyarrow reads batch by batch: Parquet, Arrow IPC, and JSON with a row in each line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from thetahat.data.columns import excerpt, has_far, numbers, pyarrow, the_column
from thetahat.data.formats import COMPRESSIONS
from thetahat.data.libraries import ROWS
from thetahat.data.paths import File
from thetahat.errors import ParameterError, SampleError

__all__ = ["KINDS", "ArrowFile"]

_BUFFER = 1 << 20  # bytes that are read at once


class ArrowFile:
    """A file with columns by name, as batches of Arrow's."""

    kind = ""

    def __init__(self, file: File) -> None:
        self.file = file
        self._wanted: list[str] = []
        self._keys: list[str] = []
        self._where: Any = None
        self.pa = pyarrow(f"{file.name}: files of the format {self.kind}")

    def schema(self) -> Any:
        """Return the names and types of the file's columns."""
        raise NotImplementedError

    def expected(self) -> int | None:
        """Return the number of rows: of text about as many as its first lines let expect."""
        if self.file.suffixes[-1:] and self.file.suffixes[-1] in COMPRESSIONS:
            return None
        with self.file.open_arrow() as stream:
            beginning, size = stream.read(_BUFFER), stream.size()
        lines = beginning.count(b"\n")
        return round(size * lines / len(beginning)) if lines else None

    def types(self, schema: Any) -> Any:
        """Return the schema with the types that a filter compares."""
        return schema

    def batches(self, columns: list[str], schema: Any) -> Iterator[Any]:
        """Yield batches of these columns; parts of the file that hold no row that is kept may be left out."""
        raise NotImplementedError

    def read(
        self, columns: Sequence[str | None], keys: Sequence[str], where: Any, first: int
    ) -> Iterator[list[Any]]:
        """Yield blocks of columns of numbers, and of keys; `first` is the first row's index in all files."""
        file = self.file
        with self._faults_named():
            schema = self._with_partition_fields(
                self.schema() if where is None else self.types(self.schema())
            )
            self._wanted = [the_column(file.name, column, schema.names) for column in columns]
            self._keys = [the_column(file.name, key, schema.names) for key in keys]
            self._where = where
            needed = dict.fromkeys([*self._wanted, *self._keys, *self._fields_of(where, schema)])
            in_file = [name for name in needed if name not in file.partition] or schema.names[:1]
            for batch in self.batches(in_file, schema):
                rows = self._kept(self._with_partition(batch, needed), where)
                if rows.num_rows:
                    yield self._columns(rows, first)
                    first += rows.num_rows

    def _columns(self, rows: Any, first: int) -> list[Any]:
        numbers = [
            self.numbers(rows.column(name), f"column {name!r} of {self.file.name}", first)
            for name in self._wanted
        ]
        return [*numbers, *(rows.column(name) for name in self._keys)]

    def _with_partition_fields(self, schema: Any) -> Any:
        for key, value in self.file.partition.items():
            if key not in schema.names:
                schema = schema.append(self.pa.field(key, self.pa.scalar(value).type))
        return schema

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        """Let errors name the file, and what is wrong with it."""
        try:
            yield
        except MemoryError as error:
            raise MemoryError(f"not enough memory to read {self.file.name}: {excerpt(error)}") from error
        except (self.pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise self.fault(error) from error

    def names(self) -> list[str]:
        """Return the names of the columns."""
        with self._faults_named():
            found = list(self.schema().names)
            return [*found, *(key for key in self.file.partition if key not in found)]

    def numbers(self, values: Any, what: str, first: int) -> Any:
        """Return a column as numbers; raise if it holds others."""
        return numbers(values, what, first)

    def fault(self, error: Exception) -> SampleError:
        """Return the error of a file that cannot be read."""
        return SampleError(f"cannot read {self.file.name}: {excerpt(error)}")

    def _fields_of(self, where: Any, schema: Any) -> list[str]:
        """Return the columns that an expression asks for: without one of them it cannot be bound."""
        if where is None:
            return []
        dataset = pyarrow("where", "dataset")
        try:
            _ = dataset.dataset(schema.empty_table()).scanner(filter=where)
        except (self.pa.ArrowException, TypeError, ValueError) as error:
            raise ParameterError(f"where does not fit {self.file.name}: {excerpt(error)}") from error
        needed = []
        for place, name in enumerate(schema.names):
            try:
                _ = dataset.dataset(schema.remove(place).empty_table()).scanner(filter=where)
            except self.pa.ArrowException:
                needed.append(name)
        return needed

    def _with_partition(self, batch: Any, needed: dict[str, None]) -> Any:
        for key in needed:
            if key in self.file.partition and key not in batch.schema.names:
                value = self.pa.scalar(self.file.partition[key])
                batch = batch.append_column(key, self.pa.repeat(value, batch.num_rows))
        return batch

    def _kept(self, batch: Any, where: Any) -> Any:
        if where is None:
            return batch
        table = self.pa.Table.from_batches([batch]).filter(where).combine_chunks()
        found = table.to_batches()
        return found[0] if found else batch.slice(0, 0)


class ParquetFile(ArrowFile):
    """A Parquet file, read without a buffer for whole row groups; checksums of pages are verified."""

    kind = "parquet"

    def schema(self) -> Any:
        """Return the names and types of the columns."""
        with self._opened() as file:
            return file.schema_arrow

    def expected(self) -> int | None:
        """Return the number of rows."""
        with self._opened() as file:
            return int(file.metadata.num_rows)

    def _opened(self) -> Any:
        module = pyarrow(f"{self.file.name}: files of the format {self.kind}", "parquet")
        return module.ParquetFile(
            self.file.open_arrow(), pre_buffer=False, buffer_size=_BUFFER, page_checksum_verification=True
        )

    def batches(self, columns: list[str], schema: Any) -> Iterator[Any]:
        """Yield batches of the row groups whose statistics do not rule out all rows."""
        groups = None if self._where is None else self._groups(self._where, schema)
        with self._opened() as file:
            yield from file.iter_batches(ROWS, row_groups=groups, columns=columns)

    def _groups(self, where: Any, schema: Any) -> list[int]:
        dataset, compute = pyarrow("where", "dataset"), pyarrow("where", "compute")
        known = compute.scalar(True)
        for key, value in self.file.partition.items():
            known = known & (compute.field(key) == value)
        system = self.file.system or pyarrow("where", "fs").LocalFileSystem()
        whole = dataset.ParquetFileFormat().make_fragment(self.file.path, system, known)
        parts = whole.split_by_row_group(where, schema)
        return [group.id for part in parts for group in part.row_groups]

    def fault(self, error: Exception) -> SampleError:
        """Return the error of a damaged file, with the first row group that cannot be read."""
        try:
            with self._opened() as file:
                for group in range(file.num_row_groups):
                    try:
                        for _ in file.iter_batches(
                            ROWS, row_groups=[group], columns=[*self._wanted, *self._keys] or None
                        ):
                            pass
                    except (self.pa.ArrowException, OSError) as found:
                        return SampleError(
                            f"cannot read row group {group} of {self.file.name}: {excerpt(found)}"
                        )
        except (self.pa.ArrowException, OSError, UnicodeDecodeError):
            pass  # the file itself is damaged, as the first error says
        return super().fault(error)


class IpcFile(ArrowFile):
    """An Arrow file (Feather), read batch by batch."""

    kind = "arrow"

    def schema(self) -> Any:
        """Return the names and types of the columns."""
        with self.file.open_arrow() as source:
            return self.pa.ipc.open_file(source).schema

    def expected(self) -> int | None:
        """Return nothing: the file tells it batch by batch."""
        return None

    def batches(self, columns: list[str], schema: Any) -> Iterator[Any]:
        """Yield the file's batches, in pieces."""
        places = [schema.names.index(name) for name in columns]
        with self.file.open_arrow() as source:
            reader = self.pa.ipc.open_file(source, options=self.pa.ipc.IpcReadOptions(included_fields=places))
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                batch.validate(full=True)
                for first in range(0, batch.num_rows, ROWS):
                    yield batch.slice(first, ROWS)


class JsonFile(ArrowFile):
    """JSON with an object in each line, as batches of Arrow's."""

    kind = "json"

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self._json = pyarrow(f"{file.name}: files of the format {self.kind}", "json")

    def schema(self) -> Any:
        """Return the names of the columns, and the types that the first rows have."""
        with self._reader(None) as reader:
            return reader.schema

    @contextmanager
    def _reader(self, schema: Any) -> Iterator[Any]:
        options = self._json.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="infer" if schema is None else "ignore"
        )
        read = self._json.ReadOptions(block_size=_BUFFER)
        with self.file.open_arrow() as stream, self._json.open_json(stream, read, options) as reader:
            yield reader

    def batches(self, columns: list[str], schema: Any) -> Iterator[Any]:
        """Yield batches whose numbers are floats: the first rows do not tell whether all are whole."""
        types, numeric = self.pa.types, self.pa.float64()
        fields = [schema.field(name) for name in columns]
        chosen = [
            field.with_type(numeric)
            if field.name in self._wanted and (types.is_integer(field.type) or types.is_null(field.type))
            else field
            for field in fields
        ]
        with self._reader(self.pa.schema(chosen)) as reader:
            yield from reader

    def numbers(self, values: Any, what: str, first: int) -> Any:
        """Return a column as numbers; raise if whole ones among them may have been rounded."""
        found = numbers(values, what, first)
        if has_far(found):
            raise SampleError(
                f"{what} holds numbers beyond 2**53 after index {first}; float64 cannot hold whole ones"
                " exactly, which JSON does not tell apart: write the file as Parquet"
            )
        return found


KINDS: dict[str, Callable[[File], ArrowFile]] = {"parquet": ParquetFile, "arrow": IpcFile, "json": JsonFile}
