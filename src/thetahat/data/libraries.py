"""What `thetahat.scan` reads: tables of other libraries, as blocks of some of their columns."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from thetahat.data.columns import excerpt, numbers, pyarrow, the_column
from thetahat.errors import ParameterError, SampleError

__all__ = ["ROWS", "Steady", "Table", "table_of"]

ROWS = 1 << 16  # of a block: few enough for the cache, enough to be worth a call


class Table(Protocol):
    """Columns of rows, in blocks."""

    @property
    def name(self) -> str:
        """What errors call it."""
        ...

    @property
    def decodes(self) -> bool:
        """Whether reading is work that a thread may do ahead."""
        ...

    @property
    def of_text(self) -> bool:
        """Whether all that it holds is written as text, numbers too."""
        ...

    @property
    def expected(self) -> int | None:
        """Number of rows, exact or nearly so; None if only reading them could tell."""
        ...

    def read(
        self, columns: Sequence[str | None], keys: Sequence[str] = ()
    ) -> Generator[list[Any], None, None]:
        """Yield blocks of columns of numbers, and then of keys as they are, of NumPy or Arrow.

        None is the only column.
        """
        ...

    def check_columns(self, columns: Sequence[str | None]) -> None:
        """Raise if there is no such column, where that is known before rows are read."""
        ...

    def locate(self, index: int, /) -> str:
        """Return where a row lies, for errors; nothing where its index says all."""
        ...

    def check(self) -> None:
        """Raise if the rows are not those of the pass before."""
        ...


class Steady:
    """A table whose rows nobody else changes, and whose indices say all."""

    decodes = of_text = False
    expected: int | None = None

    def locate(self, _: int) -> str:
        """Return nothing: the index says all."""
        return ""

    def check(self) -> None:
        """Do nothing."""


class ArrowTable(Steady):
    """Batches of Arrow's, which may come from files.

    Parameters
    ----------
    name : str
        What errors call the table.
    columns : sequence of str
        The names of its columns.
    batches : callable
        Returns an iterator over batches of some columns, from the first row on, each time that it is called.
    """

    def __init__(
        self, name: str, columns: Sequence[str], batches: Callable[[list[str]], Iterable[Any]]
    ) -> None:
        self.name, self.columns, self._batches = name, list(columns), batches

    decodes = True

    def read(
        self, columns: Sequence[str | None], keys: Sequence[str] = ()
    ) -> Generator[list[Any], None, None]:
        """Yield blocks of columns of numbers, and of keys, as arrays of Arrow."""
        wanted, beside = self._named(columns), self._named(keys)
        first = 0
        for batch in self._batches(list(dict.fromkeys([*wanted, *beside]))):
            found = [numbers(batch.column(name), f"column {name!r} of {self.name}", first) for name in wanted]
            yield [*found, *(batch.column(name) for name in beside)]
            first += batch.num_rows

    def check_columns(self, columns: Sequence[str | None]) -> None:
        """Raise if there is no such column."""
        self._named(columns)

    def _named(self, columns: Sequence[str | None]) -> list[str]:
        return [the_column(self.name, column, self.columns) for column in columns]


class FrameTable(Steady):
    """A data frame in memory."""

    def __init__(self, frame: Any) -> None:
        self.name = f"this {type(frame).__name__}"
        self._frame, self.expected = frame, len(frame)

    def read(
        self, columns: Sequence[str | None], keys: Sequence[str] = ()
    ) -> Generator[list[Any], None, None]:
        """Yield one block of columns."""
        yield [self._frame[self._frame.columns[place]] for place in self._places([*columns, *keys])]

    def check_columns(self, columns: Sequence[str | None]) -> None:
        """Raise if there is no such column."""
        self._places(columns)

    def _places(self, columns: Sequence[str | None]) -> list[int]:
        names = [str(name) for name in self._frame.columns]
        return [names.index(the_column(self.name, column, names)) for column in columns]


class BlocksTable(Steady):
    """Blocks that a function yields each time that it is called, or an iterator once.

    Without a column each is an array of rows; else a mapping, a data frame or a batch, with columns by name.
    """

    def __init__(self, source: Callable[[], Iterable[Any]] | Iterator[Any]) -> None:
        self._once = isinstance(source, Iterator)
        self._source: Any = source
        self.name = "this iterator" if self._once else "this function's blocks"

    def read(
        self, columns: Sequence[str | None], keys: Sequence[str] = ()
    ) -> Generator[list[Any], None, None]:
        """Yield the blocks; raise where they cannot be read once more."""
        blocks = self._source if self._once else iter(self._source())
        if blocks is None:
            raise SampleError(
                "this iterator has been read, and its rows are needed once more: pass a function that returns"
                " a new iterator each time"
            )
        if self._once:
            self._source = None
        for block in blocks:
            names = [*columns, *keys]
            yield [block if column is None else self._column(block, column) for column in names]

    def check_columns(self, columns: Sequence[str | None]) -> None:
        """Do nothing: only the blocks tell their columns."""

    def _column(self, block: Any, column: str) -> Any:
        names = block.keys() if isinstance(block, Mapping) else getattr(block, "columns", None)
        if hasattr(block, "schema") and hasattr(block, "column"):  # a batch or a table of Arrow
            names = block.schema.names
        if names is None:
            raise ParameterError(
                f"{self.name} are of type {type(block).__name__}, without columns by name: leave column="
                f"{column!r} out, or yield dicts of arrays"
            )
        return block[the_column(self.name, column, [str(name) for name in names])]


def table_of(x: Any, where: Any) -> Table | None:
    """Return a table of another library; None if x is none."""
    library = type(x).__module__.partition(".")[0]
    if library == "pyarrow" and hasattr(x, "schema"):
        return _of_arrow(x, where)
    if where is not None:
        raise ParameterError(
            f"where is for files and tables of Arrow: filter this {type(x).__name__} itself, and scan what is"
            " left"
        )
    if library == "polars" and hasattr(x, "lazy"):
        return _of_polars(x)
    if library in ("duckdb", "_duckdb") and hasattr(x, "project"):
        return _of_duckdb(x)
    if hasattr(x, "columns") and hasattr(x, "iloc"):
        return FrameTable(x)
    if callable(x) or isinstance(x, Iterator):
        return BlocksTable(x)
    return None


def _of_arrow(x: Any, where: Any) -> Table:
    if not hasattr(x, "to_batches") and not hasattr(x, "num_columns"):
        raise ParameterError(
            f"a {type(x).__name__} can be read once: pass a function that returns a new one each time"
        )
    name = f"this {type(x).__name__}"
    dataset = x if hasattr(x, "scanner") else pyarrow(name, "dataset").dataset(x)

    def batches(columns: list[str]) -> Iterator[Any]:
        pa = pyarrow(name)
        try:
            yield from dataset.to_batches(columns=columns, filter=where, batch_size=ROWS)
        except MemoryError:
            raise
        except (pa.ArrowException, OSError, TypeError) as error:
            raise SampleError(f"cannot read {name}: {excerpt(error)}") from error

    return ArrowTable(name, dataset.schema.names, batches)


def _of_polars(x: Any) -> Table:
    lazy = x.lazy()

    def batches(columns: list[str]) -> Iterator[Any]:
        for frame in lazy.select(columns).collect_batches(chunk_size=ROWS, maintain_order=True):
            yield from frame.to_arrow().to_batches()

    return ArrowTable(f"this {type(x).__name__}", lazy.collect_schema().names(), batches)


def _of_duckdb(x: Any) -> Table:
    def batches(columns: list[str]) -> Iterator[Any]:
        quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        relation = x.project(quoted)
        yield from (
            relation.to_arrow_reader if hasattr(relation, "to_arrow_reader") else relation.fetch_arrow_reader
        )(ROWS)

    return ArrowTable("this relation of DuckDB", x.columns, batches)
