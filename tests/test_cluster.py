"""Rows in partitions have the bits of the array of all rows, whatever the partitions and the order."""

import numpy as np
import pandas as pd
import pytest
from partitions import Here, parted, source
from turns import in_turn

import thetahat as th
from thetahat.data.cluster import ClusterSource

N = 9001
RNG = np.random.default_rng(17)
WEIGHTS = RNG.integers(0, 3, N) * RNG.choice([1.0, 0.3], N)
NUMBERS = ("theta", "stderr", "cov")


def same(fit, expected):
    """Whether two fits have the same bits."""
    for name in NUMBERS:
        np.testing.assert_array_equal(getattr(fit, name), getattr(expected, name))
    for name in ("log_likelihood", "n", "rows", "omitted", "status"):
        assert getattr(fit, name) == getattr(expected, name)


@in_turn("weights", [None, WEIGHTS])
def test_a_fit_has_the_bits_of_the_array(first, weights):
    x = first.sample(N)
    expected = th.fit(x, first.family, weights=weights, cov=first.cov)
    for parts in (3, 64):
        arrays = {"x": x} if weights is None else {"x": x, "w": weights}
        same(th.fit(source(arrays, parts), first.family, cov=first.cov), expected)


def test_edge_rows_travel_once():
    """Rounds at theta after the first send node sums alone."""
    x = RNG.standard_t(3, 100_000)
    rows = source({"x": x}, 16)
    th.log_likelihood(rows, "student_t", (0, 1, 3))
    engine, sizes = rows.engine, []
    for theta in ((0, 1, 3), (0.1, 1, 3)):
        before = engine.bytes
        assert th.log_likelihood(rows, "student_t", theta) == th.log_likelihood(x, "student_t", theta)
        sizes.append(engine.bytes - before)
    assert engine.rounds == ["Counts", "Pieces", "Pieces", "Pieces"]
    assert sizes[0] == sizes[1] < 16 * 2048


@pytest.mark.parametrize(
    ("family", "rounds"),
    [
        ("gamma", ["Counts", "Pieces"]),
        ("weibull", ["Counts", "PilotRows", "Pieces"]),
        ("uniform", ["Counts", "Pieces"]),
    ],
)
def test_as_few_rounds_as_passes_of_one_machine(family, rounds):
    rows = source({"x": RNG.weibull(1.5, 100_000)}, 9)
    th.fit(rows, family)
    assert rows.engine.rounds == rounds


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("few", [1 << 18, 40], ids=["by copies", "by buckets"])
def test_a_median_is_that_of_the_array(few, weights, monkeypatch):
    monkeypatch.setattr(ClusterSource, "most_copied", few)
    for x in (RNG.laplace(5, 2, N), np.round(RNG.laplace(5, 2, N)), np.sort(RNG.standard_cauchy(N))):
        rows = source({"x": x} if weights is None else {"x": x, "w": weights}, 12)
        same(th.fit(rows, "laplace"), th.fit(x, "laplace", weights=weights))
        ties = np.unique(x).size < N
        assert ("Ranked" in rows.engine.rounds) == (few == 40 and not ties)


@pytest.mark.parametrize("dtype", ["float32", "int16", ">f8", "Float64", "Int32", "double[pyarrow]"])
@pytest.mark.parametrize("policy", ["raise", "omit"])
def test_any_type_and_nulls(dtype, policy):
    x = pd.Series(np.round(RNG.gamma(2, 9, N)) + 1).astype(dtype)
    if policy == "omit":
        x = x.astype("float64") if dtype in ("int16",) else x
        x[RNG.random(N) < 0.2] = None
    frame = pd.DataFrame({"x": x, "w": WEIGHTS})
    rows = ClusterSource(Here(frame.iloc[low : low + 500] for low in range(0, N, 500)), "x", "w")
    same(
        th.fit(rows, "gamma", nan_policy=policy),
        th.fit(th.scan(frame, "x", weights="w"), "gamma", nan_policy=policy),
    )


def test_partitions_of_several_types():
    x = np.round(RNG.gamma(2, 9, 3000)) + 1
    kinds = ("float64", "int32", "float32", "uint8")
    parts = [{"x": x[750 * k : 750 * (k + 1)].astype(kind)} for k, kind in enumerate(kinds)]
    same(th.fit(ClusterSource(Here(parts), "x"), "gamma"), th.fit(x, "gamma"))


