"""Derivatives of log Gamma, by recurrence and Stirling's series; Bessel functions, by their power series."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

__all__ = ["bessel_ratio", "digamma", "log_bessel_i0", "trigamma"]

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


@lru_cache(maxsize=4096, typed=True)  # the same for all rows, or for equal counts
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


@lru_cache(maxsize=4096, typed=True)
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


def log_bessel_i0(x: float) -> float:
    """Return log I0(x), x >= 0, where I0(x) is a double.

    >>> round(log_bessel_i0(1.0), 12)
    0.235914358507
    """
    return math.log(_bessel(x, 0))


def bessel_ratio(x: float) -> float:
    """Return I1(x) / I0(x).

    >>> round(bessel_ratio(1.0), 12)
    0.446389965897
    """
    return x / 2 * _bessel(x, 1) / _bessel(x, 0)


@lru_cache(typed=True)  # typed, here and above: numbers of more digits have sums of their own
def _bessel(x: float, order: int) -> float:
    """Return the sum of (x^2 / 4)^k / (k! (k + order)!), for an order of 0 or 1."""
    terms, k = [1.0], 0
    while terms[-1] > terms[0] * 1e-60 or k < x:
        k += 1
        terms.append(terms[-1] * (x * x / 4) / (k * (k + order)))
    return math.fsum(terms)
