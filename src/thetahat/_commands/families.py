"""The command that lists the families."""

from __future__ import annotations

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from thetahat._commands._shared import Command
from thetahat.families import Family, families, find_family

__all__ = ["families_command"]


@click.command("families", cls=Command)
def families_command() -> None:
    """List the families: parameters, support, how often a fit reads rows, and scipy.stats' name."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in ("family", "parameters", "support", "reads rows", "scipy"):
        table.add_column(title, no_wrap=title in ("family", "scipy"))
    for family in map(find_family, families()):
        table.add_row(family.name, ", ".join(family.names), family.support, _way(family), _scipys(family))
    Console().print(table)


def _way(family: Family) -> str:
    """Return how often a fit reads the rows."""
    return "once" if family.sufficient else "a few times"


def _scipys(family: Family) -> str:
    """Return scipy's name, which is the same for all parameters."""
    name, _ = family.scipy(*(0.5 for _ in family.names))
    return name
