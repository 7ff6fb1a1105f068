"""The command `thetahat`, from outside the package: it says in one line why that cannot be imported."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; exit with a message if the environment names a wrong instruction set."""
    try:
        from thetahat.cli import main as run
    except ImportError as error:
        if "THETAHAT_ISA" not in str(error):
            raise
        sys.exit(f"Error: {error}")
    run()
