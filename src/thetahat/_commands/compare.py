"""The command that compares families."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import click

import thetahat._commands._shared as _shared
from thetahat._candidates import CRITERIA, TITLES, Criterion, cells_of, heading, notes
from thetahat._commands._tables import new_table, show
from thetahat.comparison import Comparison, compare
from thetahat.data.columns import printable
from thetahat.families import FamilyName

__all__ = ["compare_command"]


@click.command("compare", cls=_shared.Command)
@_shared.files
@_shared.column
@click.option(
    "--families",
    "names",
    metavar="NAMES",
    help="Such as gamma,lognormal; by default those of counts for counts, else those of real numbers.",
)
@click.option(
    "--criterion",
    type=click.Choice(CRITERIA),
    default=CRITERIA[0],
    show_default=True,
    help="What the families are ranked by.",
)
@_shared.missing
@_shared.weights
@_shared.reading
@_shared.threads
@_shared.progress
@_shared.json_flag
@click.option(
    "--plot",
    type=_shared.picture,
    callback=_shared.parse_picture,
    help="Draw all families into a .png, .pdf or .svg file.",
)
def compare_command(
    files: tuple[str, ...],
    column: str | None,
    names: str | None,
    criterion: Criterion,
    missing: str,
    weights: str | None,
    threads: int | None,
    progress: bool,
    as_json: bool,
    plot: Path | None,
    **options: Any,
) -> None:
    """Fit several families to a column of files, and rank them by an information criterion."""
    source = _shared.scan_files(files, column, weights, _shared.take_reading(options))
    chosen = None if names is None else cast("list[FamilyName]", [name.strip() for name in names.split(",")])
    comparison = compare(
        source, chosen, threads=threads, nan_policy=missing, criterion=criterion, progress=progress
    )
    omitted = comparison.best.omitted
    if plot:
        comparison.plot(name=column or Path(files[0]).name, progress=progress).savefig(plot)
    if as_json:
        file = _shared.named(files)
        record = {**comparison.to_dict(), "file": file, "column": column, "omitted": omitted}
        click.echo(json.dumps(record, allow_nan=False))
        return
    _print(comparison)
    if omitted:
        click.echo(_shared.left_out(omitted, comparison.best.rows))
    if plot:
        click.echo(f"picture: {printable(plot)}")


def _print(comparison: Comparison) -> None:
    """Print the families with their criteria, and why others were not fitted."""
    click.echo(heading(comparison))
    titles = TITLES[comparison.criterion]
    parameters, log_likelihood, criterion, *_, other = titles
    table = new_table(*titles)
    for cells in cells_of(comparison, comparison.criterion):
        table.add_row(*cells)
    show(table, optional=(other, log_likelihood, parameters, criterion))
    for line in notes(comparison, comparison.outside, comparison.note):
        click.echo(line)
