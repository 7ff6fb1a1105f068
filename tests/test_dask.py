"""Collections of Dask have the bits of the array in their order, on a cluster of two processes."""

import itertools
import os

import numpy as np
import pandas as pd
import pytest
from partitions import cuts

import thetahat as th

pytestmark = pytest.mark.xdist_group("dask")  # one cluster for all

N = 20_001
RNG = np.random.default_rng(18)
FRAME = pd.DataFrame({"x": RNG.gamma(2, 3, N), "w": RNG.integers(0, 3, N) * 0.3, "k": RNG.integers(0, 50, N)})


@pytest.fixture(scope="module")
def client():
    import dask
    import distributed

    workers = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"}),
        distributed.LocalCluster(**workers, silence_logs=50) as cluster,
        distributed.Client(cluster) as found,
    ):
        yield found


def parted(frame, parts):
    """A DataFrame of Dask with so many partitions, some of them empty."""
    import dask.dataframe as dd

    ends = cuts(len(frame), parts)
    pieces = [frame.iloc[low:high] for low, high in itertools.pairwise(ends)]
    return dd.from_map(lambda piece: piece, pieces, meta=frame.iloc[:0])


def same(fit, expected):
    for name in ("theta", "stderr", "cov"):
        np.testing.assert_array_equal(getattr(fit, name), getattr(expected, name))
    for name in ("log_likelihood", "n", "rows", "omitted", "passes"):
        assert getattr(fit, name) == getattr(expected, name)


def check_bits(frame, weights=None, families=("gamma",)):
    """Fits of a collection, and of what it is computed to."""
    rows, array = th.scan(frame, "x", weights=weights), th.scan(frame.compute(), "x", weights=weights)
    for family in families:
        same(th.fit(rows, family), th.fit(array, family))


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("parts", "weights", "families"),
    [
        (1, "w", ["gamma", "weibull"]),
        (3, None, ["gamma", "weibull", "student_t"]),
        (17, "w", ["weibull"]),
        (64, None, ["gamma"]),
    ],
    ids=str,
)
def test_the_bits_of_the_array(parts, weights, families):
    """All of them with all partitions: `python tests/cluster_kills.py`."""
    check_bits(parted(FRAME, parts), weights, families)


def test_without_a_cluster():
    import dask.array as da
    import dask.dataframe as dd

    check_bits(parted(FRAME, 7), "w")
    x = FRAME["x"].to_numpy()
    same(th.fit(th.scan(dd.from_pandas(FRAME["x"], npartitions=5)), "laplace"), th.fit(x, "laplace"))
    same(th.fit(th.scan(da.from_array(x, chunks=3333)), "gamma"), th.fit(x, "gamma"))


def test_partitions_of_several_types(client):
    import dask.dataframe as dd

    del client
    kinds = ("float64", "int64", "float32", "Int16")
    parts = [pd.DataFrame({"x": FRAME["x"][:500].round() + 1}).astype(kind) for kind in kinds]
    frame = dd.from_map(lambda part: part, parts, meta=parts[0].iloc[:0])
    same(th.fit(th.scan(frame), "gamma"), th.fit(pd.concat(parts)["x"].astype(float), "gamma"))


def killed_once(path):
    """The first task alone that comes here ends its process."""

    def met(part):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return part
        os._exit(1)

    return met


@pytest.mark.usefixtures("client")
def test_a_worker_is_killed(tmp_path):
    """Fifty times, on both engines: `python tests/cluster_kills.py`."""
    frame = parted(FRAME, 17)
    killing = frame.map_partitions(killed_once(str(tmp_path / "killed")), meta=FRAME.iloc[:0])
    same(th.fit(th.scan(killing, "x"), "gamma"), th.fit(FRAME["x"], "gamma"))
    assert (tmp_path / "killed").exists()


def failing(_):
    raise OSError("the disk is gone")


@pytest.mark.usefixtures("client")
def test_an_error_of_a_task_is_shown_with_what_to_do():
    lost = parted(FRAME, 3).map_partitions(failing, meta=FRAME.iloc[:0])
    with pytest.raises(th.ClusterError, match=r"Dask gave up .* OSError: the disk is gone\. .* call again"):
        th.fit(th.scan(lost, "x"), "gamma")


@pytest.mark.usefixtures("client")
def test_rows_that_are_drawn_anew_each_time_must_be_persisted():
    drawn = parted(FRAME, 3).map_partitions(
        lambda part: part.assign(x=np.random.default_rng().gamma(2, 3, len(part))), meta=FRAME.iloc[:0]
    )
    with pytest.raises(th.SampleError, match=r"have changed: partition . has other values .*df\.persist\(\)"):
        th.fit(th.scan(drawn, "x"), "gamma")
    check_bits(drawn.persist())