def test_other_questions_have_the_answers_of_the_array():
    x = RNG.gamma(2, 3, N)
    rows = source({"x": x}, 13)
    assert (rows.n, rows.counted) == (N, N)
    assert th.log_likelihood(rows, "gamma", (2, 3)) == th.log_likelihood(x, "gamma", (2, 3))
    np.testing.assert_array_equal(th.score(rows, "weibull", (2, 3)), th.score(x, "weibull", (2, 3)))
    assert str(th.compare(rows)) == str(th.compare(x))
    assert str(th.compare(source({"x": np.floor(x)}, 5))) == str(th.compare(np.floor(x)))
    same(
        th.fit(rows, "gamma", method=th.GradientAscent(learning_rate=1e-6, epochs=9)),
        th.fit(x, "gamma", method=th.GradientAscent(learning_rate=1e-6, epochs=9)),
    )
    np.testing.assert_array_equal(
        th.fit(rows, "weibull").confint(method="profile"), th.fit(x, "weibull").confint(method="profile")
    )


@pytest.mark.parametrize("at", [None, (1.5, 3)])
def test_a_summary_has_the_bytes_of_the_array_and_goes_on(at):
    x, family = RNG.gamma(2, 3, N), "gamma" if at is None else "weibull"
    whole = th.summarize(x, family, at=at).to_bytes()
    assert th.summarize(source({"x": x}, 13), family, at=at).to_bytes() == whole
    by_parts = th.Summary(family, at=at).update(x[:1234]).update(source({"x": x[1234:5000]}, 7))
    assert by_parts.update(x[5000:]).to_bytes() == whole


@pytest.mark.parametrize("k", [1, 100, N - 1, N, 2 * N])
def test_a_sample_has_the_rows_that_are_drawn_of_the_array(k):
    x = RNG.normal(size=N)
    mine = source({"x": x, "w": WEIGHTS}, 11).sample(k, rng=5).contiguous()
    expected = th.scan(pd.DataFrame({"x": x, "w": WEIGHTS}), "x", weights="w").sample(k, rng=5).contiguous()
    np.testing.assert_array_equal(mine.x, expected.x)
    np.testing.assert_array_equal(mine.weights, expected.weights)


@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("gof", lambda rows: th.fit(rows, "gamma").gof()),
        ("a plot of other panels than the density", lambda rows: th.fit(rows, "gamma").plot("qq")),
        ("SGD", lambda rows: th.fit(rows, "gamma", method=th.SGD())),
        ("what reads the rows one after another", lambda rows: th.Online("weibull").partial_fit(rows)),
        ("an array", np.asarray),
    ],
)
def test_what_needs_all_rows_in_one_place_is_refused_by_name(what, call):
    rows = source({"x": RNG.gamma(2, 3, N)}, 4)
    with pytest.raises(th.ParameterError, match=rf"^{what} needs all rows in one place.*s\.sample\(k\)"):
        call(rows)


def test_a_density_is_drawn_of_some_rows():
    assert th.fit(source({"x": RNG.gamma(2, 3, N)}, 4), "gamma").plot("density").axes


def bad(change, parts=9, **columns):
    """A source and the array, with a change of some rows."""
    arrays = {"x": RNG.gamma(2, 3, N), **columns}
    change(arrays)
    return source(arrays, parts), arrays


def put(name, places, value):
    def change(arrays):
        arrays[name] = arrays[name].copy()
        arrays[name][places] = value

    return change


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("x", np.nan, r"column 'x' of this table holds 2 value\(s\) that are NaN or infinite"),
        ("x", -1.5, r"column 'x' of this table holds 2 value\(s\) outside the support of gamma, x > 0"),
        ("w", -2.0, r"column 'w' of this table holds 2 value\(s\) that are negative or not finite"),
    ],
)
@pytest.mark.parametrize("family", ["gamma", "weibull", "laplace"])
def test_bad_rows_are_counted_and_the_first_is_named(name, value, told, family):
    if family == "laplace" and value == -1.5:
        told, family = told.replace("gamma", "weibull"), "weibull"
    rows, arrays = bad(put(name, [4321, 8000], value), w=np.ones(N))
    with pytest.raises(th.SampleError, match=told.replace("gamma", family)) as raised:
        th.fit(rows, family)
    starts = np.cumsum([0, *(part["x"].size for part in rows.engine.parts)])
    place = int(np.searchsorted(starts, 4321, side="right")) - 1
    while rows.engine.parts[place]["x"].size == 0:
        place -= 1
    at = f", the first at index 4321 (row {4321 - starts[place]} of partition {place})"
    assert at in str(raised.value)
    assert str(raised.value).endswith(f": {arrays[name][4321]!r}".replace("np.float64(", "").replace(")", ""))
    assert (raised.value.first, raised.value.count) == (4321, 2)


