"""Mixtures of families."""

from __future__ import annotations

from collections.abc import Sequence

from thetahat.errors import ParameterError
from thetahat.families import Family, FamilyName, find_family
from thetahat.families._mixture import mixture_of

__all__ = ["mixture"]


def mixture(parts: Sequence[FamilyName | Family], *, name: str | None = None) -> Family:
    """Return a mixture of families: a weighted sum of their densities.

    Parameters
    ----------
    parts : sequence of str or Family
        Two or more: names of families whose support depends on no parameter, and families by formulas that
        are normalized. All of counts, or none.
    name : str, optional
        By default, ``mixture`` and the names of the parts.

    Returns
    -------
    Family
        Its parameters are those of the parts with the number of the part, as ``mu_1``; before them, of two
        parts the ``weight`` of the first one, of more the ``logit_2``, ..., of which, and of 0 for the first
        part, the weights are the softmax. Where a part has no density, it adds exactly 0. Fits start from
        several divisions of some of the rows, parts in the order of their places; the highest maximum is the
        fit. The likelihood may be unbounded, as that of normal parts is: the fit is then the best maximum in
        the interior. Of parts of one family, the first parameters increase. Where a part does not count,
        since its weight tends to 0, two parts become one distribution, or one collapses onto a value,
        `NoMaximumError` names it.

    Raises
    ------
    ParameterError
        If a part has no formula, or its support depends on parameters; if parts of counts and of other rows
        are mixed; or if there are more than 8 parameters.

    Examples
    --------
    >>> import numpy as np, thetahat as th
    >>> rng = np.random.default_rng(0)
    >>> x = np.concatenate([rng.normal(0, 1, 300), rng.normal(5, 1, 700)])
    >>> fit = th.fit(x, th.mixture(["normal", "normal"]))
    >>> round(fit.params["weight"], 2), round(fit.params["mu_2"], 1)
    (0.3, 5.0)
    """
    if isinstance(parts, str) or not isinstance(parts, Sequence) or len(parts) < 2:
        raise ParameterError(f"parts must be two or more families, got {parts!r}")
    return mixture_of([find_family(part) for part in parts], name)
