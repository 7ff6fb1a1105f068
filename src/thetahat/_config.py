"""The configuration of this installation."""

import sys

import numpy as np

from thetahat import _core
from thetahat._version import __version__
from thetahat.data.passes import default_threads
from thetahat.families import families, formula_families

__all__ = ["show_config"]


def show_config() -> None:
    """Print versions, the instruction set in use and the number of threads.

    The instruction set is the best of the processor; the environment variable ``THETAHAT_ISA`` selects
    another one before the import. Results do not depend on it.

    Examples
    --------
    >>> import thetahat as th
    >>> th.show_config()  # doctest: +ELLIPSIS
    thetahat         ...
    """
    print(f"thetahat         {__version__}")
    print(f"python, numpy    {sys.version.split()[0]}, {np.__version__}")
    print(f"instruction set  {_core.isa} (available: {', '.join(_core.isa_levels)})")
    print(f"threads          {default_threads()}")
    print(f"families         {', '.join(families())}")
    print(f"by formulas      {', '.join(formula_families())}")
