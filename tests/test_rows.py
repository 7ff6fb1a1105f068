"""Whatever holds the rows, the fit is that of their plain float64 copy, bit for bit."""

import sys
import sysconfig
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from turns import in_turn

import thetahat as th

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
POLARS = not FREE_THREADED or find_spec("polars") is not None  # polars has no wheel for free-threaded Python
if POLARS:
    import polars as pl

KINDS = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
SIZES = [2, 17, 2048, 5001, 300_001]


def bits(x, **options):
    """Everything a pass gives, to the last bit."""
    fit = th.fit(x, "normal", **options)
    value, score = th.log_likelihood_and_score(x, "normal", (1, 2), **options)
    return fit.n, fit.theta.tobytes(), fit.cov.tobytes(), fit.log_likelihood, value, score.tobytes()


def integers(n, seed=0):
    """Values that every type holds, with repeats and no two neighbours alike in order."""
    return np.random.default_rng(seed).integers(0, 100, n)


@in_turn("n", SIZES)
@in_turn("order", ["<", ">"])
@pytest.mark.parametrize("kind", KINDS)
def test_dtypes_and_byte_orders(kind, order, n):
    x = integers(n).astype(order + kind)
    plain = bits(x.astype(np.float64))
    assert bits(x) == plain
    assert bits(x[::-1]) == bits(x.astype(np.float64)[::-1].copy())
    assert bits(np.repeat(x, 3)[1::3]) == plain


def test_every_half_is_read_as_numpy_reads_it():
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)]
    assert finite.size == 63_488
    assert (
        th.logpdf(finite, "normal", (0, 1)).tobytes()
        == th.logpdf(finite.astype("f8"), "normal", (0, 1)).tobytes()
    )
    assert bits(finite) == bits(finite.astype("f8"))
    for bad in halves[~np.isfinite(halves)][::97]:
        with pytest.raises(th.SampleError, match=r"1 value.*at index 1"):
            th.fit(np.array([1, bad, 2], np.float16), "normal")


def test_extremes_of_every_type():
    for kind in KINDS:
        info = np.finfo(kind) if kind[0] == "f" else np.iinfo(kind)
        if kind in ("i8", "u8"):
            values = [0, 2**53, -(2**53) if kind == "i8" else 1]
        else:
            values = [info.min, info.max, info.max]
        x = np.array(values, dtype=kind)
        assert bits(x) == bits(x.astype("f8"))


@pytest.mark.parametrize("step", [1, 2, 3, -1, -2, 0])
def test_steps(step):
    base = np.random.default_rng(1).normal(size=9000)
    x = np.lib.stride_tricks.as_strided(base, (4000,), (0,)) if step == 0 else base[::step][:4000]
    if step == 0:
        with pytest.raises(th.NoMaximumError, match=r"these 4000 row\(s\) has no maximum"):
            th.fit(x, "normal")
    else:
        assert bits(x) == bits(x.copy())


@pytest.mark.parametrize("kind", ["f8", "f4", "i4"])
def test_unaligned_rows(kind):
    x = integers(3000).astype(kind)
    unaligned = np.frombuffer(b"." + x.tobytes(), np.uint8)[1:].view(kind)
    assert not unaligned.flags.aligned
    assert bits(unaligned) == bits(x)


def test_fields_of_a_record_array():
    table = np.zeros(3000, dtype=[("id", "i2"), ("x", "f8"), ("y", ">f4")])
    table["x"], table["y"] = np.random.default_rng(0).normal(size=(2, 3000))
    assert bits(table["x"]) == bits(table["x"].copy())
    assert bits(table["y"]) == bits(table["y"].astype("f8"))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", ["f8", ">f4", "i2"])
def test_masked_rows_do_not_shift_the_grid(n, kind):
    x = integers(n).astype(kind)
    mask = np.random.default_rng(2).random(n) < 0.3
    mask[:2] = False
    x = np.where(mask, x.dtype.type(99), x)
    for layout in (slice(None), slice(None, None, -1), slice(None, None, 2)):
        masked = np.ma.array(x, mask=mask)[layout]
        if masked.count() > 1:
            assert bits(masked) == bits(masked.compressed().astype("f8"))
            assert th.fit(masked, "normal").omitted == masked.size - masked.count()
    assert bits(np.ma.array(x)) == bits(x.astype("f8"))


