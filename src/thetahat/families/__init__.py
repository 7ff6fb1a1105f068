"""The families, found by the names that the compiled core lists."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from thetahat import _core
from thetahat.errors import UnknownFamilyError
from thetahat.families._family import BOUNDARY, NONSMOOTH, REGULAR, Family, Parameter, defined

__all__ = [
    "BOUNDARY",
    "NONSMOOTH",
    "REGULAR",
    "Family",
    "Parameter",
    "families",
    "find_family",
    "formula_families",
]
_NAMES = tuple(_core.models)
_FORMULAS = "thetahat.by_formula"
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


@cache
def formula_families() -> tuple[str, ...]:
    """Return the names of further families, which are defined by formulas.

    They are fitted by their names as those of `families()` are, and are not among those that `compare` takes
    where none are named.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> import thetahat as th
    >>> "cauchy" in th.formula_families()
    True
    """
    folder = Path(__file__).parents[1] / _FORMULAS.rpartition(".")[2]
    return tuple(sorted(path.stem for path in folder.glob("[a-z]*.py")))


def find_family(name: str | Family) -> Family:
    """Return a family, by its name or itself; raise the error that says which family another name means."""
    if isinstance(name, Family):
        return name
    found = _found.get(name) or defined.get(name) if isinstance(name, str) else None
    if found is None:
        if isinstance(name, str) and "#" in name:
            called, _, digest = name.partition("#")
            if called in formula_families() and getattr(find_family(called), "digest", "") == digest:
                return find_family(called)
            raise UnknownFamilyError(
                f"the family {called!r} is a formula, {digest}, that is not defined here: define it first"
            )
        if isinstance(name, str) and name in formula_families():
            of_formula: Family = import_module(f"{_FORMULAS}.{name}").family
            _found[name] = of_formula
            return of_formula
        if not isinstance(name, str) or name not in _NAMES:
            from thetahat.families._unknown import unknown_family

            raise UnknownFamilyError(
                unknown_family(name, [find_family(known) for known in (*_NAMES, *formula_families())])
            )
        found = _found[name] = import_module(f"thetahat.families.{name}").family
    return found
