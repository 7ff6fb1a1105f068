"""The commands: options in, a table, JSON or a picture out; all that is computed is computed elsewhere."""

from __future__ import annotations

import json
import math
from dataclasses import MISSING, fields
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from thetahat import errors, plots
from thetahat._kernels import ORDERS
from thetahat._report import ending, heading
from thetahat._version import __version__
from thetahat.data.files import read_column
from thetahat.families import families
from thetahat.fit import fit
from thetahat.result import Fit
from thetahat.solvers import METHODS, SGD, Exact, GradientAscent, Method

__all__ = ["thetahat"]

_EXPECTED = (*(getattr(errors, name) for name in errors.__all__), OSError, MemoryError)


class _Commands(click.Group):
    """Ends in one line instead of a traceback where the fault is not the program's."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click's own business: `thetahat ... | head`
        except _EXPECTED as error:
            raise click.ClickException(" ".join(_in_words(error).split())) from error


def _in_words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or "not enough memory"


def _parse_start(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    try:
        return None if text is None else tuple(float(number) for number in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a list of numbers such as 0,1") from None


def _check_picture(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Find out before the work whether its picture can be written."""
    if path is not None:
        plots.check_target(path)
    return path


_picture = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thetahat")
def thetahat() -> None:
    """Fit probability distributions by maximum likelihood to every row you have."""


@thetahat.command("fit")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", help="Column to fit; a .npy file has none.")
@click.option("--family", required=True, help=f"One of: {', '.join(families())}.")
@click.option(
    "--missing",
    type=click.Choice(["raise", "omit"]),
    default="raise",
    show_default=True,
    help="What to do about rows without a value.",
)
@click.option(
    "--method", "method_name", type=click.Choice(list(METHODS)), default=Exact.name, show_default=True
)
@click.option("--learning-rate", type=float, help="Step length for a gradient of length one.")
@click.option("--epochs", type=int, help="Passes over the sample.")
@click.option("--batch-size", type=int, help="Rows in a batch of sgd; 1 if not given.")
@click.option(
    "--order", type=click.Choice(ORDERS), help="What each epoch of sgd shuffles; samples if not given."
)
@click.option("--start", metavar="NUMBERS", callback=_parse_start, help="Where a method starts, such as 0,1.")
@click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of sgd's shuffles: the same gives the same bits."
)
@click.option("--trace", is_flag=True, help="Keep the parameters after every epoch for --json and --plot.")
@click.option("--progress", is_flag=True, help="Show a progress bar.")
@click.option("--threads", type=int, help="Threads that read the sample; the result does not depend on them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--plot", type=_picture, callback=_check_picture, help="Draw the density into a .png, .pdf or .svg file."
)
def fit_command(
    file: Path,
    column: str | None,
    family: str,
    missing: str,
    method_name: str,
    threads: int | None,
    as_json: bool,
    plot: Path | None,
    **options: Any,
) -> None:
    """Fit a family to a column of FILE, a .csv or .parquet file, or to a .npy file."""
    method, how = _method(method_name, options)
    if options["trace"] and not (as_json or plot):
        raise click.UsageError("--trace goes into --json or --plot: add one of them")
    x, omitted = read_column(file, column, missing)
    fitted = fit(x, family, method=method, threads=threads, **how)
    if plot:
        plots.fit_figure(x, fitted, column or file.name).savefig(plot)
    if as_json:
        record = {**fitted.to_dict(), "file": str(file), "column": column, "omitted": omitted}
        click.echo(json.dumps(record, allow_nan=False))
    else:
        _print_fit(fitted, omitted, plot)


def _method(name: str, options: dict[str, Any]) -> tuple[Method, dict[str, Any]]:
    """Return the method with its settings, and what else `fit` is to be told."""
    kind = METHODS[name]
    settings = {field.name: field.default is MISSING for field in fields(kind)}
    run = ["start", "trace", "progress"] * kind.iterates + ["seed"] * ("order" in settings)
    given = {key: value for key, value in options.items() if value is not None and value is not False}
    foreign = [key for key in given if key not in settings and key not in run]
    if foreign:
        raise click.UsageError(f"--method {name} has no use for {_flags(foreign)}")
    needed = [key for key, required in settings.items() if required and key not in given]
    if needed:
        raise click.UsageError(f"--method {name} needs {_flags(needed)}")
    how = {"rng" if key == "seed" else key: given[key] for key in run if key in given}
    return kind(**{key: given[key] for key in settings if key in given}), how


