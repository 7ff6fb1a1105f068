"""The command that lists the families."""

from __future__ import annotations

import json
from typing import Any

import click

from thetahat._commands._shared import Command, json_flag
from thetahat._commands._tables import new_table, show
from thetahat._records import to_json
from thetahat.families import Family, Parameter, families, find_family

__all__ = ["families_command"]


@click.command("families", cls=Command)
@json_flag
def families_command(as_json: bool) -> None:
    """List the families: parameters, support, how often a fit reads rows, and scipy.stats' name."""
    described = list(map(find_family, families()))
    if as_json:
        click.echo(json.dumps([_record(family) for family in described], allow_nan=False))
        return
    titles = ("parameters", "support", "reads rows", "scipy")
    table = new_table(*titles, justify="left")
    table.columns[0].header = "family"
    for column in (table.columns[0], table.columns[-1]):
        column.no_wrap = True
    for family in described:
        names = ", ".join(family.names)
        table.add_row(family.name, names, family.support, _way(family), family.scipy_name)
    show(table)


def _way(family: Family) -> str:
    """Return how often a fit reads the rows."""
    return "once" if family.sufficient else "a few times"


def _record(family: Family) -> dict[str, Any]:
    """Return what the table says of a family, the domains of its parameters, and when it has a maximum."""
    return {
        "family": family.name,
        "parameters": [_parameter(parameter) for parameter in family.parameters],
        "support": family.support,
        "counts": family.counts,
        "circular": family.circular,
        "reads_rows": _way(family),
        "scipy": family.scipy_name,
        "existence": family.condition,
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {"name": parameter.name, "low": to_json(parameter.low), "high": to_json(parameter.high)}