def test_nulls_are_counted_before_a_pass():
    x = pd.Series(RNG.gamma(2, 3, N)).astype("Float64")
    x[[10, 7000]] = pd.NA
    frame = pd.DataFrame({"x": x, "w": pd.Series(np.ones(N)).astype("Float64")})
    parts = [frame.iloc[low : low + 1000] for low in range(0, N, 1000)]
    told = r"holds 2 null value\(s\), the first at index 10 \(row 10 of partition 0\); nan_policy=\"omit\""
    with pytest.raises(th.SampleError, match=told):
        th.fit(ClusterSource(Here(parts), "x"), "gamma")
    with pytest.raises(
        th.SampleError, match=r"column 'x' of this table holds 2 null value\(s\).*use weight 0"
    ):
        th.fit(ClusterSource(Here(parts), "w", "x"), "exponential")


def mostly_null(kept):
    """Rows of which all but some neighbours are NaN, in partitions of which three have no rows."""
    x = np.full(N, np.nan)
    x[4000 : 4000 + kept] = RNG.gamma(2, 3, kept)
    parts = parted({"x": x}, 20)
    parts[3:3] = [{"x": x[:0]}] * 3
    return x, ClusterSource(Here(parts), "x")


def test_empty_partitions_and_null_ones():
    x, rows = mostly_null(500)
    same(th.fit(rows, "gamma", nan_policy="omit"), th.fit(x, "gamma", nan_policy="omit"))


def test_partitions_that_are_all_null():
    _, rows = mostly_null(0)
    told = f"column 'x' of this table is empty: a fit needs at least one row .all {N} rows are"
    with pytest.raises(th.SampleError, match=told):
        th.fit(rows, "gamma", nan_policy="omit")


@pytest.mark.parametrize("family", ["gamma", "weibull", "laplace"])
def test_no_rows_at_all(family):
    with pytest.raises(th.SampleError, match="column 'x' of this table is empty"):
        th.fit(ClusterSource(Here([{"x": np.empty(0)}] * 3), "x"), family)


@pytest.mark.parametrize("family", th.families())
def test_equal_rows_end_as_those_of_the_array(family):
    x = np.ones(5000) if family not in ("beta",) else np.full(5000, 0.5)

    def ended(rows):
        try:
            return repr(th.fit(rows, family).params)
        except th.ThetahatError as error:
            return f"{type(error).__name__}: {error}"

    assert ended(source({"x": x}, 6)) == ended(x)


@pytest.mark.parametrize("changed", ["value", "order", "row", "weight", "partition"])
@pytest.mark.parametrize("family", ["weibull", "laplace"])
def test_rows_that_change_between_rounds_are_an_error(changed, family):
    rows = source({"x": RNG.gamma(2, 3, N), "w": np.ones(N)}, 6)
    assert rows.counted == N
    place = max(range(6), key=lambda place: rows.engine.parts[place]["x"].size)
    x, w = (rows.engine.parts[place][name].copy() for name in ("x", "w"))
    if changed == "value":
        x[3] = np.nextafter(x[3], 9)
    elif changed == "order":
        x[[3, 4]] = x[[4, 3]]
    elif changed == "row":
        x, w = x[1:], w[1:]
    elif changed == "weight":
        w[7] = 2
    rows.engine.parts[place] = {"x": x, "w": w}
    if changed == "partition":
        rows.engine.parts[place] = {"x": x[:0], "w": w[:0]}
    told = rf"the rows of column 'x' of this table have changed: partition {place} has .*persist it"
    with pytest.raises(th.SampleError, match=told):
        th.fit(rows, family)


def test_an_error_of_a_partition_says_which():
    parts = [{"x": np.ones(3)}, {"x": np.array(["a", "b"])}]
    with pytest.raises(TypeError, match=r"real numbers.*\(in partition 1\)"):
        th.fit(ClusterSource(Here(parts), "x"), "gamma")


def test_a_fit_resumes_from_a_checkpoint_of_the_same_rows(tmp_path):
    x, method = RNG.gamma(2, 3, N), th.GradientAscent(learning_rate=1e-6, epochs=5)
    path, rows = tmp_path / "run.ckpt", source({"x": x}, 5)
    fit = th.fit(rows, "weibull", method=method, checkpoint=path)
    same(th.fit(source({"x": x}, 5), "weibull", method=method, checkpoint=path), fit)
    with pytest.raises(th.CheckpointError, match="digest of the partitions"):
        th.fit(source({"x": x[::-1].copy()}, 5), "weibull", method=method, checkpoint=path)
