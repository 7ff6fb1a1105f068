"""The command line on files: what is one sample, standard input, conditions, and sums to be merged."""

import gzip
import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from test_cli import assert_one_line, fit_json, run

import thetahat as th
from thetahat._commands import thetahat

X = np.random.default_rng(3).weibull(1.5, 3000)
Y = np.arange(3000) % 7


def write(path, rows=slice(None)):
    pq.write_table(pa.table({"x": X[rows], "y": Y[rows]}), path)
    return path


@pytest.fixture
def parts(tmp_path):
    return [write(tmp_path / f"{i}.parquet", slice(1000 * i, 1000 * i + 1000)) for i in range(3)]


def test_several_files_are_one_sample(parts):
    known = th.fit(X, "normal").to_dict()
    for files in (parts, [parts[0].parent], [f"{parts[0].parent}/*.parquet"]):
        record = fit_json(*files, "--column", "x")
        assert record["file"] == ([str(file) for file in files] if len(files) > 1 else str(files[0]))
        assert {key: record[key] for key in known} == known


def test_several_columns_are_several_fits(parts):
    records = fit_json(*parts, "--column", "x", "--column", "y")
    assert [record["column"] for record in records] == ["x", "y"]
    assert [record["params"] for record in records] == [th.fit(v, "normal").params for v in (X, Y)]
    lines = run("fit", *parts, "--column", "x", "--column", "y", "--family", "normal").stdout.splitlines()
    assert [line for line in lines if line.startswith("column")] == ["column x", "column y"]
    for option in (["--plot", "a.png"], ["--by", "y"]):
        result = run("fit", parts[0], "--column", "x", "--column", "y", "--family", "normal", *option)
        assert_one_line(result, f"{option[0]} takes one --column, got 2", 2)


def test_a_condition_chooses_rows(parts):
    record = fit_json(*parts, "--column", "x", "--where", "y in (1, 3) or y > 5")
    chosen = (Y == 1) | (Y == 3) | (Y > 5)
    assert record["params"] == th.fit(X[chosen], "normal").params
    result = run("fit", parts[0], "--column", "x", "--family", "normal", "--where", "y = 3")
    assert_one_line(result, "where: cannot read 'y = 3' (invalid syntax); it takes comparisons")
    result = run("compare", parts[0], "--column", "x", "--families", "gamma,weibull", "--where", "y > 3")
    cells = [line.split() for line in result.stdout.splitlines() if line.strip(" \u2500")]
    expected = str(th.compare(X[:1000][Y[:1000] > 3], ["gamma", "weibull"]))
    assert cells == [line.split() for line in expected.splitlines() if line]


def test_standard_input(tmp_path):
    """Text unless the format says otherwise; families of several passes too."""
    text = "x,y\n" + "".join(f"{x!r},{y}\n" for x, y in zip(X.tolist(), Y.tolist(), strict=True))
    parquet = write(tmp_path / "x.parquet").read_bytes()
    for given, options in ((text.encode(), ()), (parquet, ("--format", "parquet"))):
        command = ["fit", "-", "--column", "x", "--family", "weibull", "--json", *options]
        result = CliRunner().invoke(thetahat, command, input=given)
        assert (result.exit_code, result.stderr) == (0, "")
        record = json.loads(result.stdout)
        assert (record["params"], record["file"]) == (th.fit(X, "weibull").params, "-")
    result = CliRunner().invoke(
        thetahat, ["fit", "-", "--column", "z", "--family", "normal"], input=b"x\n1\n"
    )
    assert_one_line(result, "standard input has no column 'z'; it has 'x'")


def test_text_in_other_forms(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("# a comment\n1,5;2\n2,5;3\n4,5;1\n")
    options = ["--format", "csv", "--delimiter", ";", "--decimal", ",", "--no-header", "--skip-comments", "#"]
    assert fit_json(path, "--column", "f0", *options)["params"] == th.fit([1.5, 2.5, 4.5], "normal").params
    tabs = tmp_path / "x.tsv.gz"
    tabs.write_bytes(gzip.compress(b"a\tb\n1\t2\n3\t5\n"))
    assert fit_json(tabs, "--column", "b")["params"] == th.fit([2, 5], "normal").params


def test_sums_of_files_are_merged(parts, tmp_path):
    sums = [tmp_path / f"{i}.sums" for i in range(3)]
    for part, out in zip(parts, sums, strict=True):
        result = run("summarize", part, "--column", "x", "--family", "gamma", "--output", out)
        assert result.stdout == f"1000 rows: {out}\n"
    whole = th.fit(X, "gamma")
    record = json.loads(run("merge", *sums, "--json", "--output", tmp_path / "all.sums").stdout)
    assert list(record["confint"]) == list(record["params"])
    assert record["params"] == pytest.approx(whole.params, rel=1e-12)
    assert th.Summary.from_bytes((tmp_path / "all.sums").read_bytes()).n == 3000
    assert "fitted to 3000 rows" in run("merge", *sums).stdout
    shifted = tmp_path / "g.sums"
    run("summarize", *parts, "--column", "x", "--family", "gumbel", "--at", "0.6,0.5", "--output", shifted)
    assert "gumbel(mu, beta), fitted to 3000 rows" in run("merge", shifted).stdout
    assert_one_line(run("merge", sums[0], shifted), "summaries of gamma and gumbel do not add")
    assert_one_line(run("merge", parts[0]), f"{parts[0]}: this is not a summary of thetahat")
    result = run("summarize", parts[0], "--column", "x", "--family", "student_t", "--output", sums[0])
    assert_one_line(result, "student_t has no sufficient statistics: its likelihood needs the rows")


def test_progress_of_reading(parts):
    result = run("fit", *parts, "--column", "x", "--family", "normal", "--progress")
    assert result.exit_code == 0
    assert "pass 1: 100%" in result.stderr
    assert "3.00k/3.00k" in result.stderr


def test_completion(parts):
    def completed(words):
        variables = {"_THETAHAT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "5"}
        lines = CliRunner(env=variables).invoke(thetahat, prog_name="thetahat").stdout.splitlines()
        return [line.partition(",")[2] for line in lines]

    families = completed(f"thetahat fit {parts[0]} --column=x --family log")
    everything = [*th.families(), *th.formula_families()]
    assert families == [name for name in everything if name.startswith("log")]
    columns = completed(f"thetahat fit {parts[0]} --family=normal --column ")
    assert columns == ["x", "y"]


def test_as_a_module(parts):
    command = [sys.executable, "-W", "error", "-m", "thetahat", "fit", str(parts[0]), "--column", "x"]
    done = subprocess.run([*command, "--family", "gamma"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("gamma(shape, scale), fitted to 1000 rows")
