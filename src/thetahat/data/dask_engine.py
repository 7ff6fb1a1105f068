"""The partitions of a collection of Dask: a DataFrame, a Series, an Array."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from thetahat.data.columns import the_column
from thetahat.data.dask_groups import fitted, numbered
from thetahat.data.engines import gave_up
from thetahat.data.libraries import FrameTable, Steady, Table
from thetahat.data.rounds import Round
from thetahat.errors import MissingExtraError, ParameterError, ThetahatError

if TYPE_CHECKING:
    from thetahat.data.group_rounds import GroupRound

__all__ = ["DaskEngine"]


class _Values(Steady):
    """The rows of a partition that has one column."""

    def __init__(self, values: Any, name: str) -> None:
        self.name, self._values = name, values

    def read(
        self, columns: Sequence[str | None], keys: Sequence[str] = ()
    ) -> Generator[list[Any], None, None]:
        """Yield the only column."""
        yield [self._values for _ in [*columns, *keys]]

    def check_columns(self, columns: Sequence[str | None]) -> None:
        """Do nothing: the collection has checked them."""


def _table(part: Any, name: str) -> Table:
    """Return a partition as a table."""
    if len(part.shape) == 1:
        return _Values(part, name)
    table = FrameTable(part)
    table.name = name
    return table


class _Task:
    """What workers run on a partition; to Dask, a function without arguments to look into."""

    def __init__(self, asked: Round, argument: Any) -> None:
        self._asked, self._argument = asked, argument

    def __call__(self, part: Any) -> bytes:
        return self._asked(self._argument, _table(part, self._asked.name))


class DaskEngine:
    """The partitions of a collection.

    Parameters
    ----------
    x : dask.dataframe.DataFrame, dask.dataframe.Series or dask.array.Array
    """

    persist = "persist the collection (df = df.persist())"

    def __init__(self, x: Any) -> None:
        kind = type(x).__name__
        if kind not in ("DataFrame", "Series", "Array"):
            raise ParameterError(f"a {kind} of Dask has no columns: pass a DataFrame, a Series or an Array")
        if kind == "Array" and x.ndim != 1:
            raise ParameterError(f"this Array of Dask has shape {x.shape}: pass one column, such as x[:, 0]")
        self.name = f"this {kind} of Dask"
        self.collection, self._kind = x, kind

    @property
    def names(self) -> list[str]:
        """The names of the columns; of an Array, none."""
        if self._kind == "Array":
            return []
        labels = [self.collection.name] if self._kind == "Series" else self.collection.columns
        return [str(label) for label in labels]

    def column(self, column: str | None) -> str | None:
        """Return the name of a column, None of one without a name; raise if there is no such column."""
        if self._kind == "DataFrame":
            return the_column(self.name, column, self.names)
        if column is not None and column not in self.names:
            raise ParameterError(
                f"{self.name} has one column: leave column and weights out; weights are another column of a"
                " DataFrame"
            )
        return None

    def run(self, asked: Round, arguments: Sequence[Any] | None) -> Iterator[tuple[int, bytes]]:
        """Yield the place of each partition and its answer, as they arrive; raise if Dask gives up."""
        delayed = _dask("delayed").delayed
        parts = self._parts([name for name in (asked.column, asked.weights) if name is not None])
        if arguments is None:
            arguments = [None] * len(parts)
        tasks = [
            delayed(_Task(asked, argument), pure=False, traverse=False)(part)
            for argument, part in zip(arguments, parts, strict=True)
        ]
        yield from computed(tasks, self.name)

    def run_by_key(self, asked: GroupRound, buckets: int) -> list[tuple[bytes, Any]]:
        """Return answers about all rows, put into so many buckets by their keys, and the keys of each."""
        if self._kind != "DataFrame":
            raise ParameterError(f"by: {self.name} has one column, and no keys: pass a DataFrame")
        delayed = _dask("delayed").delayed
        number, fit = delayed(numbered, pure=False), delayed(fitted, pure=False)
        parts = [number(part, asked, place) for place, part in enumerate(self._parts(asked.columns))]
        meta = numbered(self.collection._meta, asked, 0)
        frame = _dask("dataframe").from_delayed(parts, meta=meta, verify_meta=False)
        frame = frame.shuffle(on="bucket", npartitions=buckets)
        tasks = [fit(asked, part) for part in frame.to_delayed()]
        return [answer for _, answer in computed(tasks, self.name)]

    def join_keys(self, keys: list[Any], names: Sequence[str]) -> dict[str, Any]:
        """Return the columns of the keys of all buckets."""
        whole = _dask("dataframe.dispatch").concat(keys)
        return {name: whole[f"k{place}"] for place, name in enumerate(names)}

    def _parts(self, columns: Sequence[str]) -> list[Any]:
        """Return the partitions, with these columns, each once."""
        x = self.collection
        if self._kind == "DataFrame":
            labels = list(x.columns)
            x = x[[labels[self.names.index(name)] for name in dict.fromkeys(columns)]]
        return list(x.to_delayed().ravel()) if self._kind == "Array" else list(x.to_delayed())


def computed(tasks: Sequence[Any], name: str) -> Iterator[tuple[int, Any]]:
    """Yield the place of each task and what it returns, as they end; raise if Dask gives up."""
    client = _client()
    try:
        if client is None:
            yield from enumerate(_dask("base").compute(*tasks))
        else:
            yield from _by_client(client, tasks)
    except (ThetahatError, GeneratorExit):
        raise
    except Exception as error:  # whatever Dask, its scheduler or a worker raises
        raise gave_up("Dask", name, error) from error


def _by_client(client: Any, tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    futures = client.compute(list(tasks))
    places = {future.key: place for place, future in enumerate(futures)}
    try:
        for future, result in _module("distributed").as_completed(futures, with_results=True):
            yield places[future.key], result
            future.release()
    finally:
        client.cancel(futures)


def _client() -> Any:
    """Return the client of a cluster that is in use; None if tasks run in this process."""
    found = getattr(_dask("base").get_scheduler(), "__self__", None)
    return found if hasattr(found, "compute") else None


def _dask(module: str) -> Any:
    return _module(f"dask.{module}")


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(f'collections of Dask need {name}: pip install "thetahat[dask]"') from error
