"""The command `thetahat`."""

from __future__ import annotations

import os
import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; exit with a message if the extra that it needs is not installed."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where a shell has it ignored
        signal.signal(signal.SIGINT, _leave)
    try:
        from thetahat._commands import thetahat
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("click", "rich"):
            raise
        sys.exit(f'Error: the command line needs {missing}: pip install "thetahat[cli]"')
    try:
        try:
            thetahat()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        _end_without_output(error)


def _end_without_output(error: OSError) -> None:
    """End where standard output cannot be written: what waits for it would fail again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    told = isinstance(error, BrokenPipeError) or (
        isinstance(error.__context__, SystemExit) and error.__context__.code
    )
    sys.exit(1 if told else f"Error: cannot write to standard output: {error.strerror}")


def _leave(*_: object) -> None:
    """End on Ctrl-C, at once: a KeyboardInterrupt can get lost in the libraries it passes through."""
    if sys.stderr and sys.stderr.isatty():
        os.write(sys.stderr.fileno(), b"\n")  # the prompt goes below the ^C
    os._exit(130)  # 128 + SIGINT, as shells have it