def _flags(names: list[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)


def _print_fit(fitted: Fit, omitted: int, plot: Path | None) -> None:
    click.echo("\n".join(heading(fitted)))
    if omitted:
        click.echo(f"{omitted} of {fitted.n + omitted} rows have no value and are left out")
    table = Table("", box=SIMPLE_HEAD, pad_edge=False)
    for title in ("estimate", "std. error", "95 % confidence interval"):
        table.add_column(title, justify="right", overflow="fold")
    for (name, value), error, (low, high) in zip(
        fitted.params.items(), fitted.stderr, fitted.confint(), strict=True
    ):
        table.add_row(name, f"{value:.7g}", f"{error:.4g}", f"{low:.7g}  {high:.7g}")
    Console().print(table)
    click.echo(ending(fitted))
    if plot:
        click.echo(f"picture: {plot}")


@thetahat.command()
@click.option("--n", type=click.IntRange(min=2), default=1000, show_default=True, help="Sample size.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--epochs", type=int, default=1000, show_default=True)
@click.option("--learning-rate", type=float, default=1e-4, show_default=True)
@click.option(
    "--plot",
    type=_picture,
    default="thetahat-notebook.png",
    callback=_check_picture,
    show_default=True,
    help="Where to draw how the methods converge.",
)
def notebook(n: int, seed: int, epochs: int, learning_rate: float, plot: Path) -> None:
    """Repeat the notebook this library grew from.

    Simulates a sample of Normal(1, 2) and estimates mu and sigma in closed form and, from (0, 1), by gradient
    ascent on the whole sample, on mini-batches of 10 and on single samples.
    """
    x = np.random.default_rng(seed).normal(1, 2, n)
    pace: dict[str, Any] = {"learning_rate": learning_rate, "epochs": epochs}
    ascents = {
        "full batch": GradientAscent(**pace),
        "batches of 10": SGD(**pace, batch_size=10, order="batches"),
        "single samples": SGD(**pace),
    }
    exact, seconds = _timed(x, Exact())
    runs = {
        name: _timed(x, method, start=(0, 1), trace=True, **({"rng": seed + 1} if method.draws else {}))
        for name, method in ascents.items()
    }
    figure = plots.convergence_figure({name: fitted for name, (fitted, _) in runs.items()}, exact)
    figure.savefig(plot)
    click.echo(f"{n} draws of normal(1, 2); {epochs} epochs from (0, 1), learning rate {learning_rate:g}")
    Console().print(_comparison({"closed form": (exact, seconds), **runs}, exact))
    click.echo(f"picture: {plot}")


def _timed(x: NDArray[np.float64], method: Method, **how: Any) -> tuple[Fit, float]:
    """Return the fit and the seconds it took, without what only a first call has to load."""
    fit(x[:2], "normal", method=method, **how)
    began = perf_counter()
    fitted = fit(x, "normal", method=method, **how)
    return fitted, perf_counter() - began


def _comparison(runs: dict[str, tuple[Fit, float]], exact: Fit) -> Table:
    """Return the methods side by side; distances are measured with the closed form's information."""
    table = Table("", box=SIMPLE_HEAD, pad_edge=False)
    for name in runs:
        table.add_column(name, justify="right", overflow="fold")
    fits = [fitted for fitted, _ in runs.values()]
    for j, name in enumerate(exact.params):
        table.add_row(name, *(f"{fitted.theta[j]:#.8g}" for fitted in fits))
        table.add_row("  std. error", f"{exact.stderr[j]:.4g}")
    root = np.linalg.cholesky(exact.cov)
    away = [np.linalg.solve(root, fitted.theta - exact.theta) for fitted in fits]
    table.add_row("std. errors off", *(f"{math.hypot(*standardized):.2g}" for standardized in away))
    table.add_row("log-likelihood", *(f"{fitted.log_likelihood:#.10g}" for fitted in fits))
    table.add_row("status", *(fitted.status for fitted in fits))
    table.add_row("time in ms", *(f"{1e3 * seconds:.3g}" for _, seconds in runs.values()))
    return table
