"""Collections of Dask have the bits of the array in their order, on a cluster of two processes."""

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from partitions import cuts

import thetahat as th
from thetahat.data import group_rounds

pytestmark = pytest.mark.xdist_group("dask")  # one cluster for all
dask = pytest.importorskip("dask", reason="free-threaded Python has no Dask")
dd, da, distributed = (pytest.importorskip(name) for name in ("dask.dataframe", "dask.array", "distributed"))

N = 20_001
RNG = np.random.default_rng(18)
FRAME = pd.DataFrame({"x": RNG.gamma(2, 3, N), "w": RNG.integers(0, 3, N) * 0.3, "k": RNG.integers(0, 50, N)})


@pytest.fixture(scope="module")
def client():
    workers = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        dask.config.set({"distributed.logging.distributed": "error", "distributed.admin.tick.limit": "1h"}),
        distributed.LocalCluster(**workers, silence_logs=50) as cluster,
        distributed.Client(cluster) as found,
    ):
        yield found


def parted(frame, parts):
    """A DataFrame of Dask with so many partitions, some of them empty."""
    ends = cuts(len(frame), parts)
    pieces = [frame.iloc[low:high] for low, high in zip(ends[:-1], ends[1:], strict=True)]
    return dd.from_map(lambda piece: piece, pieces, meta=frame.iloc[:0])


def same(fit, expected):
    for name in ("theta", "stderr", "cov"):
        np.testing.assert_array_equal(getattr(fit, name), getattr(expected, name))
    for name in ("log_likelihood", "n", "rows", "omitted", "passes"):
        assert getattr(fit, name) == getattr(expected, name)


def check_bits(frame, weights=None, families=("gamma", "weibull", "student_t")):
    """Fits of a collection, and of what it is computed to."""
    rows, array = th.scan(frame, "x", weights=weights), th.scan(frame.compute(), "x", weights=weights)
    for family in families:
        same(th.fit(rows, family), th.fit(array, family))


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("parts", [1, 3, 17, 64])
def test_the_bits_of_the_array(parts, weights):
    check_bits(parted(FRAME, parts), weights)


def test_without_a_cluster():
    check_bits(parted(FRAME, 7), "w")
    x = FRAME["x"].to_numpy()
    same(th.fit(th.scan(dd.from_pandas(FRAME["x"], npartitions=5)), "laplace"), th.fit(x, "laplace"))
    same(th.fit(th.scan(da.from_array(x, chunks=3333)), "gamma"), th.fit(x, "gamma"))


def test_partitions_of_several_types(client):
    del client
    kinds = ("float64", "int64", "float32", "Int16")
    parts = [pd.DataFrame({"x": FRAME["x"][:500].round() + 1}).astype(kind) for kind in kinds]
    frame = dd.from_map(lambda part: part, parts, meta=parts[0].iloc[:0])
    same(th.fit(th.scan(frame), "gamma"), th.fit(pd.concat(parts)["x"].astype(float), "gamma"))


def once(path, harm):
    """Do some harm in the first task alone that comes here."""

    def met(part):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return part
        harm()
        return part

    return met


def die():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("family", ["gamma", "weibull"])
def test_a_worker_is_killed(tmp_path, family):
    frame = parted(FRAME, 17)
    killing = frame.map_partitions(once(str(tmp_path / "killed"), die), meta=FRAME.iloc[:0])
    same(th.fit(th.scan(killing, "x"), family), th.fit(FRAME["x"], family))
    assert (tmp_path / "killed").exists()


def always(part):
    raise OSError("the disk is gone")


@pytest.mark.usefixtures("client")
def test_an_error_of_a_task_is_shown_with_what_to_do():
    failing = parted(FRAME, 3).map_partitions(always, meta=FRAME.iloc[:0])
    with pytest.raises(th.ClusterError, match=r"Dask gave up .* OSError: the disk is gone\. .* call again"):
        th.fit(th.scan(failing, "x"), "gamma")


def test_a_cluster_that_gives_up_says_so(client, monkeypatch):
    monkeypatch.setattr(client.cluster.scheduler, "allowed_failures", 0)
    dying = parted(FRAME, 2).map_partitions(lambda part: die(), meta=FRAME.iloc[:0])
    with pytest.raises(th.ClusterError, match=r"Dask gave up on .* KilledWorker: .* call again"):
        th.fit(th.scan(dying, "x"), "gamma")
    client.wait_for_workers(2)


