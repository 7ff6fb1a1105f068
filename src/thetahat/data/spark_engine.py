"""The partitions of a DataFrame of Spark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.data.columns import pyarrow, the_column
from thetahat.data.engines import gave_up
from thetahat.data.libraries import ArrowTable
from thetahat.data.rounds import Round, failed
from thetahat.errors import MissingExtraError, ParameterError, SampleError

if TYPE_CHECKING:
    from thetahat.data.group_rounds import GroupRound

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
        pa = pyarrow("partitions of Spark")
        answer = self._answer(place, batches)
        yield batch_of(place=pa.array([place], pa.int32()), answer=pa.array([answer], pa.binary()))

    def _answer(self, place: int, batches: Iterator[Any]) -> bytes:
        if self.arguments is not None and place >= len(self.arguments):
            return failed(SampleError(f"there were {len(self.arguments)} partitions before"))
        named = (batch.rename_columns(list(self.names)) for batch in batches)
        table = ArrowTable(self.asked.name, self.names, lambda _: named)
        table.decodes = False  # batches come from Spark's own threads
        return self.asked(None if self.arguments is None else self.arguments[place], table)


class SparkEngine:
    """The partitions of a DataFrame.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
    """

    name = "this DataFrame of Spark"
    persist = "persist the DataFrame (df = df.persist()), or write it to files and read these"

    def __init__(self, frame: Any) -> None:
        if not hasattr(type(frame), "mapInArrow"):
            raise ParameterError(
                f"a {type(frame).__name__} of {type(frame).__module__} is no DataFrame of Spark: pass one,"
                " such as df.to_spark() of pandas on Spark"
            )
        self.frame = frame

    def column(self, column: str | None) -> str | None:
        """Return the name of a column; raise if there is no such column."""
        return the_column(self.name, column, list(self.frame.columns))

    def run(self, asked: Round, arguments: Sequence[Any] | None) -> Iterator[tuple[int, bytes]]:
        """Yield the place of each partition and its answer; raise if Spark gives up."""
        names = list(dict.fromkeys(name for name in (asked.column, asked.weights) if name is not None))
        functions = spark_module("pyspark.sql.functions")
        columns = [functions.col(quoted(name)).alias(f"c{place}") for place, name in enumerate(names)]
        frame = self.frame.select(*columns)
        answers = _collected(frame.mapInArrow(_Task(asked, names, arguments), _SCHEMA), self.name)
        yield from ((row["place"], bytes(row["answer"])) for row in answers)

    def run_by_key(self, asked: GroupRound, buckets: int) -> list[tuple[bytes, Any]]:
        """Return answers about all rows, put into so many buckets by their keys, and the keys of each."""
        functions = spark_module("pyspark.sql.functions")
        columns = [
            functions.col(quoted(name)).alias(label)
            for name, label in zip(asked.columns, asked.labels, strict=True)
        ]
        frame = self.frame.select(*columns, functions.monotonically_increasing_id().alias("order"))
        keys = [_comparable(functions, *pair) for pair in frame.dtypes if pair[0].startswith("k")]
        fitted = frame.repartition(buckets, *keys).mapInArrow(_Fit(asked), "answer binary, keys binary")
        answers = _collected(fitted, self.name)
        return [(bytes(row["answer"]), bytes(row["keys"])) for row in answers]

    def join_keys(self, keys: list[Any], names: Sequence[str]) -> dict[str, Any]:
        """Return the columns of the keys of all buckets."""
        pa = pyarrow("keys of Spark")
        whole = pa.concat_tables([pa.ipc.open_stream(of_bucket).read_all() for of_bucket in keys])
        return {name: whole.column(f"k{place}") for place, name in enumerate(names)}


@dataclass(frozen=True)
class _Fit:
    """What Spark runs on the batches of each bucket."""

    asked: GroupRound

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        pa = pyarrow("partitions of Spark")
        known = list(batches)
        if not known:
            return
        rows = pa.Table.from_batches(known)
        rows = rows.take(np.argsort(np.asarray(rows.column("order")), kind="stable")).combine_chunks()
        answer, first = self.asked({label: rows.column(label) for label in self.asked.labels})
        keys = rows.select([f"k{at}" for at in range(self.asked.keys)]).take(first)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, keys.schema) as stream:
            stream.write_table(keys)
        yield batch_of(
            answer=pa.array([answer], pa.binary()), keys=pa.array([sink.getvalue().to_pybytes()], pa.binary())
        )


def _comparable(functions: Any, name: str, kind: str) -> Any:
    """Return a key as Spark compares it: NaN and null are one, and zeros of both signs."""
    key = functions.col(name)
    if kind not in ("float", "double"):
        return key
    return functions.when(functions.isnan(key), None).otherwise(key + 0.0)


def batch_of(**columns: Any) -> Any:
    """Return the batch that a partition sends back."""
    return pyarrow("partitions of Spark").RecordBatch.from_pydict(columns)


def _collected(frame: Any, name: str) -> list[Any]:
    """Return what partitions send back; raise if Spark gives up."""
    try:
        rows: list[Any] = frame.collect()
    except Exception as error:  # whatever Spark, its Java side or a worker raises
        raise gave_up("Spark", name, error) from error
    return rows


def quoted(name: str) -> str:
    """Return the name of a column as Spark's expressions write it, whatever is in it."""
    return "`" + name.replace("`", "``") + "`"


def spark_module(name: str) -> Any:
    """Return a module of Spark; raise where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f'a DataFrame of Spark needs {name}: pip install "thetahat[spark]"'
        ) from error
