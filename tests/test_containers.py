"""What holds no sample is told what to pass instead, under the name of the argument."""

import re
from collections import deque
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from test_rows import POLARS

import thetahat as th

if POLARS:
    import polars as pl

FRAME = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]})
DAYS = pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02"]))

WORDS = [
    (FRAME, "is a table of 2 columns ('x', 'y'): pass one of them"),
    (FRAME.rename(columns={"y": "x"})["x"], "is a table of 2 columns ('x', 'x'): pass one of them"),
    (FRAME[[]], "is a table without columns"),
    (pa.table({name: [1.0] for name in "abcdefghijkl"}), "'j', ...): pass one of them"),
    (pa.record_batch({"x": [1.0], "y": [1.0]}), "is a table of 2 columns ('x', 'y'): pass one of them"),
    (pa.StructArray.from_arrays([pa.array([1.0])], ["a"], mask=pa.array([True])), "a struct with nulls"),
    (
        pd.Series(pd.arrays.SparseArray([0.0, 1.0])),
        "is a sparse column (Sparse[float64, nan]): pass its .sparse",
    ),
    (pd.Series(["a", "b"], dtype="category"), "is a column of type category; a sample holds real numbers"),
    (pd.Series([True, None], dtype="boolean"), "is a column of type boolean; a sample holds real numbers"),
    (pd.Series(["1"], dtype="string"), "is a column of type string; a sample holds real numbers: convert it"),
    (DAYS.dt.as_unit("us"), "has dtype datetime64[us]; a sample holds real numbers"),
    (DAYS.dt.as_unit("us").dt.tz_localize("UTC"), "is a column of type datetime64[us, UTC]; a sample holds"),
    (DAYS.dt.to_period("D"), "is a column of type period[D]; a sample holds real numbers"),
    (
        pd.Series([Decimal("1.5"), Decimal(2)]),
        "has dtype object, with a Decimal at index 0; a sample holds real",
    ),
    (pd.Series([1.0, "two", 3.0]), "has dtype object, with a str at index 1; a sample holds real numbers"),
    ([1.0, Fraction(1, 2)], "has dtype object, with a Fraction at index 1; a sample holds real numbers"),
    ([1.0, None], "with a NoneType at index 1; a sample holds real numbers: pass NaN for a missing value"),
    ([1.0, pd.NA], "with a NAType at index 1; a sample holds real numbers: pass NaN for a missing value"),
    ([10**400, 1], "has dtype object, with a int at index 0; a sample holds real numbers"),
    (np.zeros(2, [("x", "f8"), ("y", "f8")]), "is a record array with the fields x, y: pass one of them"),
    (pa.array(["a"]), "is a column of text (StringArray); a sample holds real numbers: cast it to float64"),
    (pa.array([b"a"]), "is a column of bytes (BinaryArray); a sample holds real numbers"),
    (pa.array([True]), "is a column of booleans (BooleanArray); a sample holds real numbers"),
    (
        pa.array([1, 2]).dictionary_encode(),
        "is a column of categories (DictionaryArray); a sample holds real",
    ),
    (pa.array([Decimal("1.5")]), "is a column of decimals (Decimal128Array); a sample holds real numbers"),
    (pa.array([1], pa.date32()), "is a column of dates (Date32Array); a sample holds real numbers"),
    (pa.array([1], pa.time32("s")), "is a column of times (Time32Array); a sample holds real numbers"),
    (pa.array([1], pa.timestamp("ms")), "is a column of timestamps (TimestampArray); a sample holds real"),
    (
        pa.array([1], pa.duration("ms")),
        "is a column of durations (DurationArray); a sample holds real numbers",
    ),
    (pa.array([[1.0]]), "is a column of lists or structs (ListArray); a sample holds real numbers"),
    (pa.nulls(2), "is a column of nulls alone (NullArray); a sample holds real numbers"),
    ((value for value in (1.0, 2.0)), "is an iterator (generator), which can be read only once: pass a list"),
    (map(float, "12"), "is an iterator (map), which can be read only once: pass a list or an array"),
    ({1.0, 2.0}, "is of type set, no sequence: pass a list or an array of its values"),
    ({"x": [1.0, 2.0]}, "is of type dict, no sequence: pass a list or an array of its values"),
    ({"x": 1.0}.values(), "is of type dict_values, a single value to NumPy: pass a list or an array"),
    (None, "is of type NoneType, a single value to NumPy: pass a list or an array"),
    ("12", "is a single value (<U2); a sample is one-dimensional: pass a list or an array"),
    ([[1.0], [2.0, 3.0]], "is no one-dimensional array"),
]
if POLARS:
    WORDS += [
        (pl.LazyFrame({"x": [1.0]}), "is a LazyFrame and has no rows yet: pass one column of its .collect()"),
        (pl.DataFrame({"x": [1.0], "y": [2.0]}), "is a table of 2 columns ('x', 'y'): pass one of them"),
        (pl.Series(["a"], dtype=pl.Categorical), "is a column of categories (Series); a sample holds real"),
        (pl.Series([Decimal("1.5")]), "is a column of decimals (Series); a sample holds real numbers"),
    ]


