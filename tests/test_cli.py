"""The command line, in this process and as users run it."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from matplotlib.image import imread

import thetahat as th
from thetahat._commands import thetahat

FLIGHTS = str(Path(__file__).parent / "data" / "nycflights13.parquet")
DELAYS = ["fit", FLIGHTS, "--column", "arr_delay", "--family", "normal", "--missing", "omit"]
MAIN = "from thetahat_command import main; main()"


def run(*arguments):
    """Run the command in this process; what it prints comes back with its exit code."""
    return CliRunner(env={"COLUMNS": "80"}).invoke(thetahat, [str(argument) for argument in arguments])


def fit_json(*arguments):
    result = run("fit", *arguments, "--family", "normal", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout, parse_constant=pytest.fail)


def assert_one_line(result, message, code=1):
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert code == 2 or len(result.stderr.splitlines()) == 1
    assert message in result.stderr


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.npy"
    np.save(path, np.random.default_rng(5).normal(1, 2, 400))
    return path


SGD = ("--method", "sgd", "--learning-rate", "1e-4", "--epochs", "20", "--start", "0,1", "--seed", "3")


def test_flights_as_json():
    result = run(*DELAYS, "--json")
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    record = json.loads(result.stdout, parse_constant=pytest.fail)
    delay = pq.read_table(FLIGHTS)["arr_delay"].drop_null().to_numpy().astype(float)
    assert (record.pop("file"), record.pop("column"), record["omitted"]) == (FLIGHTS, "arr_delay", 9_430)
    assert record["n"] == delay.size == 327_346
    assert record["params"]["mu"] == pytest.approx(delay.mean(), rel=1e-12)
    assert record["params"]["sigma"] == pytest.approx(delay.std(), rel=1e-12)
    fit = th.fit(delay, "normal")
    assert record.pop("confint") == dict(zip(fit.params, fit.confint().tolist(), strict=True))
    assert record == {**fit.to_dict(), "omitted": 9_430}
    assert list(record["stderr"]) == list(record["params"])
    assert th.Fit.from_dict(record).params == record["params"]


def test_flights_as_a_table():
    lines = run(*DELAYS).stdout.splitlines()
    assert lines[0] == "normal(mu, sigma), fitted to 327346 rows in 1 pass; 9430 rows left out"
    cells = {line.split()[0]: line.split()[1:] for line in lines if line.startswith((" mu", " sigma"))}
    assert cells == {
        "mu": ["6.895377", "0.07801", "6.742478", "7.048275"],
        "sigma": ["44.63322", "0.05516", "44.52524", "44.74147"],
    }
    assert lines[-1] == "status: converged"


def test_every_setting_reaches_the_fit(sample):
    record = fit_json(sample, *SGD, "--batch-size", "7", "--shuffle", "batches", "--trace", "--threads", "2")
    method = th.SGD(learning_rate=1e-4, epochs=20, batch_size=7, shuffle="batches")
    expected = th.fit(np.load(sample), "normal", method=method, start=(0, 1), rng=3, trace="epoch")
    assert list(record.pop("confint")) == ["mu", "sigma"]
    assert record == {"file": str(sample), "column": None, "omitted": 0, **expected.to_dict()}
    assert len(record["trace"]) == 21
    assert fit_json(sample, *SGD[:-1], "4")["params"] != fit_json(sample, *SGD)["params"]


def test_gradient_ascent(sample):
    settings = ("--learning-rate", "1e-3", "--epochs", "1000", "--start", "0.5,3")
    record = fit_json(sample, "--method", "gradient-ascent", *settings)
    method = th.GradientAscent(learning_rate=1e-3, epochs=1000)
    assert record["params"] == th.fit(np.load(sample), "normal", method=method, start=(0.5, 3)).params
    assert record["status"] == "converged"


def test_json_has_no_infinities(sample):
    settings = ("--learning-rate", "1", "--epochs", "1", "--start", "0,1e-200")
    record = fit_json(sample, "--method", "gradient-ascent", *settings)
    assert (record["status"], record["log_likelihood"], record["aic"]) == ("diverged", "-inf", "inf")
    assert record["params"] == {"mu": 0, "sigma": 1e-200}


def test_a_start_of_seed_zero_is_a_seed(sample):
    records = [fit_json(sample, *SGD[:-1], "0")["params"] for _ in range(2)]
    assert records[0] == records[1]


WRONG = [
    (
        ["--family", "normal", "--seed", "0", "--start", "0,1"],
        "--method exact does not use --seed",
        2,
    ),
    (
        ["--family", "normal", "--method", "gradient-ascent", "--seed", "1"],
        "gradient-ascent does not use --seed",
        2,
    ),
    (
        ["--family", "normal", "--method", "gradient-ascent", "--epochs", "3"],
        "--method gradient-ascent needs --learning-rate",
        2,
    ),
    (["--family", "normal", *SGD, "--trace"], "--trace goes into --json or --plot", 2),
    (["--family", "normal", *SGD[:6], "--start", "0;1"], "'0;1' is not a list of numbers such as 0,1", 2),
    (
        ["--family", "normal", *SGD[:6], "--start", "0"],
        "start has 1 value(s), but normal(mu, sigma) takes",
        1,
    ),
    (
        ["--family", "normal", *SGD, "--batch-size", "0"],
        "batch_size must be an integer of at least 1, got 0",
        1,
    ),
    (["--family", "normal", "--fixed", "mu"], "'mu' does not give parameters values, such as mu=0", 2),
    (["--family", "normal", "--fixed", "mu=0", "--fixed", "mu=1"], "mu has two values, 0 and 1", 2),
    (["--family", "normal", "--test", "mu=0,mu=1"], "mu has two values, 0 and 1", 2),
    (["--family", "normal", "--test", "nu=4"], "Error: --test: normal(mu, sigma) has no parameter 'nu'", 1),
    (["--family", "normal", "--test", "sigma=-1"], "Error: --test: sigma must be positive", 1),
    (["--family", "normal", "--return-level", "1"], "Error: --return-level must be finite and above 1", 1),
    (["--family", "normal", "--family", "gamma"], "--family was given 2 times, and takes one value", 2),
    (["--family", "normal", "--plot", "a.png", "--plot", "b.png"], "--plot was given 2 times", 2),
    (["--family", "normal", *SGD, "--epochs", "3"], "--epochs was given 2 times", 2),
    (["--family", "normal", "--test", "mu=a"], "'mu=a' does not give parameters values", 2),
    (["--family", "normal", "--fixed", "nu=4"], "normal(mu, sigma) has no parameter 'nu'", 1),
    (["--family", "normal", "--gof", "--bootstrap", "0"], "bootstrap must be an integer of at least 1", 1),
    (["--family", "normal", "--quantile", "1.5"], "Error: --quantile must lie strictly between 0", 1),
    (["--family", "normal", "--weights", "w"], "holds one array without columns", 1),
    (["--family", "norml"], "unknown family 'norml'; did you mean 'normal'?", 1),
    (["--family", "normal", "--threads", "0"], "threads must be an integer of at least 1, got 0", 1),
    (["--family", "normal", "--column", "a"], "leave column 'a' out", 1),
    (["--family", "normal", "--plot", "f.gif"], "f.gif: its name must end in .png, .pdf, .svg", 1),
    ([], "Missing option '--family'", 2),
]


@pytest.mark.parametrize(("arguments", "message", "code"), WRONG, ids=[row[1] for row in WRONG])
def test_wrong_options_end_in_a_line_that_says_so(sample, arguments, message, code):
    assert_one_line(run("fit", sample, *arguments), message, code)


def test_faults_of_the_sample_end_in_one_line(tmp_path):
    assert_one_line(
        run(*DELAYS[:-2]), "holds 9430 null value(s), the first at index 471; --missing omit leaves them out"
    )
    assert_one_line(
        run("fit", tmp_path / "no.csv", "--family", "normal"), "no.csv: No such file or directory"
    )
    np.save(tmp_path / "constant.npy", np.ones(3))
    assert_one_line(
        run("fit", tmp_path / "constant.npy", "--family", "normal"), "these 3 row(s) has no maximum"
    )
    huge = tmp_path / "huge.npy"
    huge.write_bytes(
        (tmp_path / "constant.npy").read_bytes().replace(b"(3,), }" + b" " * 14, b"(900000000000000,), }")
    )
    assert_one_line(run("fit", huge, "--family", "normal"), "ends after 3 of its 900000000000000 rows")


def test_pictures_of_fits(tmp_path, sample):
    path = tmp_path / "density [b] :smile:.png"
    result = run(*DELAYS, "--plot", path)
    assert result.stdout.splitlines()[-1] == f"picture: {path}"
    assert imread(path).shape == (1520, 1600, 4)
    fit_json(sample, *SGD, "--trace", "--plot", path)
    assert imread(path).shape == (2960, 1600, 4)  # the paths too


def test_everything_that_a_fit_can_be_asked(sample):
    asked = ["--profile", "--quantile", "0.9", "--quantile", "0.99", "--return-level", "100"]
    asked += ["--test", "mu=1", "--test", "mu=1, sigma=2", "--gof", "--bootstrap", "19", "--seed", "3"]
    record = fit_json(sample, *asked)
    fit = th.fit(np.load(sample), "normal")
    assert list(record["confint"].values()) == fit.confint(method="profile").tolist()
    assert [row["p"] for row in record["quantiles"]] == [0.9, 0.99]
    estimate = fit.quantile(0.99)
    assert record["quantiles"][1] == {
        "p": 0.99,
        "value": estimate.value,
        "stderr": estimate.stderr,
        "low": estimate.low,
        "high": estimate.high,
    }
    assert record["return_levels"][0]["value"] == pytest.approx(fit.return_level(100).value)
    assert [row["df"] for row in record["tests"]] == [1, 2]
    assert record["tests"][0]["pvalue"] == fit.test({"mu": 1}).pvalue
    assert record["gof"] == fit.gof(bootstrap=19, rng=3).to_dict()
    lines = run("fit", sample, "--family", "normal", *asked).stdout.splitlines()
    titles = [line.split()[-2] for line in lines if "95 %" in line or "quantile 0.9 " in line]
    assert titles[:2] == ["profile", "delta-method"]  # those of the quantiles below are not the profile's
    cells = [line.split()[:3] for line in lines]
    assert ["quantile", "0.99", f"{estimate.value:.7g}"] in cells
    assert ["return", "level", "100"] in cells
    assert any(line.startswith("likelihood ratio of mu = 1, sigma = 2: ") for line in lines)
    assert any(line.startswith(" Kolmogorov-Smirnov ") for line in lines)
    assert lines[-1] == "status: converged"


def test_fixed_parameters_weights_and_the_sandwich(tmp_path):
    path = tmp_path / "weighted.csv"
    path.write_text("x,w\n1.5,2\n,5\n2.5,1\n0.5,0\n7,3\n")
    how = [path, "--column", "x", "--weights", "w", "--missing", "omit", "--cov", "sandwich"]
    record = fit_json(*how, "--fixed", "sigma=2")
    expected = th.fit(
        [1.5, 2.5, 0.5, 7.0], "normal", weights=[2, 1, 0, 3], cov="sandwich", fixed={"sigma": 2}
    ).to_dict()
    assert {key: record[key] for key in expected} == {**expected, "omitted": 2}  # one of weight 0
    lines = run("fit", *how, "--family", "normal", "--fixed", "sigma=2").stdout.splitlines()
    assert ["sigma", "2", "fixed"] in [line.split() for line in lines]
    assert lines[0].endswith("fitted to 3 rows of weight 6 in 2 passes; 2 rows left out")
    assert_one_line(
        run("fit", path, "--column", "w", "--weights", "x", "--family", "normal"),
        "holds 1 null value(s), the first at index 1; use weight 0 to leave a row out",
    )


def test_a_newton_can_be_started_by_hand(sample):
    lines = run("fit", sample, "--family", "logistic", "--start", "0,1", "--json")
    expected = th.fit(np.load(sample), "logistic", start=(0, 1)).to_dict()
    record = json.loads(lines.stdout)
    assert {key: record[key] for key in expected} == expected
    assert_one_line(
        run("fit", sample, "--family", "normal", "--start", "0,1"),
        "start is not used: normal has a closed-form maximum",
    )


def test_families_are_compared(tmp_path, sample):
    lines = run("compare", sample, "--families", "normal, gamma,logistic").stdout.splitlines()
    expected = th.compare(np.load(sample), ["normal", "gamma", "logistic"])
    cells = [line.split() for line in lines[:-1] if line.strip(" \u2500")]
    assert cells == [line.split() for line in str(expected).splitlines()[:-1] if line]
    assert lines[-1].startswith(f"gamma not fitted: {sample} holds ")
    path = tmp_path / "best.png"
    result = run("compare", *DELAYS[1:4], "--missing", "omit", "--families", "normal,gumbel", "--plot", path)
    assert result.stdout.splitlines()[-2:] == [
        "9430 of 336776 rows have no value and are left out",
        f"picture: {path}",
    ]
    assert imread(path).shape == (1480, 1880, 4)  # of all families
    record = json.loads(run("compare", sample, "--json").stdout, parse_constant=pytest.fail)
    assert record["candidates"][0]["family"] == th.compare(np.load(sample)).best.family
    assert (record["file"], record["omitted"]) == (str(sample), 0)
    assert_one_line(run("compare", sample, "--families", "normal,poisson"), "are not comparable")


def test_criteria_rank_the_families(sample):
    asked = ("--families", "student_t,normal", "--criterion", "bic", "--json")
    record = json.loads(run("compare", sample, *asked).stdout)
    expected = th.compare(np.load(sample), ["student_t", "normal"], criterion="bic")
    assert record["criterion"] == "bic"
    assert [row["family"] for row in record["candidates"]] == [row.family for row in expected]


def test_narrow_terminals_get_lines_instead_of_columns(sample):
    asked = ["fit", str(sample), "--family", "normal", "--gof", "--bootstrap", "9", "--seed", "1"]
    wide, narrow = (CliRunner(env={"COLUMNS": n}).invoke(thetahat, asked).stdout for n in ("80", "30"))
    shown = th.fit(np.load(sample), "normal").params
    for text in (wide, narrow):
        for value in shown.values():
            assert f"{value:.7g}" in text.split()
    assert "  std. error  " in narrow


@pytest.mark.parametrize(("columns", "title"), [(80, "log-likelihood"), (60, "AIC"), (30, "weight")])
def test_narrow_terminals_get_the_columns_that_have_room(sample, columns, title):
    asked = ["compare", str(sample), "--families", "normal,logistic,laplace"]
    lines = CliRunner(env={"COLUMNS": str(columns)}).invoke(thetahat, asked).stdout.splitlines()[1:]
    assert max(map(len, lines)) <= columns
    assert title in lines[1].split()
    assert any(line.startswith("left out") for line in lines) == (columns < 80)


def test_the_families_are_listed_as_json():
    record = json.loads(run("families", "--json").stdout, parse_constant=pytest.fail)
    assert [family["family"] for family in record] == [*th.families(), *th.formula_families()]
    for family in record:
        described = th.family(family["family"])
        assert [one["name"] for one in family["parameters"]] == list(described.names)
        assert family["support"] == described.support
        if family["scipy"] is not None:
            assert family["scipy"] == described.scipy_name


def test_the_families_are_listed():
    lines = CliRunner(env={"COLUMNS": "120"}).invoke(thetahat, ["families"]).stdout.splitlines()
    known = (*th.families(), *th.formula_families())
    words = [line.split() for line in lines if line.strip()]
    rows = {first: " ".join([first, *others]) for first, *others in words if first in known}
    assert tuple(rows) == known
    assert rows["weibull"] == "weibull shape, scale x > 0 a few times weibull_min"
    assert rows["gamma"] == "gamma shape, scale x > 0 once gamma"


def test_the_notebook(tmp_path):
    path = tmp_path / "n.png"
    result = run("notebook", "--n", "500", "--seed", "4", "--epochs", "300", "--plot", path)
    assert (result.exit_code, result.stderr) == (0, "")
    x = np.random.default_rng(4).normal(1, 2, 500)
    pace = {"learning_rate": 1e-4, "epochs": 300}
    fits = [th.fit(x, "normal")] + [
        th.fit(x, "normal", method=method, start=(0, 1), rng=5 if method.draws else None)
        for method in (
            th.GradientAscent(**pace),
            th.SGD(**pace, batch_size=10, shuffle="batches"),
            th.SGD(**pace),
        )
    ]
    rows = {line[:17].strip(): line[17:].split() for line in result.stdout.splitlines()[4:-2]}
    assert [float(cell) for cell in rows["mu"]] == pytest.approx([fit.theta[0] for fit in fits], rel=1e-7)
    assert [float(cell) for cell in rows["sigma"]] == pytest.approx([fit.theta[1] for fit in fits], rel=1e-7)
    assert rows["status"] == [fit.status for fit in fits]
    likelihoods = [float(cell) for cell in rows["log-likelihood"]]
    assert likelihoods == pytest.approx([fit.log_likelihood for fit in fits], rel=1e-9)
    # Near the maximum the distance from it and Newton's decrement are the same.
    distances = [float(cell) for cell in rows["std. errors off"]]
    assert distances == pytest.approx([math.sqrt(fit.newton_decrement) for fit in fits], rel=0.1, abs=1e-9)
    assert all(float(cell) > 0 for cell in rows["time in ms"])
    assert imread(path).shape == (1200, 1600, 4)
    assert result.stdout.splitlines()[-1] == f"picture: {path}"


def test_the_notebook_fits_a_terminal_of_80_columns(tmp_path):
    lines = run("notebook", "--epochs", "20", "--plot", tmp_path / "n.pdf").stdout.splitlines()[1:-1]
    assert max(map(len, lines)) <= 80
    assert len(lines) == 12  # nothing is broken over two lines


def test_version():
    assert run("--version").stdout == f"thetahat, version {th.__version__}\n"


def test_the_installed_command_is_that_of_the_project():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    assert project["scripts"] == {"thetahat": "thetahat_command:main"}
    (command,) = entry_points(group="console_scripts", name="thetahat")
    assert callable(command.load())


def process(*arguments, code=MAIN, **options):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_as_a_process_of_its_own(tmp_path):
    command = process(*DELAYS, "--plot", tmp_path / "f.png", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    out, err = command.communicate(timeout=60)
    assert (command.returncode, err) == (0, "")
    assert "44.63322" in out
    assert out.isascii()


@pytest.mark.skipif(sys.platform == "win32", reason="/dev/full is of POSIX systems")
@pytest.mark.parametrize(
    "arguments", [["--help"], ["fit", "--help"], ["--version"], ["families"], DELAYS, [*DELAYS, "--json"]]
)
def test_a_full_disk_is_told_in_one_line(arguments):
    with Path("/dev/full").open("w") as full:
        python = [sys.executable, "-W", "error", "-c", MAIN]
        command = subprocess.run([*python, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert command.returncode == 1
    said = "Error: (cannot write to standard output: )?No space left on device\n"
    assert re.fullmatch(said, command.stderr)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("THETAHAT_ISA", "Error: THETAHAT_ISA='bogus' is not an instruction set of this processor and build"),
        (
            "MPLBACKEND",
            "Error: pictures need matplotlib, which does not start: .*'bogus' is not a valid value",
        ),
    ],
)
def test_wrong_settings_of_the_environment_are_told_in_one_line(tmp_path, name, message):
    command = process(*DELAYS, "--plot", tmp_path / "f.png", env={**os.environ, name: "bogus"})
    out, err = command.communicate(timeout=60)
    assert (command.returncode, out) == (1, "")
    assert re.match(message, err)
    assert err.count("\n") == 1


def test_errors_show_nothing_that_a_terminal_obeys(tmp_path):
    path = tmp_path / "\x1b[31m.csv"
    assert_one_line(run("fit", path, "--column", "a", "--family", "normal"), "\\x1b[31m.csv: No such file")
    path.write_text("a\n\x1b]0;owned\x07\n1\n")
    assert_one_line(
        run("fit", path, "--column", "a", "--family", "normal"), "index 0: '\\\\x1b]0;owned\\\\x07'"
    )
    path.write_text("a,b\n1,2\n\x1b[2J\n")
    assert_one_line(run("fit", path, "--column", "a", "--family", "normal"), "\\x1b[2J")


def test_pandas_is_never_waited_for():
    spy = "type('Spy', (), {'find_spec': lambda name, *_: os._exit(9) if name == 'pandas' else None})"
    command = process(*DELAYS, code=f"import os, sys; sys.meta_path.insert(0, {spy}); {MAIN}")
    _, err = command.communicate(timeout=60)
    assert (command.returncode, err) == (0, "")


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_reader_that_leaves_early_is_no_fault(sample, form):
    with process("fit", sample, "--family", "normal", *form) as command:
        command.stdout.close()
        assert command.stderr.read() == ""


@pytest.mark.parametrize("module", ["click", "rich"])
def test_without_the_extra_one_line_names_it(module):
    command = process(code=f"import sys; sys.modules[{module!r}] = None; {MAIN}")
    out, err = command.communicate(timeout=60)
    assert (command.returncode, out) == (1, "")
    assert err == f'Error: the command line needs {module}: pip install "thetahat[cli]"\n'


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("method", ["sgd", "gradient-ascent"])
def test_interrupted_fits_end_at_once_and_quietly(sample, method):
    endless = ("--learning-rate", "1e-9", "--epochs", str(10**12), "--progress")
    command = process("fit", sample, "--family", "normal", "--method", method, *endless)
    shown = ""
    while "epoch" not in shown:  # the bar appears when the epochs begin
        shown += (char := command.stderr.read(1))
        assert char, shown
    sleep(0.2)
    assert command.poll() is None
    command.send_signal(signal.SIGINT)
    began = monotonic()
    out, err = command.communicate(timeout=60)
    assert monotonic() - began < 2
    assert (command.returncode, out) == (130, "")
    assert all("epoch" in line for line in (shown + err).split("\n") if line), err
