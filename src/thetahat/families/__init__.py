"""The families, found by the names that the compiled core lists."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from thetahat import _core
from thetahat.errors import UnknownFamilyError
from thetahat.families._family import BOUNDARY, NONSMOOTH, REGULAR, Family, Parameter, defined
from thetahat.families._names import FamilyName

__all__ = [
    "BOUNDARY",
    "NONSMOOTH",
    "REGULAR",
    "Family",
    "FamilyName",
    "Parameter",
    "families",
    "family",
    "find_family",
    "formula_families",
]
_NAMES = cast(tuple[FamilyName, ...], tuple(_core.models))
_FORMULAS = "thetahat.by_formula"
_found: dict[str, Family] = {}


def families() -> tuple[FamilyName, ...]:
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
def formula_families() -> tuple[FamilyName, ...]:
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
    return cast(tuple[FamilyName, ...], tuple(sorted(path.stem for path in folder.glob("[a-z]*.py"))))


def family(name: FamilyName | Family) -> Family:
    """Return what is known of a family: its parameters, its support, its names elsewhere.

    Parameters
    ----------
    name : str or Family
        One of `families()` or `formula_families()`; a family by its formula is returned as it is.

    Returns
    -------
    Family
        With `names` of the parameters in the order of theta, `parameters` with their domains, `support`,
        `existence` of a maximum, `scipy_name`, and `scipy`, which returns SciPy's name and parameters; of a
        formula of your own, which SciPy does not have, the last two raise a `ParameterError`.

    Raises
    ------
    UnknownFamilyError
        If there is none of this name; the error says which one is meant.

    Examples
    --------
    >>> import thetahat as th
    >>> family = th.family("weibull")
    >>> family.names, family.support, family.scipy_name
    (('shape', 'scale'), 'x > 0', 'weibull_min')
    >>> family.scipy(1.5, 2.0)
    ('weibull_min', {'c': 1.5, 'scale': 2.0})
    """
    return find_family(name)


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
