"""Fits of one family to the groups of a file, as a table on the terminal or in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from thetahat._commands._tables import BETWEEN, new_table, show
from thetahat._records import to_json
from thetahat.data.arrays import Chunks, chunks_with_nulls, reject_for_all, reject_null
from thetahat.data.censored import Censored
from thetahat.data.columns import printable, pyarrow
from thetahat.data.scan_censored import ScannedCensored
from thetahat.data.scanned import ScannedSource
from thetahat.errors import ParameterError
from thetahat.families import FamilyName
from thetahat.groups.fit import fit_groups
from thetahat.groups.results import GroupFits

__all__ = ["fit_by_groups", "parse_output"]

_STDERR = "std. error"
_SHOWN = 5  # groups at each end of the table
_KINDS = (".parquet", ".csv", ".json")


def parse_output(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Check before the fits that they can be written."""
    if path is None:
        return None
    if path.suffix.lower() not in _KINDS:
        raise ParameterError(f"cannot write {path}: its name must end in {', '.join(_KINDS)}")
    if not path.parent.is_dir():
        raise ParameterError(f"cannot write {path}: there is no folder {path.parent}")
    return path


def fit_by_groups(
    source: ScannedSource | ScannedCensored,
    by: Sequence[str],
    missing: str,
    family: FamilyName,
    as_json: bool,
    output: Path | None,
    place: dict[str, Any],
    **settings: Any,
) -> None:
    """Fit a family to each group of a column, and print or write the fits; `place` is in every record."""
    x, keys, weights = source.held(by)
    if missing != "omit" and isinstance(x, Censored):
        x.known("raise")
    elif missing != "omit":
        rows = Chunks(chunks_with_nulls(x, False, weights), source.what, source.what_weights)
        reject_null(rows)
        reject_for_all(rows)
    fits = fit_groups(x, family, by=keys, weights=weights, nan_policy="omit", **settings)
    records = _records(fits, place) if as_json or _is_json(output) else []
    if output is not None:
        _write(fits, records, output)
    if as_json:
        click.echo(json.dumps(records, allow_nan=False))
        return
    _print(fits, len(keys))
    if output is not None:
        click.echo(f"written: {printable(output)}")


def _is_json(output: Path | None) -> bool:
    return output is not None and output.suffix.lower() == ".json"


def _records(fits: GroupFits, place: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one object for each group, as `thetahat fit --json` prints it, with its key."""
    records = fits.to_dicts()
    for record, limits in zip(records, fits.confint(), strict=True):
        if record["params"] is not None:
            record["confint"] = dict(zip(record["params"], to_json(limits), strict=True))
        record |= place
    return records


def _write(fits: GroupFits, records: list[dict[str, Any]], output: Path) -> None:
    """Write the fits into a file of the kind that its name says."""
    kind = output.suffix.lower().removeprefix(".")
    if kind == "json":
        output.write_text(json.dumps(records, allow_nan=False) + "\n")
    elif kind == "csv":
        pyarrow("tables", kind).write_csv(fits.to_arrow(), output)
    else:
        pyarrow("tables", kind).write_table(fits.to_arrow(), output)


def _print(fits: GroupFits, keys: int) -> None:
    """Print the first and the last groups, and how many ended how."""
    columns = fits.columns()
    estimates = [part for name in fits.params for part in (name, f"{name}_stderr")]
    shown = [*list(columns)[:keys], "n", *estimates, "status"]
    click.echo(f"{fits.family}({', '.join(fits.params)}), fitted to {len(fits):,} groups")
    first, *titles = (printable(_STDERR if name.endswith("_stderr") else name) for name in shown)
    table = new_table(*titles)
    table.columns[0].header = first
    places = list(range(len(fits)))
    cut = len(places) > 2 * _SHOWN
    for place in (*places[:_SHOWN], *places[-_SHOWN:]) if cut else places:
        if cut and place == len(fits) - _SHOWN:
            table.add_row(*[BETWEEN] * len(shown))
        table.add_row(*[_cell(name, columns[name][place]) for name in shown])
    show(table, optional=(_STDERR,))
    told = [
        f"{count:,} {status}" + f" ({reason})" * bool(reason)
        for (status, reason), count in fits.reasons().items()
    ]
    click.echo(f"status: {'; '.join(told) or 'no groups'}")


def _cell(name: str, value: Any) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}" if name.endswith("_stderr") else f"{value:.7g}"
    return printable(value)
