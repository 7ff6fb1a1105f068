"""The families, found by the names that the compiled core lists."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from thetahat import _kernels
from thetahat.errors import UnknownFamilyError
from thetahat.families._family import BOUNDARY, NONSMOOTH, REGULAR, Family, Parameter

__all__ = [
    "BOUNDARY",
    "NONSMOOTH",
    "REGULAR",
    "Family",
    "Parameter",
    "families",
    "family_index",
    "get_family",
]

_INDEX = {name: index for index, name in enumerate(_kernels.families)}


def families() -> tuple[str, ...]:
    """Return the names of the families that can be fitted.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> import thetahat as th
    >>> "normal" in th.families()
    True
    """
    return _kernels.families


def family_index(name: str) -> int:
    """Return the place of a family in the compiled table, or suggest the nearest name."""
    index = _INDEX.get(name) if isinstance(name, str) else None
    if index is None:
        raise UnknownFamilyError(_unknown(name))
    return index


@cache
def get_family(index: int) -> Family:
    """Return the description of the family at this place of the table."""
    family: Family = import_module(f"thetahat.families.{_kernels.families[index]}").family
    return family


def _unknown(name: object) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(name).lower(), _kernels.families, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "there are: " + ", ".join(_kernels.families)
    return f"unknown family {name!r}; {hint}"
