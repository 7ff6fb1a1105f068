"""Fifteen digits, against exact arithmetic on the stored doubles."""

from fractions import Fraction
from math import isqrt, log10
from pathlib import Path

import mpmath
import numpy as np
import pytest

import thetahat as th


def exact_root(square):
    """The root of a fraction, to some hundred digits even where it is 1e-300."""
    return Fraction(isqrt(square.numerator * 10**800 // square.denominator), 10**400)


def exact_normal(x):
    """Mean, mean size and standard deviation (divisor n) of the stored doubles, as fractions."""
    values = [Fraction(v) for v in x.tolist()]
    n = len(values)
    mean = sum(values) / n
    return mean, sum(map(abs, values)) / n, exact_root(sum((v - mean) ** 2 for v in values) / n)


def exact_errors(x, mu, sigma):
    """Standard errors from the observed information at mu, sigma as they are stored."""
    z = [(Fraction(v) - mu) / sigma for v in x.tolist()]
    a, b, c = len(z), 2 * sum(z), 3 * sum(v * v for v in z) - len(z)
    return [exact_root(variance / (a * c - b * b)) * sigma for variance in (c, Fraction(a))]


def digits(value, exact):
    """Log relative error: the number of right digits."""
    error = abs(Fraction(value) - exact) / abs(exact)
    return 17.0 if error == 0 else min(17.0, -log10(error))


def num_acc(c, n):
    """The rule of NIST's NumAcc2 to NumAcc4: c + 0.2, then c + 0.1 and c + 0.3 in turn."""
    return np.array([float(f"{c}.2"), *[float(f"{c}.1"), float(f"{c}.3")] * ((n - 1) // 2)])


def pi_digits():
    """The first 5000 digits of pi as NIST certifies them: the 957th, an 8, has become a 3."""
    with mpmath.workdps(5010):
        pi = mpmath.nstr(mpmath.pi, 5005).replace(".", "")
    return np.array([*pi[:956], "3", *pi[957:5000]], dtype=float)


def nist(name):
    return np.loadtxt(Path(__file__).parent / "data" / f"nist_{name}.txt")


def offset(mean, sd, n, seed=0):
    return mean + sd * np.random.default_rng(seed).normal(size=n)


def mixed(n):
    rng = np.random.default_rng(4)
    return rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-300, 300, n)


SAMPLES = {
    "PiDigits": pi_digits(),
    "Lottery": nist("lottery"),
    "Lew": nist("lew"),
    "Mavro": nist("mavro"),
    "Michelso": nist("michelso"),
    "NumAcc1": np.array([10000001.0, 10000003.0, 10000002.0]),
    "NumAcc2": num_acc(1, 1001),
    "NumAcc3": num_acc(1000000, 1001),
    "NumAcc4": num_acc(10000000, 1001),
    "NumAcc4, long": num_acc(10000000, 10_001),
    "mean/sd 1e10": offset(1e10, 1, 5000),
    "offset 1e12": offset(1e12, 3, 5000),
    "sorted": np.sort(offset(0, 1, 5000)),
    "trend": np.linspace(-1, 5, 5000),
    "step": np.repeat([-1.0, 1.0], [2200, 2800]),
    "first rows far away": np.concatenate([offset(1e9, 1, 40), offset(0, 1e-3, 9000)]),
    "one far row": np.concatenate([[1e8], offset(0, 1, 5000)]),
    "heavy tails": np.random.default_rng(1).standard_cauchy(5000),
    "1e-300 to 1e300": mixed(5000),
    "near overflow": 1.7e308 * np.random.default_rng(2).uniform(-1, 1, 5000),
    "blocks at both ends": np.repeat([1.7e308, -1.7e308], 4096),
    "near underflow": 1e-300 * np.random.default_rng(3).uniform(-1, 1, 5000),
    "zeros, then tiny": np.concatenate([np.zeros(4096), offset(0, 1e-200, 4096)]),
    "two rows": np.array([1.0, np.nextafter(1.0, 2)]),
}


CERTIFIED = {  # rows, mean, standard deviation (divisor n - 1)
    "PiDigits": (5000, "4.53480000000000", "2.86733906028871"),
    "Lottery": (218, "518.958715596330", "291.699727470969"),
    "Lew": (200, "-177.435000000000", "277.332168044316"),
    "Mavro": (50, "2.00185600000000", "0.000429123454003053"),
    "Michelso": (100, "299.852400000000", "0.0790105478190518"),
    "NumAcc1": (3, "10000002", "1"),
    "NumAcc2": (1001, "1.2", "0.1"),
    "NumAcc3": (1001, "1000000.2", "0.1"),
    "NumAcc4": (1001, "10000000.2", "0.1"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_fifteen_digits(name):
    x = SAMPLES[name]
    mean, size, sd = exact_normal(x)
    fit = th.fit(x, "normal")
    assert digits(fit.params["sigma"], sd) >= 15
    assert abs(Fraction(fit.params["mu"]) - mean) <= 4 * Fraction(2) ** -53 * size
    assert min(map(digits, fit.stderr, exact_errors(x, *map(Fraction, fit.theta.tolist())))) >= 14.5


@pytest.mark.parametrize("name", CERTIFIED)
def test_values_certified_by_nist(name):
    """The 15 digits that NIST prints, less those of sigma that storing the decimals as doubles costs."""
    x = SAMPLES[name]
    n, mean, sd = CERTIFIED[name]
    assert x.size == n
    fit = th.fit(x, "normal")
    assert digits(fit.params["mu"], Fraction(mean)) >= 14.5
    lost = max(0, log10(abs(float(mean)) / float(sd)))
    assert digits(fit.params["sigma"], Fraction(sd) * exact_root(Fraction(n - 1, n))) >= 14.5 - lost


def test_ten_million_rows_of_the_numacc_rule():
    """Exactly: two values, 5 * 10^6 of each, and one between them."""
    n = 10_000_001
    x = num_acc(10000000, n)
    first, low, high = (Fraction(v) for v in x[:3].tolist())
    half = (n - 1) // 2
    mean = (first + half * (low + high)) / n
    square = ((first - mean) ** 2 + half * ((low - mean) ** 2 + (high - mean) ** 2)) / n
    fit = th.fit(x, "normal")
    assert digits(fit.params["sigma"], exact_root(square)) >= 15
    assert abs(Fraction(fit.params["mu"]) - mean) <= 4 * Fraction(2) ** -53 * mean


@pytest.mark.parametrize("name", ["NumAcc4", "mean/sd 1e10", "heavy tails"])
def test_log_likelihood_and_score_far_from_zero(name):
    """At parameters two standard deviations off, where every term counts."""
    x = SAMPLES[name]
    fit = th.fit(x, "normal")
    mu, sigma = float(fit.params["mu"] + 2 * fit.params["sigma"]), 1.5 * fit.params["sigma"]
    z2 = sum((Fraction(v) - Fraction(mu)) ** 2 for v in x.tolist()) / Fraction(sigma) ** 2
    z1 = sum(Fraction(v) - Fraction(mu) for v in x.tolist()) / Fraction(sigma)
    score = th.score(x, "normal", (mu, sigma))
    assert digits(score[0], z1 / Fraction(sigma)) >= 14.5
    assert score[1] == pytest.approx(float((z2 - x.size) / Fraction(sigma)), abs=1e-14 * x.size / sigma)


def rounded(exact):
    """The nearest double."""
    return float(exact)


def test_subnormal_results_to_the_last_bit():
    rng = np.random.default_rng(6)
    for _ in range(300):
        x = rng.integers(0, rng.integers(2, 2**40), rng.integers(2, 50)) * 5e-324
        mean, _, sd = exact_normal(x)
        if rounded(sd) > 0:
            fit = th.fit(x, "normal")
            assert fit.params == {"mu": rounded(mean), "sigma": rounded(sd)}


def test_a_result_that_no_double_holds_is_named():
    with pytest.raises(th.NoMaximumError, match="is beyond what doubles can hold"):
        th.fit([0.0] * 99 + [5e-324], "normal")


SPARSE = [
    np.resize([193 / 3] + [0.0] * 7, 1000),
    np.resize([1338279.5151279084, 1e9, 1338279.5151279084, 1338279.5151279084], 2957),
    np.where(np.arange(2000) % 8 == 0, 0.1, 0.0),
    np.where(np.random.default_rng(97).random(2000) < 0.1, 1 / 3, 0.0),
    *[
        np.resize([value] + [0.0] * (period - 1), n)
        for value in (0.1, 2 / 3)
        for period in (2, 4, 8, 16, 32)
        for n in (1500, 2048, 5000)
    ],
]


@pytest.mark.parametrize("x", SPARSE, ids=range(len(SPARSE)))
def test_equal_rows_in_one_lane(x):
    """They are rounded the same way one after another: the mean keeps its digits all the same."""
    mean, size, sd = exact_normal(x)
    fit = th.fit(x, "normal")
    assert abs(Fraction(fit.params["mu"]) - mean) <= 4 * Fraction(2) ** -53 * size
    assert digits(fit.params["sigma"], sd) >= 15
