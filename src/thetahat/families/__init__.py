"""The families, found by the names that the compiled core lists."""

from __future__ import annotations

from importlib import import_module

from thetahat import _core
from thetahat.errors import UnknownFamilyError
from thetahat.families._family import BOUNDARY, NONSMOOTH, REGULAR, Family, Parameter
from thetahat.families._formula import FormulaFamily, defined
from thetahat.families._mixture import mixture

__all__ = [
    "BOUNDARY",
    "NONSMOOTH",
    "REGULAR",
    "Family",
    "FormulaFamily",
    "Parameter",
    "families",
    "find_family",
    "mixture",
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


def find_family(name: str | Family) -> Family:
    """Return a family, by its name or itself; raise the error that says which family another name means."""
    if isinstance(name, FormulaFamily):
        return name
    found = _found.get(name) or defined.get(name) if isinstance(name, str) else None
    if found is None:
        if isinstance(name, str) and "#" in name:
            called, _, digest = name.partition("#")
            raise UnknownFamilyError(
                f"the family {called!r} is a formula, {digest}, that is not defined here: define it first"
            )
        if not isinstance(name, str) or name not in _NAMES:
            from thetahat.families._unknown import unknown_family

            raise UnknownFamilyError(unknown_family(name, [find_family(known) for known in _NAMES]))
        found = _found[name] = import_module(f"thetahat.families.{name}").family
    return found
