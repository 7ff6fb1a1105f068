"""The command that compares families."""

from __future__ import annotations

import json
from pathlib import Path

import click

import thetahat._commands._shared as _shared
from thetahat.comparison import compare
from thetahat.data.files import printable, read_weighted

__all__ = ["compare_command"]


@click.command("compare", cls=_shared.Command)
@click.argument("file", type=click.Path(path_type=Path))
@_shared.column
@click.option(
    "--families",
    "names",
    metavar="NAMES",
    help="Such as gamma,lognormal; by default those of counts for counts, else those of real numbers.",
)
@_shared.missing
@_shared.weights
@_shared.threads
@_shared.json_flag
@click.option(
    "--plot",
    type=_shared.picture,
    callback=_shared.parse_picture,
    help="Draw the best fit into a .png, .pdf or .svg file.",
)
def compare_command(
    file: Path,
    column: str | None,
    names: str | None,
    missing: str,
    weights: str | None,
    threads: int | None,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Fit several families to a column of FILE, and rank them by Akaike's information criterion."""
    x, given, omitted = read_weighted(file, column, weights, missing)
    chosen = None if names is None else [name.strip() for name in names.split(",")]
    comparison = compare(x, chosen, threads=threads, weights=given)
    if plot:
        comparison.best.plot(name=column or file.name).savefig(plot)
    if as_json:
        record = {**comparison.to_dict(), "file": str(file), "column": column, "omitted": omitted}
        click.echo(json.dumps(record, allow_nan=False))
        return
    click.echo(str(comparison))
    if omitted:
        click.echo(_shared.left_out(omitted, x.size))
    if plot:
        click.echo(f"picture: {printable(plot)}")
