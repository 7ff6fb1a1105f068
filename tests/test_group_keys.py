"""Keys of groups: of any library and type, sorted as pandas sorts them, null ones as the caller says."""

import datetime as dt
import sys
from collections import UserDict

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from test_rows import POLARS

import thetahat as th

if POLARS:
    import polars as pl

ROWS = np.random.default_rng(5).normal(3, 2, 60)
PLACES = np.random.default_rng(6).integers(0, 4, ROWS.size)

DISTINCT = {
    "int": [-3, 0, 7, 2**40],
    "text": ["", "JFK", "LGA", "z\u00fcrich"],
    "float": [-np.inf, -1.5, 0.0, 2.25],
    "date": [dt.date(1969, 12, 31), dt.date(2013, 1, 1), dt.date(2013, 1, 2), dt.date(2026, 11, 30)],
}
VALUES = {name: [distinct[place] for place in PLACES] for name, distinct in DISTINCT.items()}


def as_columns(values, arrow):
    """The same keys as columns of each library."""
    yield "list", values
    yield "tuple", tuple(values)
    yield "objects", np.array(values, dtype=object)
    yield "series", pd.Series(values, index=range(len(values), 0, -1))
    yield "objects of pandas", pd.Series(values, dtype=object)
    yield "category", pd.Series(values).astype("category")
    yield "arrow of pandas", pd.Series(values, dtype=pd.ArrowDtype(arrow))
    yield "arrow", pa.array(values, arrow)
    yield "chunks", pa.chunked_array([values[:7], [], values[7:]], arrow)
    yield "slice", pa.array([*values[:3], *values], arrow)[3:]
    yield "dictionary", pa.array(values, arrow).dictionary_encode()
    yield "dictionaries", pa.chunked_array([values[:7], values[7:]], arrow).dictionary_encode()
    if POLARS:
        yield "polars", pl.Series(values)


COLUMNS = {
    "int": lambda values: [
        *as_columns(values, pa.int64()),
        ("integers", np.array(values)),
        ("strided", np.repeat(np.array(values), 2)[::2]),
        ("swapped", np.array(values, ">i8")),
        ("nullable", pd.Series(values, dtype="Int64")),
    ],
    "text": lambda values: [
        *as_columns(values, pa.large_string()),
        ("unicode", np.array(values)),
        ("index", pd.Index(values)),
        ("categorical", pd.Categorical(values)),
        ("string", pd.Series(values, dtype="string[python]")),
        ("view", pa.array(values, pa.string_view())),
        *([("categories of polars", pl.Series(values, dtype=pl.Categorical))] if POLARS else []),
    ],
    "float": lambda values: [*as_columns(values, pa.float64()), ("floats", np.array(values))],
    "date": lambda values: [
        *as_columns(values, pa.date32()),
        ("days", np.array(values, "M8[D]")),
        ("seconds", np.array(values, "M8[s]")),
        ("microseconds", pa.array(values).cast(pa.timestamp("us"))),
        ("zoned", pd.Series(pd.to_datetime(values)).dt.tz_localize("UTC")),
    ],
}


# Arrays of NumPy, and columns of which Python's objects can be had.
WITHOUT_LIBRARIES = (
    "list",
    "tuple",
    "objects",
    "integers",
    "strided",
    "swapped",
    "unicode",
    "floats",
    "days",
)
WITHOUT_LIBRARIES += ("seconds", "arrow", "chunks", "polars")


def fits_by(by, **options):
    return th.fit_groups(ROWS, "normal", by=by, **options)


@pytest.mark.parametrize("kind", DISTINCT)
def test_the_type_of_the_keys_changes_nothing(kind):
    expected = np.array([th.fit(ROWS[place == PLACES], "normal").theta for place in range(4)])
    for name, column in COLUMNS[kind](VALUES[kind]):
        fits = fits_by(column)
        assert fits.theta.tobytes() == expected.tobytes(), name
        assert all(
            fits[key].theta.tolist() == row.tolist()
            for key, row in zip(DISTINCT[kind], expected, strict=True)
        ), name
        assert len(fits) == 4, name


