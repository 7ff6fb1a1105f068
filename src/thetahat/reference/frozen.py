"""What a reference module may state about fits to samples, beyond its formulas."""

from __future__ import annotations

__all__ = ["ExactLaw", "Frozen"]

# A maximum to 40 digits: parameters, standard errors (none where the score has no root), log-likelihood.
Frozen = tuple[tuple[str, ...], tuple[str, ...], str]

# A value, and the distribution that it follows whatever the number of rows: SciPy's name and its arguments.
ExactLaw = tuple[float, str, tuple[float, ...]]
