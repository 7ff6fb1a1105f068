"""A fit on the terminal, with its intervals, quantiles and tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from thetahat._commands._tables import new_table, show
from thetahat._report import ending, heading
from thetahat.goodness.of_fit import GoodnessOfFit
from thetahat.result import Fit

__all__ = ["intervals_by_name", "print_fit"]


def intervals_by_name(fitted: Fit, intervals: str) -> dict[str, list[float]]:
    """Return the confidence intervals of the parameters."""
    return dict(zip(fitted.params, fitted.confint(method=intervals).tolist(), strict=True))


def print_fit(
    fitted: Fit,
    answers: dict[str, Any] | None = None,
    intervals: str = "wald",
    goodness: GoodnessOfFit | None = None,
) -> None:
    """Print a fit, and what else it was asked."""
    click.echo("\n".join(heading(fitted)))
    answers = answers or {"confint": intervals_by_name(fitted, intervals)}
    kind = "profile" if intervals == "profile" else "confidence"
    table = new_table("estimate", "std. error", f"95 % {kind} interval")
    for (name, value), error in zip(fitted.params.items(), fitted.stderr, strict=True):
        if name in fitted.fixed:
            table.add_row(name, f"{value:.7g}", "fixed")
        else:
            table.add_row(name, f"{value:.7g}", f"{error:.4g}", _shown(*answers["confint"][name]))
    show(table)
    if named := list(_named(answers)):
        table = new_table("estimate", "std. error", "95 % delta-method interval")
        for name, row in named:
            limits = _shown(row["low"], row["high"])
            table.add_row(name, f"{row['value']:.7g}", f"{row['stderr']:.4g}", limits)
        show(table)
    for test in answers.get("tests", []):
        values = ", ".join(f"{name} = {value:g}" for name, value in test["values"].items())
        click.echo(
            f"likelihood ratio of {values}: {test['statistic']:.5g}, degrees of freedom {test['df']},"
            f" p-value {test['pvalue']:.4g}"
        )
    if goodness:
        _print_goodness(goodness)
    click.echo(ending(fitted))


def _print_goodness(goodness: GoodnessOfFit) -> None:
    """Print the statistics of a test of fit with their p-values, and what to think of them."""
    click.echo(goodness._heading())
    (_, *titles), *rows = goodness._cells()
    table = new_table(*titles)
    for cells in rows:
        table.add_row(*cells)
    show(table)
    if goodness._note():
        click.echo(goodness._note())


def _shown(low: float, high: float) -> str:
    return f"{low:.7g}  {high:.7g}"


def _named(answers: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield quantiles and return levels with their names in the table."""
    for row in answers.get("quantiles", []):
        yield f"quantile {row['p']:g}", row
    for row in answers.get("return_levels", []):
        yield f"return level {row['period']:g}", row