def test_masked_rows_may_hold_anything():
    x = np.ma.array([1.0, np.nan, 3.0, np.inf, 7.0], mask=[0, 1, 0, 1, 0])
    assert bits(x) == bits([1.0, 3.0, 7.0])
    large = np.ma.array([1, 2**63 - 1, 3], mask=[0, 1, 0])
    assert bits(large) == bits([1.0, 3.0])


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("threads", [1, 3])
def test_omitted_nan_rows_do_not_shift_the_grid(n, threads):
    x = np.random.default_rng(3).normal(1, 2, n)
    lost = np.random.default_rng(4).random(n) < 0.1
    lost[:2] = False
    kept = x[~lost]
    x[lost] = np.nan
    assert bits(x, nan_policy="omit", threads=threads) == bits(kept)
    fit = th.fit(x, "normal", nan_policy="omit")
    assert (fit.n, fit.omitted) == (kept.size, lost.sum())
    assert ("left out" in str(fit)) == lost.any()
    if lost.any():
        with pytest.raises(th.SampleError, match=rf"{lost.sum()} value\(s\).*at index {lost.argmax()}"):
            th.fit(x, "normal")


def test_omitting_nan_does_not_omit_infinities():
    with pytest.raises(th.SampleError, match=r"1 value.*at index 2"):
        th.fit([1.0, np.nan, np.inf], "normal", nan_policy="omit")
    with pytest.raises(th.SampleError, match="all 2 rows are masked, null, omitted or of weight 0"):
        th.fit([np.nan, np.nan], "normal", nan_policy="omit")
    with pytest.raises(th.ParameterError, match="nan_policy must be one of raise, omit; got 'drop'"):
        th.fit([1.0, 2.0], "normal", nan_policy="drop")


def test_sgd_takes_the_rows_that_count():
    x = np.array([1.0, np.nan, 3.0, 7.0, 5.0], dtype=">f4")
    method = th.SGD(learning_rate=1e-3, epochs=5, batch_size=2)
    ours = th.fit(x, "normal", method=method, start=(0, 1), rng=1, nan_policy="omit")
    plain = th.fit([1.0, 3.0, 7.0, 5.0], "normal", method=method, start=(0, 1), rng=1)
    assert ours.theta.tolist() == plain.theta.tolist()
    assert ours.omitted == 1


NULLABLE = {"float": "Float32", "double": "Float64"}  # of pandas, where capitals do not do


def nullable(values, kind):
    """A nullable array of pandas."""
    return pd.array(values, dtype=NULLABLE.get(str(kind), str(kind).replace("i", "I", 1).replace("u", "U")))


COLUMNS = {
    "pyarrow": pa.array,
    "pyarrow chunked": lambda v, t: pa.chunked_array(
        [pa.array(v[:7], t), pa.array([], t), pa.array(v[7:], t)]
    ),
    "pyarrow sliced": lambda v, t: pa.array([5, *v, 6, 6], t)[1:-2],
    "pyarrow table": lambda v, t: pa.table({"a": pa.array([5, None, *v], t)}).slice(2),
    "pyarrow batch": lambda v, t: pa.record_batch({"a": pa.array([None, *v, 1], t)}).slice(1, len(v)),
    "pyarrow struct": lambda v, t: pa.StructArray.from_arrays([pa.array([3, *v], t)], ["a"]).slice(1),
    "pandas of Arrow": lambda v, t: pd.Series(pa.array(v, t), dtype=pd.ArrowDtype(t)),
    "pandas nullable": lambda v, t: pd.Series(nullable(v, t)),
    "pandas array": nullable,
    "pandas index": lambda v, t: pd.Index(nullable(v, t)),
    "pandas frame": lambda v, t: pd.DataFrame({"a": nullable(v, t)}),
}
if POLARS:
    COLUMNS["polars"] = lambda v, t: pl.Series(pa.array(v, t))
    COLUMNS["polars chunked"] = lambda v, t: pl.concat(
        [pl.Series(pa.array(v[:99], t)), pl.Series(pa.array(v[99:], t))], rechunk=False
    )
    COLUMNS["polars frame"] = lambda v, t: pl.DataFrame({"a": pl.Series(pa.array(v, t))})
ARROW_TYPES = [pa.float32(), pa.float64(), pa.int8(), pa.int16(), pa.int32(), pa.int64()]
ARROW_TYPES += [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]


