"""The command `thetahat`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; where the extra that it needs is missing, say which."""
    try:
        from thetahat._commands import thetahat
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("click", "rich"):
            raise
        sys.exit(f'Error: the command line needs {missing}: pip install "thetahat[cli]"')
    thetahat()
