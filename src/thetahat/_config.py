"""The configuration of this installation."""

import sys

import numpy as np

from thetahat import _kernels
from thetahat._version import __version__
from thetahat.sample import default_threads

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
    print(f"instruction set  {_kernels.isa} (available: {', '.join(_kernels.isa_levels)})")
    print(f"threads          {default_threads()}")
    print(f"families         {', '.join(_kernels.families)}")
