"""Sources: the bits of the rows in an array, whatever holds them, and what is said of what cannot be read."""

import gzip
import json
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset as ds
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from test_rows import POLARS

import thetahat as th
from thetahat.data.where import parse_where

N = 40_000  # two pilots of weibull, several blocks
RNG = np.random.default_rng(0)
X, W, YEAR = RNG.weibull(1.7, N) * 3, RNG.integers(0, 4, N), RNG.integers(2018, 2024, N)
TABLE = pa.table({"x": X, "w": W, "year": YEAR, "name": [f"n{i % 7}" for i in range(N)]})
RECENT = YEAR > 2020


def same(fit, other):
    """Whether two fits have the same bits."""
    arrays = ((fit.theta, other.theta), (fit.cov, other.cov))
    return (
        all(np.array_equal(a, b, equal_nan=True) for a, b in arrays)
        and fit.log_likelihood == other.log_likelihood
    )


def write_gz(folder):
    pyarrow.csv.write_csv(TABLE, folder / "plain.csv")
    (folder / "x.csv.gz").write_bytes(gzip.compress((folder / "plain.csv").read_bytes(), 1))
    return folder / "x.csv.gz"


def write_parquet(folder):
    pq.write_table(TABLE, folder / "x.parquet", row_group_size=7777, write_page_checksum=True)
    return folder / "x.parquet"


def write_csv(folder):
    pyarrow.csv.write_csv(TABLE, folder / "x.csv")
    return folder / "x.csv"


def write_tsv(folder):
    options = pyarrow.csv.WriteOptions(delimiter="\t")
    pyarrow.csv.write_csv(TABLE, folder / "x.tsv", options)
    return folder / "x.tsv"


def write_feather(folder):
    pyarrow.feather.write_feather(TABLE, folder / "x.feather", chunksize=9999)
    return folder / "x.feather"


def write_json(folder):
    with (folder / "x.jsonl").open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in TABLE.to_pylist())
    return folder / "x.jsonl"


