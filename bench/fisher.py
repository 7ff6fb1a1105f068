"""Student t's Fisher information in (mu, log sigma, log nu), in plain Python that numba compiles too.

With z = (x - mu) / sigma, v = 1 + z^2 / nu and q = 1 - 1 / v the score of a row is
(k z / (nu v) / sigma, k q - 1, (c - nu log v + k q) / 2), where k = nu + 1.
"""

from __future__ import annotations


def student_t_steps(nu: float) -> tuple[float, float, float, float, float]:
    """Return c, and the inverse information: of mu (over sigma^2), of sigma, of both, of nu."""
    a, slope, curvature = nu / 2, 0.0, 0.0
    while a < 10:  # digamma(a + 1/2) - digamma(a) and its derivative: up to where their series will do
        b = a + 0.5
        slope += 1 / a - 1 / b
        curvature += 1 / (b * b) - 1 / (a * a)
        a += 1
    r = 1 / a
    slope += r * (0.5 + r * (0.125 - r * r / 64))
    curvature -= r * r * (0.5 + r * (0.25 - r * r / 16))
    k3 = nu + 3
    i_sigma, i_both = 2 * nu / k3, -2 * nu / (nu + 1) / k3
    i_nu = -nu * nu * curvature / 4 - nu * (nu + 5) / (2 * (nu + 1) * k3)
    det = i_sigma * i_nu - i_both * i_both
    return nu * slope - 1, k3 / (nu + 1), i_nu / det, -i_both / det, i_sigma / det
