"""DataFrames of Spark have the bits of the array in the order of `collect()`, on two threads."""

import os
import shutil
import sys
import warnings
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pytest

import thetahat as th

pytestmark = [
    pytest.mark.xdist_group("spark"),  # one session for all
    pytest.mark.skipif(
        shutil.which("java") is None or sys.platform != "linux",
        reason="Spark needs Java 17, and beside Linux more: there is no such java here",
    ),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
]

N = 20_001
RNG = np.random.default_rng(19)
TABLE = pa.table(
    {
        "x": RNG.gamma(2, 3, N),
        "w": RNG.integers(0, 3, N) * 0.3,
        "k": RNG.integers(0, 50, N),
        "text": pa.array(np.array(["b", "a", None, "c"], dtype=object)[RNG.integers(0, 4, N)]),
        "part": pa.array(RNG.choice([0.0, -0.0, 1.5, np.nan], N), mask=RNG.random(N) < 0.1),
        "dotted.name": pa.array(RNG.gamma(2, 3, N), mask=RNG.random(N) < 0.1),
    }
)


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.shuffle.partitions": "2",
    }
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        builder = SparkSession.builder.master("local[2,2]")  # a task may fail once
        session = builder.config(map=settings).getOrCreate()
        yield session
        session.stop()


@contextmanager
def persisted(frame):
    """A frame whose rows stay as they are, and all of them in their order."""
    kept = frame.persist()
    try:
        yield kept, kept.toArrow()
    finally:
        kept.unpersist()


def same(fit, expected):
    for name in ("theta", "stderr", "cov"):
        np.testing.assert_array_equal(getattr(fit, name), getattr(expected, name))
    for name in ("log_likelihood", "n", "rows", "omitted", "passes"):
        assert getattr(fit, name) == getattr(expected, name)


@pytest.mark.parametrize(
    ("parts", "weights", "family"),
    [(1, "w", "gamma"), (3, None, "student_t"), (17, "w", "weibull")],
    ids=str,
)
def test_the_bits_of_the_array(spark, parts, weights, family):
    """All of them with all partitions: `python tests/cluster_kills.py`."""
    with persisted(spark.createDataFrame(TABLE.select(["x", "w"])).repartition(parts, "x")) as (frame, table):
        rows, array = (th.scan(of, "x", weights=weights) for of in (frame, table))
        same(th.fit(rows, family), th.fit(array, family))


def test_places_of_partitions_are_their_order(spark):
    """An answer is known by the id of its partition, in whose order `collect` returns the rows."""
    from pyspark.sql import functions

    frame = spark.createDataFrame(TABLE.select(["x"])).repartition(5)
    places = [row[0] for row in frame.select(functions.spark_partition_id()).collect()]
    assert places == sorted(places)


def test_nulls_and_odd_names(spark):
    frame = spark.createDataFrame(TABLE)
    rows, array = (th.scan(of, "dotted.name") for of in (frame, frame.toArrow()))
    with pytest.raises(th.SampleError, match=r"null value\(s\), the first at index"):
        th.fit(rows, "gamma")
    same(*(th.fit(of, "gamma", nan_policy="omit") for of in (rows, array)))
    kept = np.array(frame.toArrow()["dotted.name"].drop_null())
    chosen = (np.asarray(of.sample(100, rng=1)) for of in (rows.with_policy("omit"), th.scan(kept)))
    np.testing.assert_array_equal(*chosen)


def killed_once(path):
    """The first task alone that comes here ends its process."""

    def met(batches):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            yield from batches
        else:
            os._exit(1)

    return met


def test_a_worker_is_killed(spark, tmp_path):
    """Fifty times, on both engines: `python tests/cluster_kills.py`."""
    frame = spark.createDataFrame(TABLE.select(["x"])).repartition(3, "x")
    killing = frame.mapInArrow(killed_once(str(tmp_path / "killed")), "x double")
    same(th.fit(th.scan(killing), "gamma"), th.fit(frame.toArrow()["x"], "gamma"))
    assert (tmp_path / "killed").exists()


def test_an_error_of_a_task_is_shown_with_what_to_do(spark):
    def failing(batches):
        raise OSError("the disk is gone")
        yield from batches

    frame = spark.createDataFrame(TABLE.select(["x"])).mapInArrow(failing, "x double")
    with pytest.raises(th.ClusterError, match=r"(?s)Spark gave up on .*the disk is gone.*call again"):
        th.fit(th.scan(frame), "gamma")


def test_rows_that_are_drawn_anew_each_time_must_be_persisted(spark):
    def drawn(batches):
        for batch in batches:
            rows = pa.array(np.random.default_rng().gamma(2, 3, batch.num_rows))
            yield pa.RecordBatch.from_arrays([rows], names=["x"])

    frame = spark.createDataFrame(TABLE.select(["x"])).mapInArrow(drawn, "x double")
    told = r"have changed: partition . has other values .*df\.persist\(\)"
    with pytest.raises(th.SampleError, match=told):
        th.fit(th.scan(frame), "gamma")


def test_groups_have_the_bits_of_the_array(spark, monkeypatch):
    monkeypatch.setattr("thetahat.groups.cluster._FEWEST_ROWS", 8000)
    with persisted(spark.createDataFrame(TABLE).repartition(3, "x")) as (frame, table):
        rows, array = (th.scan(of, "x", weights="w") for of in (frame, table))
        by = ["text", "part", "k"]
        fits, expected = (th.fit_groups(of, "gamma", by=by, null_keys="group") for of in (rows, array))
    for name in (
        "theta",
        "stderr",
        "cov",
        "log_likelihood",
        "n",
        "rows",
        "omitted",
        "passes",
        "status",
        "reason",
    ):
        np.testing.assert_array_equal(getattr(fits, name), getattr(expected, name))
    assert fits.keys.dtype == expected.keys.dtype
    assert list(map(repr, fits)) == list(map(repr, expected))


def test_bad_input(spark):
    frame = spark.createDataFrame(TABLE.slice(0, 10))
    for call, told in (
        (lambda: th.scan(frame, "y"), "this DataFrame of Spark has no column 'y'; it has 'x', 'w', 'k'"),
        (lambda: th.scan(frame), r"which column of this DataFrame of Spark \(column="),
        (lambda: th.scan(frame, "x", weights=frame["w"]), "weights must name a column .* got a Column"),
        (lambda: th.scan(frame, "x", where="k > 2"), "filter this DataFrame itself"),
        (lambda: th.scan(frame["x"]), "a Column of .* is no DataFrame of Spark"),
        (lambda: th.fit_groups(th.scan(frame, "x"), "gamma", by="z"), "no column 'z'"),
    ):
        with pytest.raises(th.ParameterError, match=told):
            call()
    with pytest.raises(
        th.SampleError, match=r"column 'text' of this DataFrame of Spark holds string, not numbers"
    ):
        th.fit(th.scan(frame, "text"), "gamma")


def test_spark_that_is_not_installed(spark, monkeypatch):
    from thetahat.data import spark_engine

    def missing(name):
        raise ImportError(name)

    rows = th.scan(spark.createDataFrame(TABLE.slice(0, 10)), "x")
    monkeypatch.setattr(spark_engine, "import_module", missing)
    with pytest.raises(th.MissingExtraError, match=r'pip install "thetahat\[spark\]"'):
        th.fit_groups(rows, "gamma", by="k")
