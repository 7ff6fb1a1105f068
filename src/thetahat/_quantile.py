"""The normal quantile, with the same bits on every processor (the C library's logarithm has not).

Rational approximations of Wichura (1988), Algorithm AS 241, Applied Statistics 37, 477-484: 16 digits.
"""

from __future__ import annotations

import math
from functools import reduce

from thetahat import _core

__all__ = ["normal_quantile"]

# Numerators and denominators, from the highest power down.
_CENTRE = (
    (
        2509.0809287301227,
        33430.57558358813,
        67265.7709270087,
        45921.95393154987,
        13731.69376550946,
        1971.5909503065513,
        133.14166789178438,
        3.3871328727963665,
    ),
    (
        5226.495278852854,
        28729.085735721943,
        39307.89580009271,
        21213.794301586597,
        5394.196021424751,
        687.1870074920579,
        42.31333070160091,
        1.0,
    ),
)
_SHOULDER = (
    (
        0.0007745450142783414,
        0.022723844989269184,
        0.2417807251774506,
        1.2704582524523684,
        3.6478483247632045,
        5.769497221460691,
        4.630337846156546,
        1.4234371107496835,
    ),
    (
        1.0507500716444169e-09,
        0.0005475938084995345,
        0.015198666563616457,
        0.14810397642748008,
        0.6897673349851,
        1.6763848301838038,
        2.053191626637759,
        1.0,
    ),
)
_TAIL = (
    (
        2.0103343992922881e-07,
        2.7115555687434876e-05,
        0.0012426609473880784,
        0.026532189526576124,
        0.29656057182850487,
        1.7848265399172913,
        5.463784911164114,
        6.657904643501103,
    ),
    (
        2.0442631033899397e-15,
        1.421511758316446e-07,
        1.8463183175100548e-05,
        0.0007868691311456133,
        0.014875361290850615,
        0.1369298809227358,
        0.599832206555888,
        1.0,
    ),
)


def normal_quantile(p: float) -> float:
    """Return the z below which a standard normal value falls with probability p, 0 < p < 1.

    >>> normal_quantile(0.975)
    1.9599639845400536
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(_CENTRE, 0.180625 - q * q)
    r = math.sqrt(-_core.log(p if q < 0 else 1 - p))
    return math.copysign(_ratio(_SHOULDER, r - 1.6) if r <= 5 else _ratio(_TAIL, r - 5), q)


def _ratio(polynomials: tuple[tuple[float, ...], ...], r: float) -> float:
    numerator, denominator = (reduce(lambda sum_, c: sum_ * r + c, row) for row in polynomials)
    return numerator / denominator
