"""The command that lists the families."""

from __future__ import annotations

import json
from typing import Any

import click

from thetahat._commands._shared import Command, json_flag
from thetahat._commands._tables import new_table, show
from thetahat._records import to_json
from thetahat.errors import ParameterError
from thetahat.families import Family, Parameter, families, find_family, formula_families

__all__ = ["families_command"]

_READS = "reads rows"
_LEAST = (13, 17, 11)  # widths of columns in which lines are still pleasant to read


@click.command("families", cls=Command)
@json_flag
def families_command(as_json: bool) -> None:
    """List the families: parameters, support, how often a fit reads rows, and scipy.stats' name."""
    compiled, by_formula = (list(map(find_family, names())) for names in (families, formula_families))
    if as_json:
        records = [_record(family) for family in (*compiled, *by_formula)]
        click.echo(json.dumps(records, allow_nan=False))
        return
    _print("family", compiled)
    _print("family by a formula", by_formula)


def _print(title: str, listed: list[Family]) -> None:
    """Print families as a table; words of text columns may go on in the next line."""
    table = new_table("parameters", "support", _READS, "scipy", justify="left")
    table.columns[0].header = title
    for column in (table.columns[0], table.columns[-1]):
        column.no_wrap = True
    for column, least in zip(table.columns[1:4], _LEAST, strict=True):
        column.min_width = least
    for family in listed:
        names = ", ".join(family.names)
        table.add_row(family.name, names, family.support, _way(family), _in_scipy(family) or "")
    show(table, optional=(_READS,))


def _way(family: Family) -> str:
    """Return how often a fit reads the rows."""
    return "once" if family.sufficient else "a few times"


def _in_scipy(family: Family) -> str | None:
    """Return the name of the distribution in `scipy.stats`, if it is there."""
    try:
        return family.scipy_name
    except ParameterError:
        return None


def _record(family: Family) -> dict[str, Any]:
    """Return what the table says of a family, the domains of its parameters, and when it has a maximum."""
    return {
        "family": family.name,
        "parameters": [_parameter(parameter) for parameter in family.parameters],
        "support": family.support,
        "counts": family.counts,
        "circular": family.circular,
        "reads_rows": _way(family),
        "scipy": _in_scipy(family),
        "existence": family.condition,
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {"name": parameter.name, "low": to_json(parameter.low), "high": to_json(parameter.high)}
