"""The fitted distribution: SciPy's, or of a formula without a name there, one by quadrature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thetahat.errors import MissingExtraError
from thetahat.families import Family

__all__ = ["distribution", "distribution_and_shapes"]


def distribution(family: Family, theta: Sequence[Any], loc: float | None = None) -> Any:
    """Return the frozen distribution of `scipy.stats`, moved to another loc where one is given.

    Of parameters in arrays it is an array of distributions.
    """
    law = family.law(theta)
    if law is not None:
        return law
    scipy_distribution, shapes = distribution_and_shapes(family, theta)
    return scipy_distribution(**(shapes if loc is None else {**shapes, "loc": loc}))


def distribution_and_shapes(family: Family, theta: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
    """Return the distribution before it is frozen, which takes a millisecond, and its parameters.

    That of a formula is frozen, and there are no parameters.
    """
    law = family.law(theta)
    if law is not None:
        return law, {}
    try:
        from scipy import stats
    except ImportError as error:
        raise MissingExtraError('distributions need SciPy: pip install "thetahat[scipy]"') from error
    name, shapes = family.scipy(*theta)
    return getattr(stats, name), shapes
