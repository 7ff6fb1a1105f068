"""The partitions of a DataFrame of Spark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from thetahat.data.columns import excerpt, pyarrow, the_column
from thetahat.data.libraries import ArrowTable
from thetahat.data.rounds import Round, failed
from thetahat.errors import ClusterError, MissingExtraError, ParameterError, SampleError

__all__ = ["SparkEngine"]

_SCHEMA = "place int, answer binary"


@dataclass(frozen=True)
class _Task:
    """What Spark runs on the batches of each partition."""

    asked: Round
    names: Sequence[str]
    arguments: Sequence[Any] | None

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        place = import_module("pyspark").TaskContext.get().partitionId()
        yield answer_batch(place, self._answer(place, batches))

    def _answer(self, place: int, batches: Iterator[Any]) -> bytes:
        if self.arguments is not None and place >= len(self.arguments):
            return failed(SampleError(f"there were {len(self.arguments)} partitions before"))
        table = ArrowTable(self.asked.name, self.names, lambda _: batches)
        table.decodes = False  # batches come from Spark's own threads
        return self.asked(None if self.arguments is None else self.arguments[place], table)


def answer_batch(place: int, answer: bytes) -> Any:
    """Return the batch of one row that a partition sends back."""
    pa = pyarrow("partitions of Spark")
    columns = [pa.array([place], pa.int32()), pa.array([answer], pa.binary())]
    return pa.RecordBatch.from_arrays(columns, names=["place", "answer"])


class SparkEngine:
    """The partitions of a DataFrame.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
    """

    name = "this DataFrame of Spark"
    persist = "persist the DataFrame (df = df.persist()), or write it to files and read these"

    def __init__(self, frame: Any) -> None:
        if not hasattr(frame, "mapInArrow"):
            raise ParameterError(
                f"a {type(frame).__name__} of {type(frame).__module__} is no DataFrame of Spark: pass one, such"
                " as df.to_spark() of pandas on Spark"
            )
        self.frame = frame

    def column(self, column: str | None) -> str | None:
        """Return the name of a column; raise if there is no such column."""
        return the_column(self.name, column, list(self.frame.columns))

    def run(self, asked: Round, arguments: Sequence[Any] | None) -> Iterator[tuple[int, bytes]]:
        """Yield the place of each partition and its answer; raise if Spark gives up."""
        names = list(dict.fromkeys(name for name in (asked.column, asked.weights) if name is not None))
        frame = self.frame.select(*[quoted(name) for name in names])
        yield from answers(frame.mapInArrow(_Task(asked, names, arguments), _SCHEMA), self.name)


def answers(frame: Any, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield what partitions send back; raise if Spark gives up."""
    try:
        rows = frame.collect()
    except Exception as error:  # whatever Spark, its Java side or a worker raises
        raise ClusterError(
            f"Spark gave up on the partitions of {name}: {type(error).__name__}: {excerpt(error)}. It has tried"
            " again where tasks failed; see the logs of the executors (memory, versions, the files of the"
            " rows), and call again when that is mended"
        ) from error
    yield from ((row["place"], bytes(row["answer"])) for row in rows)


def quoted(name: str) -> str:
    """Return the name of a column as Spark's expressions write it, whatever is in it."""
    return "`" + name.replace("`", "``") + "`"


def spark_module(name: str) -> Any:
    """Return a module of Spark; raise where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(f'a DataFrame of Spark needs {name}: pip install "thetahat[spark]"') from error
