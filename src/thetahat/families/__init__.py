"""The families, found by the names that the compiled core lists."""

from __future__ import annotations

from importlib import import_module

from thetahat import _core
from thetahat.errors import UnknownFamilyError
from thetahat.families._family import BOUNDARY, NONSMOOTH, REGULAR, Family, Parameter

__all__ = [
    "BOUNDARY",
    "NONSMOOTH",
    "REGULAR",
    "Family",
    "Parameter",
    "families",
    "find_family",
]
_NAMES = tuple(_core.models)
_found: dict[str, Family] = {}


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
    return _NAMES


def find_family(name: str) -> Family:
    """Return the family of that name; raise the error that suggests the nearest name."""
    found = _found.get(name) if isinstance(name, str) else None
    if found is None:
        if name not in _NAMES:
            raise UnknownFamilyError(_unknown(name))
        found = _found[name] = import_module(f"thetahat.families.{name}").family
    return found


def _unknown(name: object) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(name).lower(), _NAMES, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "there are: " + ", ".join(_NAMES)
    return f"unknown family {name!r}; {hint}"