@pytest.mark.usefixtures("client")
def test_rows_that_are_drawn_anew_each_time_must_be_persisted():
    drawn = parted(FRAME, 3).map_partitions(
        lambda part: part.assign(x=np.random.default_rng().gamma(2, 3, len(part))), meta=FRAME.iloc[:0]
    )
    with pytest.raises(th.SampleError, match=r"have changed: partition . has other values .*df\.persist\(\)"):
        th.fit(th.scan(drawn, "x"), "gamma")
    check_bits(drawn.persist(), families=("gamma",))


GROUPED = FRAME.assign(
    text=np.array(["b", "a", None, "c"], dtype=object)[RNG.integers(0, 4, N)],
    part=np.where(FRAME["k"] % 7 == 0, np.nan, FRAME["k"] / 2 - 3),
    kind=pd.Categorical(RNG.choice(["low", "high"], N), ["low", "high", "none"]),
    when=pd.Timestamp("2026-01-01") + pd.to_timedelta(RNG.integers(0, 9, N), "D"),
)


def check_groups(fits, expected):
    for name in ("theta", "stderr", "cov", "log_likelihood", "n", "rows", "omitted", "passes", "status", "reason"):
        np.testing.assert_array_equal(getattr(fits, name), getattr(expected, name))
    assert fits.keys.dtype == expected.keys.dtype
    np.testing.assert_array_equal(fits.keys.astype(str), expected.keys.astype(str))


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("by", ["k", "text", "part", "kind", "when", ["text", "k"]], ids=str)
def test_groups_have_the_bits_of_the_array(by, monkeypatch):
    monkeypatch.setattr(group_rounds, "_FEWEST_ROWS", 4000)
    frame = parted(GROUPED, 9)
    weights = "w" if by == "k" else None
    null_keys = "drop" if by == "text" else "group"
    check_groups(
        th.fit_groups(th.scan(frame, "x", weights=weights), "weibull", by=by, null_keys=null_keys),
        th.fit_groups(
            th.scan(frame.compute(), "x", weights=weights), "weibull", by=by, null_keys=null_keys
        ),
    )


def test_groups_of_bad_rows():
    x = FRAME["x"].copy()
    x[[4, 5000]] = [np.nan, -1]
    frame = FRAME.assign(x=x)
    rows, array = th.scan(parted(frame, 5), "x"), th.scan(frame, "x")
    for policy in ("status", "omit"):
        check_groups(*(th.fit_groups(of, "gamma", by="k", nan_policy=policy) for of in (rows, array)))
    with pytest.raises(th.SampleError, match=r"1 value\(s\) that are NaN or infinite, the first at index 4 \(row 4"):
        th.fit_groups(rows, "gamma", by="k", nan_policy="raise")
    added = th.fit_groups(rows, "gamma", by="k", nan_policy="omit")
    assert (added + added).n.sum() == 2 * added.n.sum()


def test_bad_input():
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
        (lambda: th.scan(dask.delayed(1)), "a Delayed of Dask has no columns"),
        (lambda: th.fit(th.scan(frame, "x"), "gamma", weights=FRAME["w"]), "weights are those of the source"),
        (lambda: th.fit_groups(th.scan(frame, "x"), "gamma", by=FRAME["k"]), "by must name columns"),
        (lambda: th.fit_groups(th.scan(frame, "x"), "gamma", by="z"), "no column 'z'"),
        (lambda: th.fit_groups(th.scan(frame, "x"), "gamma", offsets=[0, N]), "offsets is not used"),
        (
            lambda: th.fit_groups(th.scan(frame, "x"), "gamma", by="k", fixed={"shape": np.ones(50)}),
            "shape has a value for each group",
        ),
        (lambda: th.fit_groups(th.scan(frame["x"]), "gamma", by="k"), "has one column, and no keys"),
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


def test_files_of_dask(tmp_path, client):
    """Row order is that of Dask: files by their names as numbers say."""
    del client
    parted(FRAME, 12).to_parquet(tmp_path / "rows")
    assert len(list(Path(tmp_path / "rows").glob("*.parquet"))) >= 2
    check_bits(dd.read_parquet(tmp_path / "rows"), "w", families=("gamma",))
