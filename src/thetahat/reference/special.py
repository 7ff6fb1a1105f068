"""Derivatives of log Gamma, by recurrence and Stirling's series."""

from __future__ import annotations

import math
from fractions import Fraction

__all__ = ["digamma", "trigamma"]

_BERNOULLI = [
    Fraction(1, 6),
    Fraction(-1, 30),
    Fraction(1, 42),
    Fraction(-1, 30),
    Fraction(5, 66),
    Fraction(-691, 2730),
    Fraction(7, 6),
    Fraction(-3617, 510),
    Fraction(43867, 798),
    Fraction(-174611, 330),
]
_EVEN = range(2, 21, 2)
_FAR = 40  # from here on the series is exact to thirty digits


def digamma(x: float) -> float:
    """Return the first derivative of log Gamma at x > 0.

    >>> round(digamma(1.0), 15)
    -0.577215664901533
    """
    terms = []
    while x < _FAR:
        terms.append(-1 / x)
        x += 1
    terms += [math.log(x), -1 / (2 * x)]
    terms += [-b.numerator / (b.denominator * m * x**m) for m, b in zip(_EVEN, _BERNOULLI, strict=True)]
    return math.fsum(terms)


def trigamma(x: float) -> float:
    """Return the second derivative of log Gamma at x > 0.

    >>> abs(trigamma(1.0) - math.pi**2 / 6) < 1e-15
    True
    """
    terms = []
    while x < _FAR:
        terms.append(1 / x**2)
        x += 1
    terms += [1 / x, 1 / (2 * x**2)]
    terms += [b.numerator / (b.denominator * x ** (m + 1)) for m, b in zip(_EVEN, _BERNOULLI, strict=True)]
    return math.fsum(terms)
