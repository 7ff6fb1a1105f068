"""The families, found by the names that the compiled core lists."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from thetahat import _core
from thetahat.errors import UnknownFamilyError
from thetahat.families._family import BOUNDARY, NONSMOOTH, REGULAR, Family, Parameter
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
]
_NAMES = cast(tuple[FamilyName, ...], tuple(_core.models))
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


def family(name: FamilyName) -> Family:
    """Return what is known of a family: its parameters, its support, its names elsewhere.

    Parameters
    ----------
    name : str
        One of `families()`.

    Returns
    -------
    Family
        With `names` of the parameters in the order of theta, `parameters` with their domains, `support`,
        `existence` of a maximum, `scipy_name`, and `scipy`, which returns SciPy's name and parameters.

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


def find_family(name: str) -> Family:
    """Return the family of that name; raise the error that says which family another name means."""
    found = _found.get(name) if isinstance(name, str) else None
    if found is None:
        if not isinstance(name, str) or name not in _NAMES:
            from thetahat.families._unknown import unknown_family

            raise UnknownFamilyError(unknown_family(name, [find_family(known) for known in _NAMES]))
        found = _found[name] = import_module(f"thetahat.families.{name}").family
    return found
