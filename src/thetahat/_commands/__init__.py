"""The commands of the command line: they parse options, call the library, and print tables, JSON or plots."""

from __future__ import annotations

import click

from thetahat._commands._shared import Commands
from thetahat._commands.compare import compare_command
from thetahat._commands.families import families_command
from thetahat._commands.fit import fit_command
from thetahat._commands.notebook import notebook
from thetahat._commands.summarize import merge_command, summarize_command
from thetahat._version import __version__

__all__ = ["thetahat"]


_EPILOG = """Completion of families and columns, too: add this line to ~/.bashrc (zsh_source for ~/.zshrc):

\b
  eval "$(_THETAHAT_COMPLETE=bash_source thetahat)"
"""


@click.group(cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thetahat")
def thetahat() -> None:
    """Fit probability distributions by maximum likelihood to every row you have."""


for command in (fit_command, compare_command, summarize_command, merge_command, families_command, notebook):
    thetahat.add_command(command)