@pytest.mark.parametrize("kind", DISTINCT)
@pytest.mark.parametrize("module", ["pandas", "pyarrow"])
def test_keys_are_the_same_without_an_optional_library(kind, module, monkeypatch):
    columns, expected = dict(COLUMNS[kind](VALUES[kind])), fits_by(VALUES[kind])
    monkeypatch.setitem(sys.modules, module, None)
    for name in set(WITHOUT_LIBRARIES) & set(columns):
        fits = fits_by(columns[name])
        assert fits.theta.tobytes() == expected.theta.tobytes(), name
        assert list(fits) == list(expected), name


@pytest.mark.parametrize("dtype", ["b", "B", "h", "H", "i", "I", "q", "Q", "?", "e", "f", "d"])
def test_numbers_of_every_type_are_sorted(dtype):
    keys = np.array([1, 0, 1, 0, 1, 0] if dtype == "?" else [3, 100, 3, 7, 100, 7]).astype(dtype)
    fits = th.fit_groups(np.arange(6.0), "normal", by=keys)
    assert fits.keys.tolist() == sorted(set(keys.tolist()))
    assert fits.keys.dtype == np.dtype(dtype)
    assert fits[keys[1]].params["mu"] == ROWSUM[dtype == "?"]


ROWSUM = {False: 2.5, True: 3.0}


def test_groups_are_those_of_pandas_in_their_order():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=500),
            "a": rng.choice(["b", "a", None, "c"], 500),
            "b": rng.choice([2.0, -1.0, np.nan], 500),
            "c": pd.Categorical(rng.choice(["u", "t", "w"], 500), categories=["w", "v", "u", "t"]),
        }
    )
    for by in (["a"], ["c"], ["a", "b"], ["c", "a"], ["b", "c", "a"]):
        for null_keys in ("drop", "group"):
            grouped = frame.groupby(by, sort=True, observed=True, dropna=null_keys == "drop").x
            fits = th.fit_groups(frame.x, "normal", by=frame[by], null_keys=null_keys)
            np.testing.assert_allclose(fits.params["mu"], grouped.mean().to_numpy(), rtol=1e-13)
            np.testing.assert_array_equal(fits.n, grouped.size().to_numpy())
            index = grouped.mean().index
            for place, name in enumerate(by):
                theirs = index.get_level_values(place)
                ours = pd.Series(fits._keys.columns[name], dtype=object)
                assert [None if pd.isna(key) else key for key in ours] == [
                    None if pd.isna(key) else key for key in theirs
                ]


def test_several_keys_may_be_given_in_any_way():
    a, b = np.repeat(["x", "y"], 6), np.tile([2, 1, 2], 4)
    x = np.arange(12.0) ** 2
    expected = th.fit_groups(x, "normal", by={"a": a, "b": b})
    table = {"a": pd.Series(a), "b": b}
    ways = [
        pd.DataFrame(table),
        pa.table({"a": a.tolist(), "b": b}),
        pa.record_batch({"a": a.tolist(), "b": b}),
    ]
    ways += [(pd.Series(a, name="a"), pd.Series(b, name="b")), UserDict(a=a, b=b)]
    ways += [np.rec.fromarrays([a, b], names="a,b"), *([pl.DataFrame(table)] if POLARS else [])]
    for by in ways:
        fits = th.fit_groups(x, "normal", by=by)
        assert fits.theta.tobytes() == expected.theta.tobytes()
        assert fits.keys.tolist() == [("x", 1), ("x", 2), ("y", 1), ("y", 2)]
        assert fits.keys.dtype.names == ("a", "b")
        assert list(fits) == fits.keys.tolist()
    unnamed = th.fit_groups(x, "normal", by=(a.tolist(), b))
    assert unnamed.keys.dtype.names == ("key0", "key1")
    assert unnamed["y", 2].n == expected[("y", np.int64(2))].n == expected[expected.keys[3]].n == 4


def test_a_flat_list_or_tuple_is_one_key():
    pairs = [("a", 1), ("b", 0), ("a", 1), ("b", 0), ("a", 0), ("a", 0)]
    assert list(th.fit_groups(np.arange(6.0), "normal", by=pairs)) == [("a", 0), ("a", 1), ("b", 0)]
    assert list(th.fit_groups([1.0, 2.0], "normal", by=(1, 1))) == [1]