@pytest.mark.parametrize(("x", "words"), WORDS, ids=[words for _, words in WORDS])
def test_what_holds_no_sample(x, words):
    with pytest.raises((th.SampleTypeError, th.SampleError), match=f"^x.*{re.escape(words)}"):
        th.fit(x, "normal")


@pytest.mark.parametrize(("x", "words"), [pair for pair in WORDS if pair[0] is not None])
def test_what_holds_no_weights(x, words):
    with pytest.raises((th.SampleTypeError, th.SampleError), match=f"^weights.*{re.escape(words)}"):
        th.fit([1.0, 2.0], "normal", weights=x)


def test_sequences_of_all_kinds_are_samples():
    kept = th.fit([1.0, 2.0, 5.0], "normal").params
    for x in ((1, 2, 5), deque([1.0, 2.0, 5.0]), memoryview(np.array([1.0, 2.0, 5.0]))):
        assert th.fit(x, "normal").params == kept


class Broken:
    """What speaks a protocol and fails."""

    def __arrow_c_stream__(self, _=None):
        raise RuntimeError("no stream today")


class Unequipped:
    """What needs a library that is not installed."""

    def __arrow_c_stream__(self, _=None):
        raise ImportError("pyarrow is needed")


class BrokenArray:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("requires grad")


def test_faults_of_other_libraries_are_told_as_such():
    with pytest.raises(th.SampleTypeError, match="Broken, cannot be read as an Arrow column: no stream"):
        th.fit(Broken(), "normal")
    with pytest.raises(th.MissingExtraError, match="x: pyarrow is needed"):
        th.fit(Unequipped(), "normal")
    with pytest.raises(th.SampleTypeError, match="of type BrokenArray, which NumPy cannot read: requires"):
        th.fit(BrokenArray(), "normal")


WEIGHTS = [
    ([1.0, -2.0, 3.0], r"holds 1 value\(s\) that are negative or not finite, the first at index 1: -2.0"),
    ([1.0, 2.0, np.nan], r"holds 1 value\(s\) that are negative or not finite, the first at index 2: nan"),
    ([2**60, 1, 1], r"holds 1 integer\(s\) beyond 2\*\*53, the first at index 0: 1152921504606846976"),
    ([1.0, 2.0], r"has 2 value\(s\), but x has 3 row\(s\)"),
    (["a", "b", "c"], r"has dtype <U1"),
]


@pytest.mark.parametrize(("weights", "words"), WEIGHTS)
def test_faults_of_weights_name_the_weights(weights, words):
    for call in (
        lambda: th.fit([1.0, 2.0, 4.0], "normal", weights=weights),
        lambda: th.fit([1.0, 2.0, 4.0], "gumbel", weights=weights, method=th.SGD()),
        lambda: th.Online("gumbel").partial_fit([1.0, 2.0, 4.0], weights=weights),
        lambda: th.compare([1.0, 2.0, 4.0], weights=weights),
        lambda: th.score([1.0, 2.0, 4.0], "normal", (0, 1), weights=weights),
    ):
        with pytest.raises((th.SampleTypeError, th.SampleError), match=f"^weights {words}"):
            call()


def test_weights_are_matched_by_position():
    x, weights = pd.Series([1.0, 2.0, 5.0], index=[0, 1, 2]), pd.Series([1.0, 2.0, 3.0], index=[2, 1, 0])
    assert th.fit(x, "normal", weights=weights).params == th.fit(list(x), "normal", weights=[1, 2, 3]).params