@pytest.mark.parametrize("holder", COLUMNS)
@in_turn("kind", ARROW_TYPES)
def test_columns_of_other_libraries(holder, kind):
    values = integers(5003)
    column = COLUMNS[holder](values.tolist(), kind)
    assert bits(column) == bits(values.astype(float))
    assert th.logpdf(column, "normal", (1, 2)).tobytes() == th.logpdf(values, "normal", (1, 2)).tobytes()


@pytest.mark.parametrize("holder", COLUMNS)
@in_turn("kind", ARROW_TYPES)
def test_nulls_obey_nan_policy(holder, kind):
    values = integers(5003).tolist()
    values[3::11] = [None] * len(values[3::11])
    column, lost = COLUMNS[holder](values, kind), np.array([v is None for v in values])
    kept = np.array([v for v in values if v is not None], dtype=float)
    assert bits(column, nan_policy="omit") == bits(kept)
    assert th.fit(column, "normal", nan_policy="omit").omitted == lost.sum()
    said = rf"x holds {lost.sum()} null value\(s\), the first at index 3; nan_policy=.omit. leaves them out"
    summary = th.Summary("normal")
    for read in (
        lambda: th.fit(column, "normal"),
        lambda: th.logpdf(column, "normal", (1, 2)),
        lambda: th.Online("gumbel").partial_fit(column),
        lambda: summary.update(column),
        lambda: th.compare(column),
    ):
        with pytest.raises(th.SampleError, match=said) as error:
            read()
        assert (error.value.first, error.value.count) == (3, lost.sum())
    weights = np.where(lost, 0.0, 2.0)  # what has no weight needs no value
    assert bits(column, weights=weights) == bits(kept, weights=weights[~lost])
    with pytest.raises(th.SampleError, match=r"weights holds 455 null value\(s\), the first at index 3; use"):
        th.fit(np.arange(5003.0), "normal", weights=column)


def test_nullable_columns_need_no_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    column = pd.Series([1, None, 3], dtype="Int64")
    assert bits(column, nan_policy="omit") == bits([1.0, 3.0])
    with pytest.raises(th.SampleError, match=r"1 null value\(s\), the first at index 1"):
        th.fit(column, "normal")


def test_a_masked_array_says_which_rows_are_left_out():
    assert bits(np.ma.array([1.0, 5.0, 3.0], mask=[0, 1, 0])) == bits([1.0, 3.0])
    with pytest.raises(th.SampleError, match=r"weights is masked; use weight 0 to leave a row out"):
        th.fit([1.0, 2.0], "normal", weights=np.ma.array([1.0, 2.0], mask=[True, False]))


def test_integers_that_no_double_equals_are_no_missing_values():
    said = r"1 integer\(s\) beyond 2\*\*53, the first at index 3: 1152921504606846976"
    rows = np.array([1, 2, 4, 2**60, 7])
    for x in (rows, rows.astype(">u8"), pa.array(rows), pd.Series(rows), pd.Series(rows, dtype="Int64")):
        for nan_policy in ("raise", "omit"):
            with pytest.raises(th.SampleError, match=said):
                th.fit(x, "normal", nan_policy=nan_policy)
            with pytest.raises(th.SampleError, match=said):
                th.fit(x, "gumbel", nan_policy=nan_policy, method=th.SGD())
            with pytest.raises(th.SampleError, match=said):
                th.Online("gumbel").partial_fit(x, nan_policy=nan_policy)
            with pytest.raises(th.SampleError, match=said):
                th.compare(x, nan_policy=nan_policy)


@pytest.mark.parametrize(
    "x", [[2**53 + 1, 0.5], (0.5, -(2**53) - 1), [2**63 + 1, -1], [np.int64(2**62 + 1), 0.5]]
)
def test_integers_among_the_floats_of_a_list(x):
    first = next(i for i, value in enumerate(x) if abs(value) > 1)
    with pytest.raises(
        th.SampleError, match=rf"1 integer\(s\) that .* exactly, the first at index {first}: -?\d+$"
    ):
        th.fit(x, "normal")
    assert th.fit([2**60, 0.5], "normal").n == 2  # which is a double


def test_arrow_halves():
    x = np.arange(200, dtype=np.float16)
    assert bits(pa.array(x)) == bits(x.astype("f8"))


