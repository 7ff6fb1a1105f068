"""What the commands share: errors in one line, options, tables."""

from __future__ import annotations

import math
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from thetahat import plots
from thetahat.data.columns import printable
from thetahat.data.formats import FORMATS, Format
from thetahat.data.paths import File
from thetahat.data.scan import scan
from thetahat.data.scan_censored import ScannedCensored
from thetahat.data.scanned import ScannedSource
from thetahat.errors import ThetahatError
from thetahat.families import families, formula_families

__all__ = [
    "Command",
    "Commands",
    "column",
    "complete_columns",
    "family",
    "files",
    "json_flag",
    "missing",
    "named",
    "parse_picture",
    "picture",
    "progress",
    "reading",
    "scan_files",
    "take_reading",
    "threads",
    "weights",
]

_WORDS = "thetahat.words"  # of the command line, in the context
_EXPECTED = (ThetahatError, OSError, MemoryError)


class Commands(click.Group):
    """A group of commands that reports errors of the user or the system in one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click handles it: `thetahat ... | head`
        except _EXPECTED as error:
            told = _in_words(error).replace('nan_policy="omit"', "--missing omit")
            raise click.ClickException(printable(" ".join(told.split()))) from error


class Command(click.Command):
    """A command that refuses a second value of an option that takes one, instead of dropping the first."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = list(args)
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


def complete_columns(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the columns of the first file on the command line that begin so."""
    from thetahat.data.files import FilesTable

    for word in ctx.meta.get(_WORDS, ()):
        if not word.startswith("-") and Path(word).exists():
            try:
                names = FilesTable(word, Format()).columns()
            except _EXPECTED:  # no such file of rows: completion says nothing
                return []
            return [name for name in names if name.startswith(incomplete)]
    return []


column = click.option(
    "--column", shell_complete=complete_columns, help="Column to fit; a .npy file has none."
)


def complete_families(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the families that begin so."""
    return [name for name in (*families(), *formula_families()) if name.startswith(incomplete)]


family = click.option(
    "--family",
    required=True,
    shell_complete=complete_families,
    help=f"One of: {', '.join((*families(), *formula_families()))}.",
)
files = click.argument("files", metavar="FILE...", nargs=-1, required=True)


def parse_end(_: click.Context, __: click.Parameter, text: str | None) -> float | str | None:
    """Return a number, or the name of a column."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


_READING: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--event",
        metavar="COLUMN",
        shell_complete=complete_columns,
        help="True or 1 where a row is the value itself, false or 0 where the value lies above it.",
    ),
    click.option(
        "--upper",
        metavar="COLUMN",
        shell_complete=complete_columns,
        help="Upper limits of rows, of which --column has the lower ones; inf is an open end.",
    ),
    click.option(
        "--truncated-below",
        metavar="NUMBER|COLUMN",
        callback=parse_end,
        help="Rows are there since their values lie above this.",
    ),
    click.option(
        "--truncated-above",
        metavar="NUMBER|COLUMN",
        callback=parse_end,
        help="Rows are there since their values are at most this.",
    ),
    click.option("--where", metavar="CONDITION", help='Rows to keep, such as "year > 2020 and k in (1, 2)".'),
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        help="Format of the files; by default their names tell, and standard input is csv.",
    ),
    click.option("--delimiter", metavar="CHARACTER", help="What separates the columns of csv."),
    click.option("--decimal", metavar="CHARACTER", default=".", help="Decimal mark of csv."),
    click.option("--no-header", is_flag=True, help="Csv without a line of names: columns are f0, f1, ..."),
    click.option("--skip-comments", metavar="CHARACTER", help="What begins lines of csv to leave out."),
)


class Reading(NamedTuple):
    """How files are read, and which columns say how their rows are known."""

    event: str | None
    upper: str | None
    truncated_below: float | str | None
    truncated_above: float | str | None
    where: str | None
    format: str | None
    delimiter: str | None
    decimal: str
    no_header: bool
    skip_comments: str | None


def reading(command: Any) -> Any:
    """Add the options of files to a command, which takes them as `Reading` by their names."""
    for option in reversed(_READING):
        command = option(command)
    return command


def take_reading(options: dict[str, Any]) -> Reading:
    """Take the options of files out of those of a command."""
    return Reading(*(options.pop(name) for name in Reading._fields))


def scan_files(
    paths: Sequence[str], column: str | None, weights: str | None, how: Reading
) -> ScannedSource | ScannedCensored:
    """Return the source of some files, or of standard input, which a temporary file keeps for later."""
    found: list[Any] = [_spooled() if path == "-" else path for path in paths]
    kind = how.format or ("csv" if "-" in paths else None)
    source = scan(
        found,
        column,
        weights=weights,
        upper=how.upper,
        event=how.event,
        truncated=(
            -math.inf if how.truncated_below is None else how.truncated_below,
            math.inf if how.truncated_above is None else how.truncated_above,
        ),
        where=how.where,
        format=kind,
        delimiter=how.delimiter,
        decimal=how.decimal,
        header=not how.no_header,
        comment=how.skip_comments,
    )
    assert isinstance(source, ScannedSource | ScannedCensored)
    return source


def _spooled() -> File:
    if sys.stdin.isatty():
        raise click.UsageError("standard input is a terminal: redirect a file to it, or name one")
    kept = tempfile.NamedTemporaryFile(prefix="thetahat-")  # noqa: SIM115 - closed with the command
    click.get_current_context().call_on_close(kept.close)
    shutil.copyfileobj(sys.stdin.buffer, kept)
    kept.flush()
    return File("standard input", kept.name)


def named(paths: Sequence[str]) -> Any:
    """Return what records call the files: one is itself, more are a list."""
    return paths[0] if len(paths) == 1 else list(paths)


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
progress = click.option("--progress", is_flag=True, help="Show a progress bar.")
json_flag = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def left_out(omitted: int, rows: int) -> str:
    """Return the number of rows without a value, in words."""
    return f"{omitted} of {rows + omitted} rows have no value and are left out"
