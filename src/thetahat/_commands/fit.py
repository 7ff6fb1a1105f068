"""The command that fits one family, with intervals, quantiles, tests and plots on request."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource

import thetahat._commands._shared as _shared
from thetahat._commands._printing import intervals_by_name, print_fit
from thetahat._commands.groups import fit_by_groups, parse_output
from thetahat._records import to_json
from thetahat.data.columns import printable
from thetahat.errors import ParameterError
from thetahat.families import FamilyName
from thetahat.fit import fit
from thetahat.result import Fit
from thetahat.solvers import COVARIANCES, METHODS, Exact, Method

__all__ = ["fit_command"]

Values = dict[str, float]

_OF_GROUPS = (  # what --by goes with
    "files",
    "columns",
    "by",
    "family",
    "weights",
    "missing",
    "fixed",
    "start",
    "threads",
    "progress",
    "as_json",
    "output",
    "event",
    "upper",
    "truncated_below",
    "truncated_above",
    "where",
    "format",
    "delimiter",
    "decimal",
    "no_header",
    "skip_comments",
)


def _parse_start(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    try:
        return None if text is None else tuple(float(number) for number in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a list of numbers such as 0,1") from None


def _parse_values(text: str) -> Values:
    """Return parameters by name from a text such as mu=0,sigma=1."""
    try:
        pairs = [part.split("=") for part in text.split(",")]
        return _by_name((name.strip(), float(value)) for name, value in pairs)
    except ValueError:
        raise click.BadParameter(f"{text!r} does not give parameters values, such as mu=0") from None


def _by_name(pairs: Iterable[tuple[str, float]]) -> Values:
    """Return values by name; raise where a name has two."""
    values: Values = {}
    for name, value in pairs:
        if name in values:
            raise click.BadParameter(f"{name} has two values, {values[name]:g} and {value:g}")
        values[name] = value
    return values


def _parse_each(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> list[Values]:
    return [_parse_values(text) for text in texts]


def _parse_fixed(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> Values | None:
    return _by_name(pair for text in texts for pair in _parse_values(text).items()) or None


@click.command("fit", cls=_shared.Command)
@_shared.files
@click.option(
    "--column",
    "columns",
    multiple=True,
    shell_complete=_shared.complete_columns,
    help="Column to fit; given twice, both, one after the other. A .npy file has none.",
)
@_shared.family
@click.option(
    "--by",
    metavar="COLUMN",
    multiple=True,
    help="Fit each group of rows with equal keys in this column; given twice, in both.",
)
@_shared.missing
@_shared.weights
@_shared.reading
@click.option(
    "--fixed",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_parse_fixed,
    help="A parameter with a known value.",
)
@click.option(
    "--cov",
    type=click.Choice(COVARIANCES),
    default=COVARIANCES[0],
    show_default=True,
    help="Covariance of the estimates.",
)
@click.option(
    "--method", "method_name", type=click.Choice(list(METHODS)), default=Exact.name, show_default=True
)
@click.option(
    "--learning-rate",
    type=float,
    help="Step length for a gradient of length one; without it, sgd preconditions its steps.",
)
@click.option("--epochs", type=int, help="Passes over the sample.")
@click.option(
    "--batch-size", type=int, help="Rows in a batch of sgd; 1 if not given; without a rate, 64 or 2048."
)
@click.option("--polish", is_flag=True, help="Continue from sgd to the maximum by Newton's method.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file from which the same command resumes after a kill.",
)
@click.option(
    "--shuffle",
    type=click.Choice(["auto", "spread", "rows", "batches", "none"]),
    help="What each epoch of sgd shuffles; auto if not given.",
)
@click.option("--start", metavar="NUMBERS", callback=_parse_start, help="Start values, such as 0,1.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Seed of sgd's shuffles and --gof's samples: the same gives the same bits.",
)
@click.option("--trace", is_flag=True, help="Keep the parameters after every epoch for --json and --plot.")
@_shared.progress
@_shared.threads
@click.option("--profile", is_flag=True, help="Intervals from the profile likelihood instead of Wald's.")
@click.option(
    "--quantile",
    "quantiles",
    metavar="P",
    type=float,
    multiple=True,
    help="A quantile with its standard error.",
)
@click.option(
    "--return-level",
    "periods",
    metavar="ROWS",
    type=float,
    multiple=True,
    help="What a row exceeds once in so many.",
)
@click.option(
    "--test",
    "hypotheses",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_parse_each,
    help="A likelihood-ratio test of these values; mu=0,sigma=1 tests both together.",
)
@click.option("--gof", is_flag=True, help="Test the goodness of fit by a bootstrap.")
@click.option(
    "--bootstrap", type=int, default=999, show_default=True, help="Samples that --gof draws and fits."
)
@_shared.json_flag
@click.option(
    "--output",
    type=_shared.picture,
    callback=parse_output,
    help="Write the fits of --by into a .parquet, .csv or .json file.",
)
@click.option(
    "--plot",
    type=_shared.picture,
    callback=_shared.parse_picture,
    help="Draw the fit over its sample into a .png, .pdf or .svg file.",
)
def fit_command(
    files: tuple[str, ...],
    columns: tuple[str, ...],
    family: FamilyName,
    by: tuple[str, ...],
    missing: str,
    weights: str | None,
    fixed: Values | None,
    cov: str,
    method_name: str,
    threads: int | None,
    profile: bool,
    quantiles: tuple[float, ...],
    periods: tuple[float, ...],
    hypotheses: list[Values],
    gof: bool,
    bootstrap: int,
    as_json: bool,
    output: Path | None,
    plot: Path | None,
    **options: Any,
) -> None:
    """Fit a family to a column of FILE: .parquet, .csv, .json, .arrow, .npy.

    Several files, a glob or a directory are one sample; - is standard input.
    """
    reading = _shared.take_reading(options)
    if by:
        _refuse_others(_OF_GROUPS)
        settings = {key: options[key] for key in ("start", "progress")}
        source = _shared.scan_files(files, _only(columns, "--by"), weights, reading)
        record = {"file": _shared.named(files), "column": _only(columns, "--by")}
        settings |= {"fixed": fixed, "threads": threads}
        fit_by_groups(source, by, missing, family, as_json, output, record, **settings)
        return
    if output:
        raise click.UsageError("--output writes the fits of groups: add --by")
    seed = options["seed"]
    if gof and "shuffle" not in {field.name for field in fields(METHODS[method_name])}:
        options["seed"] = None  # it is for the bootstrap alone
    method, how = _method(method_name, options)
    if options["trace"] and not (as_json or plot):
        raise click.UsageError("--trace goes into --json or --plot: add one of them")
    if plot:
        _only(columns, "--plot")
    intervals, records = "profile" if profile else "wald", []
    for column in columns or (None,):
        source = _shared.scan_files(files, column, weights, reading)
        with _naming("fixed", "--fixed"), _naming("start", "--start"):
            fitted = fit(
                source,
                family,
                method=method,
                threads=threads,
                nan_policy=missing,
                fixed=fixed,
                cov=cov,
                **how,
            )
        answers = _answers(fitted, intervals, quantiles, periods, hypotheses)
        goodness = fitted.gof(bootstrap=bootstrap, rng=seed, progress=options["progress"]) if gof else None
        if plot:
            fitted.plot(name=column or Path(files[0]).name, progress=options["progress"]).savefig(plot)
        if as_json:
            of_gof = {"gof": goodness.to_dict()} if goodness else {}
            place = {"file": _shared.named(files), "column": column}
            records.append({**fitted.to_dict(), **place, **_for_json(answers | of_gof)})
        else:
            if len(columns) > 1:
                click.echo(f"column {printable(column)}")
            print_fit(fitted, answers, intervals, goodness)
    if as_json:
        click.echo(json.dumps(records if len(columns) > 1 else records[0], allow_nan=False))
    elif plot:
        click.echo(f"picture: {printable(plot)}")


def _only(columns: tuple[str, ...], option: str) -> str | None:
    """Return the column, if one is named; raise if there are more."""
    if len(columns) > 1:
        raise click.UsageError(f"{option} takes one --column, got {len(columns)}")
    return columns[0] if columns else None


def _refuse_others(used: Collection[str]) -> None:
    """Raise if an option was given that fits of groups do not use."""
    context = click.get_current_context()
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name not in used
        and context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(f"--by does not use {', '.join(given)}")


def _answers(
    fitted: Fit,
    intervals: str,
    quantiles: tuple[float, ...],
    periods: tuple[float, ...],
    hypotheses: list[Values],
) -> dict[str, Any]:
    """Return confidence intervals by name, and what else a fit is asked."""
    answers: dict[str, Any] = {"confint": intervals_by_name(fitted, intervals)}
    with _naming("p", "--quantile"):
        answers["quantiles"] = [_estimate("p", p, fitted.quantile(p)) for p in quantiles]
    with _naming("period", "--return-level"):
        answers["return_levels"] = [_estimate("period", rows, fitted.return_level(rows)) for rows in periods]
    with _naming("theta0", "--test"):
        answers["tests"] = [_tested(values, fitted.test(values)) for values in hypotheses]
    return {key: answer for key, answer in answers.items() if answer}


@contextmanager
def _naming(argument: str, option: str) -> Iterator[None]:
    """Let errors name the option of the command instead of the argument of the function."""
    try:
        yield
    except ParameterError as error:
        raise ParameterError(re.sub(rf"^{argument}\b", option, str(error))) from error


def _method(name: str, options: dict[str, Any]) -> tuple[Method, dict[str, Any]]:
    """Return the method with its settings, and the other arguments of `fit`."""
    kind = METHODS[name]
    settings = {field.name: field.default is MISSING for field in fields(kind)}
    run = ["start", "progress"] + ["trace", "checkpoint"] * kind.iterates + ["seed"] * ("shuffle" in settings)
    given = {key: value for key, value in options.items() if value is not None and value is not False}
    foreign = [key for key in given if key not in settings and key not in run]
    if foreign:
        raise click.UsageError(f"--method {name} does not use {_flags(foreign)}")
    needed = [key for key, required in settings.items() if required and key not in given]
    if needed:
        raise click.UsageError(f"--method {name} needs {_flags(needed)}")
    if given.get("shuffle") == "none":
        given["shuffle"] = None
    how = {"rng" if key == "seed" else key: given[key] for key in run if key in given}
    return kind(**{key: given[key] for key in settings if key in given}), how


def _flags(names: list[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)


def _estimate(what: str, at: float, estimate: Any) -> dict[str, float]:
    """Return a quantile as a record."""
    return {
        what: at,
        "value": float(estimate.value),
        "stderr": float(estimate.stderr),
        "low": float(estimate.low),
        "high": float(estimate.high),
    }


def _tested(values: Values, test: Any) -> dict[str, Any]:
    """Return a likelihood-ratio test as a record."""
    return {"values": values, "statistic": test.statistic, "df": test.df, "pvalue": test.pvalue}


def _for_json(answer: Any) -> Any:
    """Return an answer for strict JSON."""
    if isinstance(answer, dict):
        return {key: _for_json(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [_for_json(value) for value in answer]
    return to_json(answer) if isinstance(answer, float | np.ndarray) else answer
