"""The command line by group: tables, records and files are what `fit_groups` returns."""

import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from test_cli import FLIGHTS, assert_one_line, run

import thetahat as th

FLAGS = ("--column", "arr_delay", "--family", "normal")
DELAYS = ("fit", FLIGHTS, *FLAGS, "--missing", "omit", "--by", "carrier")
ROWS = """x,k,day,code,w
1,10,2026-01-02,007,1
2,9,2026-01-01,008,2
4,10,2026-01-02,007,1
7,9,2026-01-01,008,1
,9,2026-01-01,008,1
8,,2026-01-01,NA,1
"""


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture(scope="module")
def flights():
    table = pq.read_table(FLIGHTS)
    return th.fit_groups(table["arr_delay"], "normal", by={"carrier": table["carrier"]}, nan_policy="omit")


def test_a_table_has_the_first_and_the_last_groups(flights):
    result = run(*DELAYS)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "normal(mu, sigma), fitted to 16 groups"
    assert [line.split()[0] for line in lines if "converged" in line] == [
        *flights.keys[:5],
        *flights.keys[-5:],
        "status:",
    ]
    assert f"{flights['UA'].params['mu']:.7g}" in result.stdout
    assert lines[-1] == "status: 16 converged"


def test_records_are_those_of_the_fits(flights):
    result = run(*DELAYS, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    records = json.loads(result.stdout, parse_constant=pytest.fail)
    assert [record["key"] for record in records] == flights.keys.tolist()
    for record, limits, fit in zip(records, flights.confint().tolist(), flights.to_dicts(), strict=True):
        assert record["confint"] == dict(zip(("mu", "sigma"), limits, strict=True))
        assert {name: record[name] for name in fit} == fit
        assert (record["file"], record["column"]) == (FLIGHTS, "arr_delay")


@pytest.mark.parametrize(("kind", "read"), [("parquet", pq.read_table), ("csv", pa.csv.read_csv)])
def test_fits_are_written_as_tables(flights, tmp_path, kind, read):
    path = tmp_path / f"fits.{kind}"
    assert run(*DELAYS, "--output", path).stdout.splitlines()[-1] == f"written: {path}"
    assert read(path).column("mu").to_pylist() == flights.params["mu"].tolist()
    assert read(path).column_names == flights.to_arrow().column_names


def test_fits_are_written_as_records(tmp_path):
    path = tmp_path / "fits.json"
    printed = run(*DELAYS, "--json", "--output", path).stdout
    assert json.loads(path.read_text()) == json.loads(printed)


def test_keys_of_a_csv_file_are_integers_or_text(rows):
    def keys(*by):
        result = run("fit", rows, "--column", "x", "--family", "normal", "--missing", "omit", "--json", *by)
        return [record["key"] for record in json.loads(result.stdout)]

    assert keys("--by", "k") == [9, 10]
    assert keys("--by", "code") == ["007", "008"]
    assert keys("--by", "day", "--by", "k") == [{"day": "2026-01-01", "k": 9}, {"day": "2026-01-02", "k": 10}]


def test_settings_reach_the_fits(rows):
    result = run(
        "fit",
        rows,
        "--column",
        "x",
        "--family",
        "normal",
        "--by",
        "k",
        "--missing",
        "omit",
        "--weights",
        "w",
        "--fixed",
        "sigma=2",
        "--threads",
        "1",
        "--progress",
        "--json",
    )
    assert "2/2" in result.stderr
    nine, ten = json.loads(result.stdout)
    assert nine["params"] == {"mu": 11 / 3, "sigma": 2.0}
    assert (nine["n"], nine["omitted"], ten["n"]) == (3, 1, 2)


def test_groups_without_a_fit_are_counted(rows):
    result = run("fit", rows, "--column", "x", "--family", "student_t", "--by", "k", "--missing", "omit")
    assert result.stdout.splitlines()[-1] == "status: 2 too_few (normal)"


def test_what_goes_wrong_is_one_line(rows, tmp_path):
    base = ("fit", rows, "--column", "x", "--family", "normal")
    assert_one_line(
        run(*base, "--by", "kk"), f"{rows} has no column 'kk'; did you mean 'k'? It has 'x', 'k', 'day'"
    )
    assert_one_line(run(*base, "--by", "k"), "holds 1 missing value(s), the first at index 4")
    assert_one_line(run(*base, "--by", "k", "--gof", "--plot", "a.png"), "--by does not use --gof, --plot", 2)
    assert_one_line(run(*base, "--output", "a.csv"), "--output writes the fits of groups: add --by", 2)
    assert_one_line(
        run(*base, "--by", "k", "--output", "a.xls"), "its name must end in .parquet, .csv, .json"
    )
    assert_one_line(run(*base, "--by", "k", "--output", tmp_path / "b" / "a.csv"), "there is no folder")
    assert_one_line(run("fit", "a.npy", "--family", "normal", "--by", "k"), "a.npy has no columns for --by")