def test_arrow_columns_are_not_copied():
    x = np.random.default_rng(0).normal(size=4_000_000)
    column = pa.array(x)
    before = pa.total_allocated_bytes()
    fit = th.fit(column, "normal")
    assert pa.total_allocated_bytes() < before + 10_000  # what describes the column, which the fit refers to
    assert fit.theta.tolist() == th.fit(x, "normal").theta.tolist()


def test_arrow_columns_without_rows():
    for column in (
        pa.array([], pa.float64()),
        pa.chunked_array([], pa.float64()),
    ):
        with pytest.raises(th.SampleError, match="x is empty"):
            th.fit(column, "normal")


def test_pandas_nan_is_nan_and_not_null():
    series = pd.Series([1.0, np.nan, 3.0])
    with pytest.raises(th.SampleError, match=r"1 value.*at index 1"):
        th.fit(series, "normal")
    assert bits(pd.Series([1.0, 2.0, 5.0], index=[7, 8, 9])) == bits([1.0, 2.0, 5.0])


def test_errors_name_the_row_in_the_whole_column():
    column = pa.chunked_array([pa.array([1.0, 2.0]), pa.array([4.0, 3.0, float("inf"), float("nan")])])
    with pytest.raises(th.SampleError, match=r"2 value.*at index 4: inf$"):
        th.fit(column, "normal")
    column = pa.chunked_array([pa.array([1, 2]), pa.array([3, 2**60])])
    with pytest.raises(th.SampleError, match=r"1 integer\(s\) beyond 2\*\*53, the first at index 3"):
        th.fit(column, "normal")


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=60),
    st.sampled_from(["<f4", ">f4", "<f8", ">f8"]),
    st.sampled_from([1, 2, -1, -3]),
    st.integers(1, 200),
    st.data(),
)
def test_any_layout(values, kind, step, times, data):
    """Type, byte order, step, mask, NaN and portions drawn at random."""
    x = np.tile(np.array(values, dtype=kind), times)[::step]
    mask = np.resize(data.draw(st.lists(st.booleans(), min_size=1, max_size=9)), x.size)
    holed = x.astype(kind)
    holed[mask] = np.nan
    kept = x[~mask].astype("f8")
    assume(kept.size > 0)
    cuts = sorted(data.draw(st.lists(st.integers(0, x.size), max_size=4)))
    plain = th.summarize(kept, "normal").to_bytes()
    masked = np.ma.array(x, mask=mask)
    assert th.summarize(holed, "normal", nan_policy="omit").n == kept.size
    blocks = (np.ma.array(x[a:b], mask=mask[a:b]) for a, b in zip([0, *cuts], [*cuts, x.size], strict=True))
    numbers = [s._total().numbers() for s in (th.summarize(masked, "normal"), th.summarize(blocks, "normal"))]
    assert numbers[0] == numbers[1] == th.Summary.from_bytes(plain)._total().numbers()


@pytest.mark.parametrize("share", [0.001, 0.3, 0.95, 0.9999])
@pytest.mark.parametrize("weighted", [False, True])
def test_threads_pack_rows_that_are_left_out(share, weighted):
    """Each finds where its part of the grid begins among the rows that count; streams begin anywhere."""
    rng = np.random.default_rng(5)
    x, lost = rng.gamma(2, 3, 1_000_017), rng.random(1_000_017) < share
    w = rng.uniform(0.5, 2, x.size) if weighted else None
    kept = th.summarize(x[~lost], "gamma", weights=None if w is None else w[~lost], threads=1)
    masked, holed = np.ma.array(x, mask=lost), np.where(lost, np.nan, x)
    for threads in (1, 2, 5, 64):
        assert sums(th.summarize(masked, "gamma", weights=w, threads=threads)) == sums(kept)
        omitted = th.summarize(holed, "gamma", weights=w, threads=threads, nan_policy="omit")
        assert sums(omitted) == sums(kept)
        stream, cuts = th.Summary("gamma"), [0, 100, 300_000, 700_001, x.size]
        for a, b in pairwise(cuts):
            part = None if w is None else w[a:b]
            stream.update(holed[a:b], weights=part, threads=threads, nan_policy="omit")
        assert sums(stream) == sums(kept)
        assert stream.omitted == omitted.omitted == lost.sum()


def sums(summary):
    return summary._total().numbers()
