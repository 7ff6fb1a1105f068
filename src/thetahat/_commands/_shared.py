"""What the commands share: errors in one line, options, tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from thetahat import plots
from thetahat.data.files import printable
from thetahat.errors import ThetahatError

__all__ = [
    "Command",
    "Commands",
    "column",
    "json_flag",
    "missing",
    "new_table",
    "parse_picture",
    "picture",
    "threads",
    "weights",
]

_EXPECTED = (ThetahatError, OSError, MemoryError)


class Commands(click.Group):
    """A group of commands that reports errors of the user or the system in one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click handles it: `thetahat ... | head`
        except _EXPECTED as error:
            raise click.ClickException(printable(" ".join(_in_words(error).split()))) from error


class Command(click.Command):
    """A command that refuses a second value of an option that takes one, instead of dropping the first."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, given = self.make_parser(ctx).parse_args(list(args))
        single = [option for option in given if isinstance(option, click.Option) and _takes_one(option)]
        for option, times in Counter(single).items():
            if times > 1:
                raise click.UsageError(f"{option.opts[0]} was given {times} times, and takes one value", ctx)
        return super().parse_args(ctx, args)


def _takes_one(option: click.Option) -> bool:
    return not (option.multiple or option.is_flag)


def _in_words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or "not enough memory"


def parse_picture(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Check before the fit that the picture can be written."""
    if path is not None:
        plots.check_target(path)
    return path


picture = click.Path(dir_okay=False, writable=True, path_type=Path)


column = click.option("--column", help="Column to fit; a .npy file has none.")
weights = click.option("--weights", metavar="COLUMN", help="Column of the rows' weights, 0 or more.")
missing = click.option(
    "--missing",
    type=click.Choice(["raise", "omit"]),
    default="raise",
    show_default=True,
    help="Treatment of rows without a value.",
)
threads = click.option(
    "--threads", type=int, help="Threads that read the sample; the result does not depend on them."
)
json_flag = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def new_table(*titles: str) -> Table:
    """Return a table whose first column has names, and the others numbers, under these titles."""
    table = Table("", box=SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        table.add_column(title, justify="right", overflow="fold")
    return table


def left_out(omitted: int, rows: int) -> str:
    """Return the number of rows without a value, in words."""
    return f"{omitted} of {rows + omitted} rows have no value and are left out"