def test_columns_of_a_table_are_keys_by_their_names():
    table = {"x": ROWS, "k": VALUES["text"], "j": PLACES, "w": np.arange(60.0)}
    expected = th.fit_groups(ROWS, "normal", by=VALUES["text"], weights=table["w"])
    for made in (pd.DataFrame, pa.table, *([pl.DataFrame] if POLARS else [])):
        one = made({name: table[name] for name in ("x", "k", "w")})
        assert th.fit_groups(one, "normal", by="k", weights="w").theta.tobytes() == expected.theta.tobytes()
        two = th.fit_groups(made(table), "normal", by=["k", "j"], weights="w")
        assert two.keys.dtype.names == ("k", "j")
        assert two["JFK", 1].n == expected["JFK"].n


@pytest.mark.parametrize(
    "column",
    [
        [1, None, 0, 1, None, 0],
        [1.0, np.nan, 0.0, 1.0, np.nan, -0.0],
        np.ma.array([1, 5, 0, 1, 6, 0], mask=[0, 1, 0, 0, 1, 0]),
        pd.Series([1, None, 0, 1, None, 0], dtype="Int64"),
        pa.array([1, None, 0, 1, None, 0]),
        pa.array([1, None, 0, 1, None, 0]).dictionary_encode(),
        pa.DictionaryArray.from_arrays([0, 1, 2, 0, 3, 2], pa.array([1, None, 0, None])),
        pd.Series([1, None, 0, 1, None, 0], dtype="category"),
        ["b", None, "a", "b", float("nan"), "a"],
        ["b", pd.NA, "a", "b", pd.NaT, "a"],
        pd.Series(["b", None, "a", "b", None, "a"]),
        np.array(["2026-01-02", "NaT", "2026-01-01", "2026-01-02", "NaT", "2026-01-01"], "M8[D]"),
        pa.array([True, None, False, True, None, False]),
        np.array([2, "NaT", 1, 2, "NaT", 1], "m8[s]"),
    ],
)
def test_null_keys_are_dropped_or_a_group_of_their_own(column):
    x = np.arange(6.0)
    dropped, kept = (th.fit_groups(x, "normal", by=column, null_keys=null) for null in ("drop", "group"))
    assert dropped.params["mu"].tolist() == [3.5, 1.5]
    assert kept.params["mu"].tolist() == [3.5, 1.5, 2.5]
    assert kept[None].params["mu"] == kept[np.nan].params["mu"] == kept[pd.NA].params["mu"] == 2.5
    assert None in kept
    assert None not in dropped
    assert len(dropped) == 2


def test_all_keys_may_be_null_and_rows_none():
    for column in ([None, None], pa.nulls(2), [np.nan, np.nan]):
        assert len(fits := th.fit_groups([1.0, 2.0], "normal", by=column)) == 0
        assert repr(fits) == "<GroupFits normal(mu, sigma), 0 groups>"
        assert list(th.fit_groups([1.0, 2.0], "normal", by=column, null_keys="group").n) == [2.0]
    for column in ([], np.array([], int), pa.array([], pa.string()), pd.Series([], dtype="category")):
        fits = th.fit_groups([], "normal", by=column)
        assert fits.theta.shape == (0, 2)
        assert fits.quantile([0.1, 0.5]).value.shape == (0, 2)
        assert fits.confint().shape == (0, 2, 2)
        assert len(fits.to_pandas()) == len(fits.to_arrow()) == 0


def test_ordered_categories_keep_their_order():
    sizes = ["small", "medium", "large"]
    keys = ["large", "small", "medium"] * 2
    ordered = pd.Categorical(keys, categories=[*sizes, "none"], ordered=True)
    for column in (
        ordered,
        pd.Series(ordered),
        pa.array(ordered),
        *([pl.Series(keys, dtype=pl.Enum(sizes))] if POLARS else []),
    ):
        assert list(th.fit_groups(np.arange(6.0), "normal", by=column)) == sizes