def write_hive(folder):
    """By row number, so that the order stays."""
    parts = pa.array(np.repeat(np.arange(4), N // 4))
    ds.write_dataset(
        TABLE.append_column("part", parts),
        folder / "hive",
        format="parquet",
        partitioning=["part"],
        partitioning_flavor="hive",
    )
    return folder / "hive"


def write_many(folder):
    for i, part in enumerate((TABLE[:5], TABLE[5:30_000], TABLE[30_000:])):
        pq.write_table(part, folder / f"part{i}.parquet")
    return str(folder / "part*.parquet")


FILES = [
    write_parquet,
    write_csv,
    write_tsv,
    write_gz,
    write_feather,
    write_json,
    write_hive,
    write_many,
]

TABLES = {
    "table of Arrow": lambda: TABLE,
    "dataset of Arrow": lambda: ds.dataset(TABLE),
    "frame of pandas": TABLE.to_pandas,
    "dicts": lambda: lambda: ({"x": X[a : a + 999], "w": W[a : a + 999]} for a in range(0, N, 999)),
    "batches": lambda: lambda: TABLE.to_batches(3333),
}


if POLARS:  # which free-threaded Python has not, nor DuckDB
    import duckdb
    import polars as pl

    TABLES["frame of polars"] = lambda: pl.from_arrow(TABLE)
    TABLES["lazy frame of polars"] = lambda: pl.from_arrow(TABLE).lazy()
    TABLES["relation of DuckDB"] = lambda: duckdb.from_arrow(TABLE)


@pytest.mark.parametrize("write", FILES)
def test_a_file_has_the_bits_of_the_array(write, tmp_path):
    path = write(tmp_path)
    for family in ("normal", "weibull"):
        assert same(th.fit(th.scan(path, "x"), family), th.fit(X, family))
    weighted = th.scan(path, "x", weights="w")
    assert same(th.fit(weighted, "weibull"), th.fit(X, "weibull", weights=W))
    recent = th.scan(path, "x", weights="w", where=pc.field("year") > 2020)
    assert same(th.fit(recent, "weibull"), th.fit(X[RECENT], "weibull", weights=W[RECENT]))


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_has_the_bits_of_the_array(kind):
    table = TABLES[kind]()
    for family in ("normal", "student_t"):
        assert same(th.fit(th.scan(table, "x"), family), th.fit(X, family))
    assert same(th.fit(th.scan(table, "x", weights="w"), "weibull"), th.fit(X, "weibull", weights=W))


@pytest.mark.parametrize("values", [X, X.astype(">f4"), W.astype("u1")])
def test_arrays_of_numpy_in_files(values, tmp_path):
    np.save(tmp_path / "x.npy", values)
    np.savez(tmp_path / "x.npz", x=values, w=W)
    np.savez_compressed(tmp_path / "y.npz", x=values, w=W)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    whole = th.fit(values, "logistic")
    for source in (
        th.scan(tmp_path / "x.npy"),
        th.scan(tmp_path / "x.npz", "x"),
        th.scan(mapped),
        th.scan(mapped[:]),
    ):
        assert same(th.fit(source, "logistic"), whole)
    for name in ("x.npz", "y.npz"):
        weighted = th.fit(th.scan(tmp_path / name, "x", weights="w"), "logistic")
        assert same(weighted, th.fit(values, "logistic", weights=W))


def test_every_family_of_blocks_has_the_bits_of_the_array(first):
    x = np.tile(first.sample(2500), 3)  # a pilot, and rows beside it
    cuts = (0, 1, 70, 2048, 2049, 7000, x.size)
    source = th.scan(lambda: (x[a:b] for a, b in pairwise(cuts)))
    whole = th.fit(x, first.family)
    assert same(th.fit(source, first.family), whole)
    at_maximum = th.log_likelihood(source, first.family, whole.theta)
    assert at_maximum == th.log_likelihood(x, first.family, whole.theta)


def test_rows_left_out_change_no_bit(tmp_path):
    """A mask, NaN and nulls: the pilot is a function of the rows that count alone."""
    keep = RNG.random(N) < 0.7
    whole = th.fit(X[keep], "weibull")
    assert same(th.fit(np.ma.array(X, mask=~keep), "weibull"), whole)
    with_nan = np.where(keep, X, np.nan)
    assert same(th.fit(with_nan, "weibull", nan_policy="omit"), whole)
    null = pa.array(X, mask=~keep)
    pq.write_table(pa.table({"x": null, "w": pa.array(W, mask=~keep)}), tmp_path / "x.parquet")
    source = th.scan(tmp_path / "x.parquet", "x")
    fit = th.fit(source, "weibull", nan_policy="omit")
    assert same(fit, whole)
    assert fit.omitted == N - keep.sum()
    weighted = th.fit(th.scan(tmp_path / "x.parquet", "x", weights="w"), "weibull", nan_policy="omit")
    assert same(weighted, th.fit(X[keep], "weibull", weights=W[keep]))
    said = (
        rf"column 'x' of .* holds {N - keep.sum()} null value\(s\), .* index {np.argmin(keep)}; nan_policy="
    )
    with pytest.raises(th.SampleError, match=said):
        th.fit(source, "weibull")
    assert same(th.fit(pa.chunked_array([null[:77], null[77:]]), "weibull", nan_policy="omit"), whole)


def test_a_source_goes_where_a_sample_goes(tmp_path):
    source = th.scan(write_parquet(tmp_path), "x")
    assert str(th.compare(source, ["weibull", "gamma"])) == str(th.compare(X, ["weibull", "gamma"]))
    assert th.summarize(source, "gamma").to_bytes() == th.summarize(X, "gamma").to_bytes()
    np.testing.assert_array_equal(th.score(source, "normal", (1, 2)), th.score(X, "normal", (1, 2)))
    of_source, of_array = th.Online("weibull").partial_fit(source), th.Online("weibull").partial_fit(X)
    assert (of_source.fit_result().theta == of_array.fit_result().theta).all()
    fit, known = th.fit(source, "weibull", cov="sandwich"), th.fit(X, "weibull", cov="sandwich")
    assert same(fit, known)
    fit, known = th.fit(source, "weibull"), th.fit(X, "weibull")
    np.testing.assert_array_equal(fit.confint(method="profile"), known.confint(method="profile"))
    assert fit.test({"shape": 1.7}).pvalue == known.test({"shape": 1.7}).pvalue
    method = th.GradientAscent(learning_rate=1e-7, epochs=3)
    assert same(th.fit(source, "normal", method=method), th.fit(X, "normal", method=method))
    near = th.fit(source, "weibull", method=th.SGD(), rng=0)
    assert abs(near.theta - fit.theta).max() < 0.1 * fit.stderr.max()
    fit.plot("density")


@pytest.mark.parametrize("step", [1, 4])
def test_a_long_source_is_drawn_from_its_blocks(monkeypatch, step):
    monkeypatch.setattr("thetahat.sample._MOST_HELD", 10_000)
    monkeypatch.setattr("thetahat.plots.order._SORTED", X.size // step)
    monkeypatch.setattr("thetahat._plotted.rows_of", None)  # which holds all rows
    blocks = th.fit(th.scan(lambda: [X[:777], X[777:]]), "weibull").plot(name="claim")
    monkeypatch.undo()
    monkeypatch.setattr("thetahat.plots.order._SORTED", X.size // step)
    array = th.fit(X, "weibull").plot(name="claim")
    for mine, other in zip(blocks.axes, array.axes, strict=True):
        assert mine.get_xlabel() == other.get_xlabel()
        for line, known in zip(mine.lines, other.lines, strict=True):
            np.testing.assert_allclose(line.get_xydata(), known.get_xydata(), rtol=1e-9, atol=1e-9)


def test_the_density_of_a_long_weighted_source_is_drawn_over_some_of_its_rows(monkeypatch, tmp_path):
    monkeypatch.setattr("thetahat.sample._MOST_HELD", 10_000)
    monkeypatch.setattr("thetahat._plotted._DRAWN", 500)
    figure = th.fit(th.scan(write_parquet(tmp_path), "x", weights="w"), "weibull").plot(name="claim")
    assert figure.axes[0].get_xlabel().startswith("claim, of 500 rows")
    assert figure.axes[0].get_legend_handles_labels()[1][0] == "500 rows"


@pytest.mark.parametrize("write", [write_parquet, write_csv, write_feather, write_many])
def test_groups_of_a_source(write, tmp_path):
    """By names of columns, numbers or texts."""
    path = write(tmp_path)
    by = {"year": YEAR, "name": TABLE["name"]}
    for named, keys in (("year", {"year": YEAR}), (["year", "name"], by)):
        found = th.fit_groups(th.scan(path, "x", weights="w"), "gamma", by=named)
        known = th.fit_groups(X, "gamma", by=keys, weights=W)
        assert list(found.keys) == list(known.keys)
        np.testing.assert_array_equal(found.theta, known.theta)
    with pytest.raises(th.ParameterError, match="by must name columns of the source"):
        th.fit_groups(th.scan(path, "x"), "gamma", by=YEAR)
    with pytest.raises(th.ParameterError, match="has no column 'yeer'; did you mean 'year'"):
        th.fit_groups(th.scan(path, "x"), "gamma", by="yeer")


def test_a_sample_of_a_source():
    source = th.scan(lambda: np.split(np.arange(10_000.0), 10))
    few = np.asarray(source.sample(500, rng=1))
    assert np.unique(few).size == 500
    assert (few == np.asarray(source.sample(500, rng=1))).all()
    assert abs(few.mean() - 5000) < 5 * 10_000 / np.sqrt(12 * 500)
    assert np.sort(np.asarray(source.sample(20_000))).tolist() == list(range(10_000))
    drawn = np.concatenate([np.asarray(source.sample(3, rng=seed)) for seed in range(600)])
    counts = np.histogram(drawn, 10, (0, 10_000))[0]
    assert ((counts - 180) ** 2 / 180).sum() < 35  # the 1e-4 quantile of chi-squared, 9 degrees of freedom
    weighted = th.scan(lambda: [{"x": X[:50], "w": W[:50]}, {"x": X[50:90], "w": W[50:90]}], "x", weights="w")
    fit = th.fit(weighted.sample(90), "normal")
    assert fit.n == W[:90].sum()


def test_an_iterator_is_read_once():
    """By families of one pass; others say what to pass instead."""

    def blocks():
        return (X[a : a + 1000] for a in range(0, N, 1000))

    assert same(th.fit(th.scan(blocks()), "normal"), th.fit(X, "normal"))
    with pytest.raises(
        th.SampleError, match=r"this iterator has been read, .*: pass a function that returns"
    ):
        th.fit(th.scan(blocks()), "weibull")
    reader = pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches())
    with pytest.raises(th.ParameterError, match=r"RecordBatchReader can be read once: pass a function"):
        th.scan(reader, "x")


def test_places_in_many_files(tmp_path):
    """The index in all rows, and the row in its file."""
    for i, rows in enumerate(([1.0, 2.0], [3.0, np.nan, 4.0], [np.inf])):
        np.save(tmp_path / f"{i}.npy", rows)
    said = r"holds 2 value\(s\) that are NaN or infinite, the first at index 3 \(row 1 of .*1\.npy\): nan"
    with pytest.raises(th.SampleError, match=said):
        th.fit(th.scan(tmp_path), "normal")
    np.save(tmp_path / "1.npy", [-1.0])
    np.save(tmp_path / "2.npy", [1.0])
    said = r"outside the support of weibull.* \(row 0 of .*1\.npy\): -1\.0"
    with pytest.raises(th.SampleError, match=said):
        th.fit(th.scan(tmp_path), "weibull")


def test_a_file_that_changes_between_passes(tmp_path):
    path = write_parquet(tmp_path)
    source = th.scan(path, "x")
    pq.write_table(TABLE[:-1], path)
    with pytest.raises(th.SampleError, match=r"x\.parquet has changed since it was scanned"):
        th.fit(source, "normal")
    source = th.scan(path, "x")
    path.unlink()
    with pytest.raises(th.SampleError, match=r"x\.parquet cannot be read any more: .*No such file"):
        th.fit(source, "normal")


def test_text_of_other_kinds(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("# made today\na;b\n1,5;2\n# a note\n-2,25;3\n")
    source = th.scan(path, "a", delimiter=";", decimal=",", comment="#")
    assert np.asarray(source).tolist() == [1.5, -2.25]
    path.write_text("1.5,2\n3.5,4\n")
    assert np.asarray(th.scan(path, "f1", header=False)).tolist() == [2.0, 4.0]
    (tmp_path / "data.txt").write_text("a\tb\n1\t2\n")
    assert np.asarray(th.scan(tmp_path / "data.txt", "b", format="tsv")).tolist() == [2.0]
    with pytest.raises(th.ParameterError, match=r"cannot tell how to read .*data\.txt: its name must end in"):
        th.scan(tmp_path / "data.txt", "b")


def test_a_filter_compares_texts_too(tmp_path):
    chosen = np.array([i % 7 in (1, 3) for i in range(N)]) & RECENT
    whole = th.fit(X[chosen], "gamma")
    for write in (write_parquet, write_csv, write_feather):
        source = th.scan(write(tmp_path), "x", where="name in ('n1', 'n3') and year > 2020")
        assert same(th.fit(source, "gamma"), whole)
    hive = write_hive(tmp_path)
    assert same(th.fit(th.scan(hive, "x", where="part >= 2"), "gamma"), th.fit(X[N // 2 :], "gamma"))


WHERE = {
    "a > 2": pc.field("a") > 2,
    "not (a <= 2.5 or b != 'x')": ~((pc.field("a") <= 2.5) | (pc.field("b") != "x")),
    "1 < a < 3": (pc.scalar(1) < pc.field("a")) & (pc.field("a") < pc.scalar(3)),
    "`a b` is null and c is not null": pc.field("a b").is_null() & ~pc.field("c").is_null(),
    "a in (1, -2)": pc.field("a").isin([1, -2]),
    "a not in ('x',)": ~pc.field("a").isin(["x"]),
    "flag == True": pc.field("flag") == True,  # noqa: E712 - an expression
}


@pytest.mark.parametrize("text", WHERE)
def test_conditions_as_text(text):
    assert str(parse_where(text)) == str(WHERE[text])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a = 2",
        "a > b > ",
        "__import__('os').system('true')",
        "a.b > 2",
        "f(a) > 2",
        "a > 1 + 1",
        "1 > 2",
        "a == null",
        "a in 3",
        "a is 3",
        "lambda: a",
        "a > 'x' if b else c",
        "(" * 2000 + "a" + ")" * 2000,
    ],
)
def test_what_is_no_condition(text):
    with pytest.raises(th.ParameterError, match=r"^where: cannot read .*it takes comparisons"):
        parse_where(text)


BAD_CALLS = [
    (lambda path: th.scan(path), r"which column of .*\? It has 'x', 'w', 'year', 'name'"),
    (lambda path: th.scan(path, "xx"), r"no column 'xx'; did you mean 'x'\? It has 'x', 'w'"),
    (lambda path: th.scan(path, "x", weights="years"), r"no column 'years'; did you mean 'year'\?"),
    (lambda path: th.scan(path, "x", where="yaer > 2"), r"where does not fit .*yaer"),
    (lambda path: th.scan(path, "x", where="name > 2"), r"where does not fit .*"),
    (lambda path: th.scan(path, "x", delimiter=";;"), r"delimiter must be one character of ASCII, got ';;'"),
    (lambda path: th.scan(path, "x", format="xls"), r"format must be one of parquet, csv, .*; got 'xls'"),
    (lambda path: th.scan(path.parent / "*.csv", "x"), r"no file matches '.*\*\.csv'"),
    (lambda path: th.scan(path.parent / "empty", "x"), r"there is no file in '.*empty'"),
    (lambda _: th.scan(X, "x"), r"a ndarray has no columns by name: leave column"),
    (lambda _: th.scan(X, decimal=","), r"decimal: is for files alone"),
    (lambda _: th.scan(TABLE.to_pandas(), "x", where="a > 1"), r"filter this DataFrame itself"),
    (lambda _: th.scan(th.scan(X)), r"this is a source already"),
    (lambda _: th.scan(lambda: [X], "x"), r"are of type ndarray, without columns by name: leave column="),
    (lambda _: th.scan(lambda: [{"y": X}], "x"), r"no column 'x'; it has 'y'"),
]


@pytest.mark.parametrize(("call", "message"), BAD_CALLS, ids=range(len(BAD_CALLS)))
def test_what_scan_cannot_read(call, message, tmp_path):
    (tmp_path / "empty").mkdir()
    path = write_parquet(tmp_path)
    with pytest.raises(th.ParameterError, match=message):
        th.fit(call(path), "normal")


def test_weights_of_a_source_are_a_column_of_it(tmp_path):
    with pytest.raises(th.ParameterError, match="weights are those of the source: pass their column to scan"):
        th.fit(th.scan(write_parquet(tmp_path), "x"), "normal", weights=W)


def test_a_missing_column_of_a_later_file(tmp_path):
    pq.write_table(TABLE, tmp_path / "a.parquet")
    pq.write_table(TABLE.drop(["x"]), tmp_path / "b.parquet")
    with pytest.raises(th.ParameterError, match=r"b\.parquet has no column 'x'; it has 'w'"):
        th.fit(th.scan(tmp_path, "x"), "normal")


def test_a_row_group_that_is_damaged_is_named(tmp_path):
    path = write_parquet(tmp_path)
    with pq.ParquetFile(path) as file:
        place = file.metadata.row_group(2).column(0).data_page_offset + 100
    content = bytearray(path.read_bytes())
    content[place] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(th.SampleError, match=r"cannot read row group 2 of .*x\.parquet: .*CRC"):
        th.fit(th.scan(path, "x"), "normal")


def test_memory_for_all_rows_is_asked_for_before(tmp_path, monkeypatch):
    source = th.scan(write_parquet(tmp_path), "x")
    monkeypatch.setattr("thetahat.data.memory.SMALL", 0)
    monkeypatch.setattr("thetahat.data.memory._free", lambda: 1000)
    with pytest.raises(th.SampleError, match=r"column 'x' .* as an array takes .* GB.*: pass s\.sample\(k\)"):
        th.fit(source, "normal", method=th.SGD(), rng=0)
    assert same(th.fit(source, "weibull"), th.fit(X, "weibull"))


def test_no_thread_outlives_a_pass(tmp_path):
    source = th.scan(write_parquet(tmp_path), "x")
    next(source.blocks()).n  # noqa: B018 - the rest is not read
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("thetahat")]


def test_no_file_stays_open(tmp_path):
    folder = Path("/proc/self/fd")
    for write in FILES:
        path = write(tmp_path)
        th.fit(th.scan(path, "x"), "normal")
        next(th.scan(path, "x").blocks())
    names = (
        [str(link.readlink()) for link in folder.iterdir() if link.is_symlink()] if folder.is_dir() else []
    )
    assert not [name for name in names if name.startswith(str(tmp_path))]
