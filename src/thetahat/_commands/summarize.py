"""The commands that sum files, and that fit a family to such sums, which may come from several machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import thetahat._commands._shared as _shared
from thetahat._commands._printing import print_fit
from thetahat._records import to_json
from thetahat.data.columns import printable
from thetahat.errors import ParameterError
from thetahat.families import FamilyName
from thetahat.summary import Summary, summarize

__all__ = ["merge_command", "summarize_command"]

_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


def parse_at(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    """Return parameters from a text such as 100,3."""
    try:
        return None if text is None else tuple(float(number) for number in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a list of numbers such as 0,1") from None


@click.command("summarize", cls=_shared.Command)
@_shared.files
@_shared.column
@_shared.family
@click.option("--at", metavar="NUMBERS", callback=parse_at, help="Where sums are taken, if not sufficient.")
@_shared.missing
@_shared.weights
@_shared.reading
@_shared.threads
@click.option("--output", type=_OUT, required=True, help="Where to write the sums, for `thetahat merge`.")
def summarize_command(
    files: tuple[str, ...],
    column: str | None,
    family: FamilyName,
    at: tuple[float, ...] | None,
    missing: str,
    weights: str | None,
    threads: int | None,
    output: Path,
    **options: Any,
) -> None:
    """Write the sums of a column of files, from which its fit can be made without the rows."""
    source = _shared.scan_files(files, column, weights, _shared.take_reading(options))
    summary = summarize(source, family, at=at, threads=threads, nan_policy=missing)
    output.write_bytes(summary.to_bytes())
    click.echo(f"{summary.rows} rows: {printable(output)}")


@click.command("merge", cls=_shared.Command)
@click.argument("files", metavar="SUMS...", nargs=-1, required=True)
@click.option("--output", type=_OUT, help="Where to write the sums of all.")
@_shared.json_flag
def merge_command(files: tuple[str, ...], output: Path | None, as_json: bool) -> None:
    """Add sums that `thetahat summarize` wrote, and fit their family to all of their rows."""
    first, *others = map(_read, files)
    for other in others:
        first = first + other
    if output:
        output.write_bytes(first.to_bytes())
    fitted = first.fit()
    if as_json:
        limits = dict(zip(fitted.params, to_json(fitted.confint()), strict=True))
        record = {**fitted.to_dict(), "file": _shared.named(files), "confint": limits}
        click.echo(json.dumps(record, allow_nan=False))
        return
    print_fit(fitted)
    if output:
        click.echo(f"sums: {printable(output)}")


def _read(path: str) -> Summary:
    try:
        return Summary.from_bytes(Path(path).read_bytes())
    except ParameterError as error:
        raise ParameterError(f"{path}: {error}") from error
