"""The fitted distribution: SciPy's, or of a formula without a name there, one by quadrature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.errors import MissingExtraError
from thetahat.families import Family

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["distribution", "distribution_and_shapes", "survival"]


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


def survival(family: Family, theta: Sequence[Any], x: ArrayLike) -> NDArray[np.float64]:
    """Return the probabilities of rows above x, accurate also where SciPy's `sf` is 1 minus `cdf`."""
    law, shapes = distribution_and_shapes(family, theta)
    if family.scipy_tails is not None:
        from scipy import stats

        name, shapes = family.scipy_tails(*theta)
        law = getattr(stats, name)
    with np.errstate(over="ignore"):  # of powers, where the probability is 0
        return np.asarray(law.sf(x, **shapes), dtype=np.float64)