def test_dates_are_found_by_any_date():
    days = pd.to_datetime(["2026-01-01", "2026-01-02"] * 2)
    fits = th.fit_groups([1.0, 2.0, 3.0, 4.0], "normal", by=days)
    for key in (
        dt.datetime(2026, 1, 2),
        pd.Timestamp("2026-01-02"),
        np.datetime64("2026-01-02"),
        dt.date(2026, 1, 2),
    ):
        assert fits[key].params["mu"] == 3
    assert fits[pd.Timestamp("2026-01-02T05:30", tz="Asia/Kolkata")].params["mu"] == 3
    assert fits[dt.datetime(2026, 1, 2, tzinfo=dt.UTC)].params["mu"] == 3
    assert pd.Timestamp("2026-01-02T01:00") not in fits
    assert pd.Timestamp("2026-01-02T00:00:00.000000001") not in fits
    assert "no date" not in fits


@pytest.mark.parametrize(
    ("column", "error", "words"),
    [
        ([1, "a"] * 3, th.SampleTypeError, r"by holds keys of types without a common order \(int, str\)"),
        ([[1], [2]] * 3, th.SampleError, r"by\['key0'\] has 1 key\(s\), but x has 6 row\(s\)"),
        (np.array([{}] * 6, object), th.SampleTypeError, "by holds a dict, which is no key"),
        (iter(range(6)), th.SampleTypeError, "by is of type range_iterator: pass a list or an array of keys"),
        ({1, 2, 3, 4, 5, 6}, th.SampleTypeError, "by is of type set: pass a list or an array of keys"),
        ("abcdef", th.SampleTypeError, "by is text: pass a list or an array of keys"),
        (7, th.SampleTypeError, "by is of type int: pass a list or an array of keys"),
        (np.zeros((6, 2)), th.SampleError, r"by has shape \(6, 2\); keys are one-dimensional"),
        (
            pa.array([[1]] * 6),
            th.SampleTypeError,
            r"by is a column of list<item: int64>; keys are integers",
        ),
        (np.zeros(6, complex), th.SampleTypeError, "by has dtype complex128; keys are integers, text"),
        ({}, th.SampleError, "by has no columns"),
        ([1, 2, 3], th.SampleError, r"by has 3 key\(s\), but x has 6 row\(s\)"),
        ({"a": [1] * 6, "b": [1] * 5}, th.SampleError, r"by\['b'\] has 5 key\(s\), but x has 6 row\(s\)"),
        (([1] * 6, [1] * 7), th.SampleError, r"by\['key1'\] has 7 key\(s\), but x has 6 row\(s\)"),
        ({"a": [1] * 6, "b": [1, "a"] * 3}, th.SampleTypeError, r"by\['b'\] holds keys of types without"),
    ],
)
def test_what_is_no_column_of_keys_is_told(column, error, words):
    with pytest.raises(error, match=words):
        th.fit_groups(np.arange(6.0), "normal", by=column)


def test_names_of_no_column_list_the_columns():
    table = pd.DataFrame({"x": [1.0, 2.0], "carrier": ["a", "b"], "origin": ["c", "d"]})
    with pytest.raises(th.SampleError, match="by: x has no column 'carier'; it has 'x', 'carrier', 'origin'"):
        th.fit_groups(table, "normal", by="carier")
    with pytest.raises(th.SampleError, match="weights: x has no column 'w'; it has 'x'"):
        th.fit_groups(table, "normal", by=["carrier", "origin"], weights="w")
    with pytest.raises(th.SampleError, match=r"x has 2 columns beside by and weights \('x', 'origin'\)"):
        th.fit_groups(table, "normal", by="carrier")
    with pytest.raises(th.SampleTypeError, match="by is text"):
        th.fit_groups([1.0, 2.0], "normal", by="carrier")


def test_unknown_groups_are_told():
    fits = fits_by(VALUES["text"])
    with pytest.raises(th.UnknownGroupError, match=r"^no group has the key 'JFX'; did you mean 'JFK'\?$"):
        fits["JFX"]
    with pytest.raises(KeyError, match="no group has the key 3; there are 4 groups, from '' to"):
        fits[3]
    with pytest.raises(th.ThetahatError, match=r"the key \[1\]; there are 4 groups"):
        fits[[1]]
    two = fits_by({"a": PLACES, "b": VALUES["text"]})
    with pytest.raises(th.UnknownGroupError, match="no group has the key 1: keys are tuples of a, b"):
        two[1]
    with pytest.raises(
        th.UnknownGroupError, match=r"the key \(9, 'JFK'\); there are 4 groups, from \(0, ''\)"
    ):
        two[9, "JFK"]
