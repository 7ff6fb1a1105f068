"""Columns of files: what is read, and what is said where something is wrong with a file."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from thetahat.data.files import read_column, read_weighted
from thetahat.errors import MissingExtraError, ParameterError, SampleError

FLIGHTS = Path(__file__).parent / "data" / "nycflights13.parquet"

VALUES = [1.5, -2.0, 0.1, 5e-324, 1.7976931348623157e308]


def write_csv(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def write_parquet(path, **columns):
    pq.write_table(pa.table(columns), path, write_page_checksum=True)
    return path


def write_npy(path, values):
    np.save(path, values)
    return path


def assert_read(result, values, omitted=0):
    array, left_out = result
    assert array.dtype == np.float64
    assert array.flags.c_contiguous
    assert array.tolist() == values
    assert left_out == omitted


def test_all_kinds_of_file_give_the_same_bits(tmp_path):
    text = "a,other\n" + "".join(f"{value!r},x\n" for value in VALUES)
    assert_read(read_column(write_csv(tmp_path / "f.csv", text), "a"), VALUES)
    assert_read(read_column(write_parquet(tmp_path / "f.parquet", a=VALUES, other=VALUES[::-1]), "a"), VALUES)
    assert_read(read_column(write_npy(tmp_path / "f.npy", VALUES)), VALUES)
    assert_read(read_column((tmp_path / "f.npy").rename(tmp_path / "F.NPY")), VALUES)


def test_the_flights_are_those_of_the_source():
    delay, omitted = read_column(FLIGHTS, "arr_delay", missing="omit")
    assert delay.size == 327_346
    assert omitted == 9_430
    assert delay.sum() == 2_257_174  # integers: exact in any order
    assert (delay.min(), delay.max()) == (-86, 1272)


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint16(), pa.int64(), pa.float32(), pa.decimal128(9, 2)], ids=str
)
def test_numeric_columns_of_any_type(tmp_path, kind):
    column = pa.chunked_array([pa.array([1, None]).cast(pa.float64()).cast(kind), pa.array([3.0]).cast(kind)])
    path = write_parquet(tmp_path / "f.parquet", a=column)
    assert_read(read_column(path, "a", missing="omit"), [1.0, 3.0], omitted=1)


@pytest.mark.parametrize(
    "values", [np.arange(4, dtype=">i2"), np.arange(8.0)[::2] / 2, np.arange(4, dtype="u1")]
)
def test_npy_of_any_real_type(tmp_path, values):
    assert_read(read_column(write_npy(tmp_path / "f.npy", values)), values.tolist())


def test_a_late_fraction_after_a_megabyte_of_integers(tmp_path):
    text = "a\n" + "1\n" * 2_000_000 + "0.5\n"
    values, _ = read_column(write_csv(tmp_path / "f.csv", text), "a")
    assert values[-1] == 0.5
    assert values.sum() == 2_000_000.5


def test_missing_values_are_counted_and_located(tmp_path):
    csv = write_csv(tmp_path / "f.csv", "a,b\n1,x\n,x\nNA,x\n2,x\nnan,x\n")
    parquet = write_parquet(tmp_path / "f.parquet", a=[1.0, None, float("nan"), 2.0, None])
    npy = write_npy(tmp_path / "f.npy", [1.0, np.nan, np.nan, 2.0, np.nan])
    for path, column in ((csv, "a"), (parquet, "a"), (npy, None)):
        assert_read(read_column(path, column, missing="omit"), [1.0, 2.0], omitted=3)
        with pytest.raises(
            SampleError, match=r"holds 3 missing value\(s\), the first at index 1;.*--missing omit"
        ) as e:
            read_column(path, column)
        assert (e.value.first, e.value.count) == (1, 3)


def weighted_files(tmp_path, x, w):
    """A file of each kind that has columns, with these values and weights."""
    text = "x,w\n" + "".join(
        f"{'' if a is None else a},{'' if b is None else b}\n" for a, b in zip(x, w, strict=True)
    )
    return write_csv(tmp_path / "f.csv", text), write_parquet(tmp_path / "f.parquet", x=x, w=w)


def test_a_row_without_a_value_needs_no_weight(tmp_path):
    for path in weighted_files(tmp_path, [1.5, None, 2.5, None], [2.0, None, 1.0, float("inf")]):
        values, weights, omitted = read_weighted(path, "x", "w", missing="omit")
        assert (values.tolist(), weights.tolist(), omitted) == ([1.5, 2.5], [2.0, 1.0], 2)
        same, as_weights, _ = read_weighted(path, "x", "x", missing="omit")
        assert same.tolist() == as_weights.tolist() == [1.5, 2.5]
    for path in weighted_files(tmp_path, [None, 1.0, 2.0], [None, 3.0, None]):
        with pytest.raises(SampleError, match=r"'w' .* 1 missing weight\(s\) .* index 2; use weight 0") as e:
            read_weighted(path, "x", "w", missing="omit")
        assert (e.value.first, e.value.count) == (2, 1)
    for path in weighted_files(tmp_path, [1.0, 2.0], [3.0, float("inf")]):
        with pytest.raises(SampleError, match=r"'w' .* holds 1 infinite weight\(s\), the first at index 1"):
            read_weighted(path, "x", "w")
    csv = write_csv(tmp_path / "f.csv", "x,w\n1,2\n2,much\n")
    with pytest.raises(SampleError, match=r"'w' .* 1 value\(s\) that are not numbers, .* index 1: 'much'"):
        read_weighted(csv, "x", "w")


def test_an_empty_line_is_missing_only_where_there_is_one_column(tmp_path):
    assert_read(read_column(write_csv(tmp_path / "f.csv", "a\n1\n\n3\n"), "a", missing="omit"), [1.0, 3.0], 1)
    assert_read(read_column(write_csv(tmp_path / "f.csv", "a,b\n1,2\n\n3,4\n\n"), "a"), [1.0, 3.0])


def test_headers_with_a_byte_order_mark_quotes_and_other_encodings(tmp_path):
    path = tmp_path / "f.csv"
    assert_read(read_column(write_csv(path, '\ufeff"a, b",c\n1,2\n'), "a, b"), [1.0])
    path.write_bytes("größe,a\n1,2\n".encode("latin-1"))
    assert_read(read_column(path, "a"), [2.0])


def test_a_column_named_like_a_path_into_a_struct(tmp_path):
    path = write_parquet(tmp_path / "f.parquet", **{"a": [{"b": 1.0}], "a.b": [2.0]})
    assert_read(read_column(path, "a.b"), [2.0])


BAD_CSV = [
    ("", SampleError, "f.csv is empty"),
    ("a,b\n", SampleError, "column 'a' of .*f.csv has no rows"),
    ("a\nNA\n\n", SampleError, "column 'a' of .*f.csv has no values: all 2 rows are missing"),
    ("a,b\n1,2\n3\n", SampleError, "cannot read .*f.csv: .*Row #3: Expected 2 columns, got 1"),
    (
        "a\nNA\nx\n2\ny\n",
        SampleError,
        r"column 'a' .*holds 2 value\(s\) that are not numbers, the first at index 1: 'x'",
    ),
    ("a\n1_0\n", SampleError, "cannot read .*f.csv: .*invalid value '1_0'"),
    ("a\n1\ninf\n1e999\n", SampleError, r"holds 2 infinite value\(s\), the first at index 1"),
    ("a,a\n1,2\n", ParameterError, "f.csv has 2 columns of the name 'a'"),
    ("delay;a\n1;2\n", ParameterError, "f.csv has no column 'a'; it has 'delay;a'"),
    ("b" * 200_000, SampleError, "cannot read the header of .*f.csv"),
]


@pytest.mark.parametrize(("text", "error", "message"), BAD_CSV, ids=[str(i) for i in range(len(BAD_CSV))])
def test_what_is_wrong_with_a_csv_file(tmp_path, text, error, message):
    with pytest.raises(error, match=message):
        read_column(write_csv(tmp_path / "f.csv", text), "a", missing="omit")


BAD_PARQUET = [
    ([True, False], "holds bool, not numbers"),
    (["1", "2"], "holds string, not numbers"),
    ([{"x": 1.0}], "holds struct<x: double>, not numbers"),
    ([2**53 + 1, None], "does not fit into float64: Integer value 9007199254740993"),
    ([None, None], "has no values: all 2 rows are missing"),
    (pa.array([], pa.float64()), "has no rows"),
]


@pytest.mark.parametrize(("values", "message"), BAD_PARQUET, ids=[str(i) for i in range(len(BAD_PARQUET))])
def test_what_is_wrong_with_a_parquet_column(tmp_path, values, message):
    with pytest.raises(SampleError, match=f"column 'a' of .*f.parquet {message}"):
        read_column(write_parquet(tmp_path / "f.parquet", a=values), "a", missing="omit")


BAD_NPY = [
    (np.ones((2, 3)), "one-dimensional"),
    (np.array([1j]), "real numbers"),
    (np.ones(0), "at least one row"),
    (np.array([1.0, None]), "Object arrays cannot be loaded"),
]


@pytest.mark.parametrize(("values", "message"), BAD_NPY, ids=[str(i) for i in range(len(BAD_NPY))])
def test_what_is_wrong_with_an_npy_file(tmp_path, values, message):
    with pytest.raises(SampleError, match=f"f.npy: .*{message}"):
        read_column(write_npy(tmp_path / "f.npy", values))


def test_damage_is_named_whichever_byte_it_hits(tmp_path):
    """Cut or flip bytes of good files: a fault is an error of ours, and never wrong numbers."""
    good = {
        write_parquet(tmp_path / "f.parquet", a=np.arange(500.0)): "a",
        write_npy(tmp_path / "f.npy", np.arange(50.0)): None,
    }
    random = np.random.default_rng(0)
    for path, column in good.items():
        content = path.read_bytes()
        for cut in random.integers(len(content), size=100):
            path.write_bytes(content[:cut])
            with pytest.raises(SampleError, match=f"f{path.suffix}"):
                read_column(path, column)
    path = next(iter(good))
    content = write_parquet(path, a=np.arange(500.0)).read_bytes()
    for at in random.integers(len(content), size=300):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        try:
            values, _ = read_column(path, "a")
        except (SampleError, ParameterError):
            continue
        np.testing.assert_array_equal(values, np.arange(500.0))


def test_names_that_are_no_text(tmp_path):
    path = write_parquet(tmp_path / "f.parquet", aaaa=VALUES)
    path.write_bytes(path.read_bytes().replace(b"aaaa", b"\x80aaa"))
    with pytest.raises(SampleError, match=r"cannot read .*f.parquet: 'utf-8' codec"):
        read_column(path, "aaaa")


def test_a_wrong_name_of_a_column():
    message = r"no column 'arr_dely'; did you mean 'arr_delay'\? It has 'arr_delay', 'carrier'$"
    with pytest.raises(ParameterError, match=message):
        read_column(FLIGHTS, "arr_dely")
    with pytest.raises(
        ParameterError, match=r"which column of .* \(--column\)\? It has 'arr_delay', 'carrier'$"
    ):
        read_column(FLIGHTS)


def test_a_long_list_of_columns_is_cut(tmp_path):
    path = write_csv(tmp_path / "f.csv", ",".join(f"c{i}" for i in range(300)) + "\n")
    with pytest.raises(ParameterError, match=r"'c19' and 280 more$"):
        read_column(path, "zzz")


def test_an_npy_file_has_no_columns(tmp_path):
    with pytest.raises(ParameterError, match="leave column 'a' out"):
        read_column(write_npy(tmp_path / "f.npy", VALUES), "a")


def test_files_that_are_not_there_or_of_no_known_kind(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_column(tmp_path / "f.parquet", "a")
    with pytest.raises(ParameterError, match=r"f.xlsx: its name must end in .csv, .parquet, .npy"):
        read_column(write_csv(tmp_path / "f.xlsx", "a\n1\n"), "a")
    with pytest.raises(ParameterError, match='missing must be "raise" or "omit", got \'drop\''):
        read_column(FLIGHTS, "arr_delay", missing="drop")


@pytest.mark.parametrize("module", ["csv", "parquet"])
def test_without_pyarrow_the_extra_is_named(monkeypatch, tmp_path, module):
    monkeypatch.setitem(sys.modules, f"pyarrow.{module}", None)
    path = write_csv(tmp_path / f"f.{module}", "a\n1\n")
    with pytest.raises(
        MissingExtraError, match=rf"\.{module} files need pyarrow: pip install .thetahat\[cli\]"
    ):
        read_column(path, "a")