GROUPED = FRAME.assign(
    text=np.array(["b", "a", None, "c"], dtype=object)[RNG.integers(0, 4, N)],
    part=np.where(FRAME["k"] % 7 == 0, np.nan, FRAME["k"] / 2 - 3),
    kind=pd.Categorical(RNG.choice(["low", "high"], N), ["low", "high", "none"]),
    when=pd.Timestamp("2026-01-01") + pd.to_timedelta(RNG.integers(0, 9, N), "D"),
)


def check_groups(fits, expected):
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


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("by", "weights", "null_keys"),
    [("kind", "w", "drop"), (["text", "part", "when"], None, "group"), (["text", "k"], "w", "drop")],
    ids=str,
)
def test_groups_have_the_bits_of_the_array(by, weights, null_keys, monkeypatch):
    monkeypatch.setattr("thetahat.groups.cluster._FEWEST_ROWS", 7000)
    frame = parted(GROUPED, 6)
    rows, array = (th.scan(of, "x", weights=weights) for of in (frame, frame.compute()))
    check_groups(*(th.fit_groups(of, "weibull", by=by, null_keys=null_keys) for of in (rows, array)))


def test_groups_of_bad_rows():
    x = FRAME["x"].copy()
    x[[4, 5000]] = [np.nan, -1]
    frame = FRAME.assign(x=x)
    rows, array = th.scan(parted(frame, 5), "x"), th.scan(frame, "x")
    fits, expected = (th.fit_groups(of, "gamma", by="k", nan_policy="omit") for of in (rows, array))
    check_groups(fits, expected)
    check_groups(fits + fits, expected + expected)
    with pytest.raises(
        th.SampleError, match=r"1 value\(s\) that are NaN or infinite, the first at index 4 \(row 4"
    ):
        th.fit_groups(rows, "gamma", by="k", nan_policy="raise")


def test_groups_of_no_rows():
    fits = th.fit_groups(th.scan(parted(FRAME.iloc[:0], 1), "x"), "gamma", by=["k", "w"])
    assert (len(fits), fits.theta.shape, fits.keys.dtype.names) == (0, (0, 2), ("k", "w"))


def test_bad_input():
    import dask
    import dask.array as da

    frame = parted(FRAME, 2)
    for call, told in (
        (lambda: th.scan(frame, "y"), "this DataFrame of Dask has no column 'y'; it has 'x', 'w', 'k'"),
        (lambda: th.scan(frame), r"which column of this DataFrame of Dask \(column="),
        (lambda: th.scan(frame, "x", weights=frame["w"]), "weights must name a column .* got a Series"),
        (lambda: th.scan(frame, "x", weights="v"), "no column 'v'"),
        (lambda: th.scan(frame["x"], weights="w"), "has one column: leave column and weights out"),
        (lambda: th.scan(frame, "x", where="k > 2"), "filter this DataFrame itself"),
        (lambda: th.scan(frame, "x", format="csv"), "format"),
        (lambda: th.scan(da.ones((4, 2))), r"has shape \(4, 2\): pass one column"),
        (lambda: th.scan(dask.delayed(1)), "of Dask has no columns: pass a DataFrame"),
        (lambda: th.fit(th.scan(frame, "x"), "gamma", weights=FRAME["w"]), "weights are those of the source"),
        (lambda: th.fit_groups(th.scan(frame, "x"), "gamma", by=FRAME["k"]), "by must name columns"),
        (lambda: th.fit_groups(th.scan(frame, "x"), "gamma", by="z"), "no column 'z'"),
        (lambda: th.fit_groups(th.scan(frame, "x"), "gamma", offsets=[0, N]), "offsets is not used"),
        (
            lambda: th.fit_groups(th.scan(frame, "x"), "gamma", by="k", fixed={"shape": np.ones(50)}),
            "shape has a value for each group",
        ),
        (lambda: th.fit_groups(th.scan(frame["x"]), "gamma", by="k"), "has one column"),
    ):
        with pytest.raises(th.ParameterError, match=told):
            call()


def test_a_column_of_text():
    frame = parted(FRAME.assign(x="a"), 2)
    with pytest.raises(TypeError, match=r"real numbers|text"):
        th.fit(th.scan(frame, "x"), "gamma")


def test_dask_that_is_not_installed(monkeypatch):
    from thetahat.data import dask_engine

    def missing(name):
        raise ImportError(name)

    rows = th.scan(parted(FRAME, 2), "x")
    monkeypatch.setattr(dask_engine, "import_module", missing)
    with pytest.raises(th.MissingExtraError, match=r'pip install "thetahat\[dask\]"'):
        th.fit(rows, "gamma")


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # which Dask passes to pandas
def test_files_of_dask(tmp_path, client):
    """The order of rows is Dask's own: part.10 comes after part.9."""
    import dask.dataframe as dd

    del client
    parted(FRAME, 12).to_parquet(tmp_path / "rows")
    check_bits(dd.read_parquet(tmp_path / "rows"), "w")
