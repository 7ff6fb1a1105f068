"""Samples that cancel, overflow or underflow where formulas are taken word for word, against sixty digits."""

import mpmath
import numpy as np
import pytest
from conftest import ExactMath

import thetahat as th
from thetahat.reference import Likelihood, likelihood

MANY, FEW = 2200, 300  # more than a block of rows, where that matters: sixty digits are slow
Z = np.random.default_rng(0).normal(size=MANY)
E = np.random.default_rng(1).exponential(size=FEW)
WALD = np.random.default_rng(2).wald(1, 1, MANY)


def near(centre, spread, n=FEW):
    return centre * (1 + spread * Z[:n])


def far_blocks(spread):
    """A block of equal rows far from the others, which lie close together."""
    return np.concatenate([np.full(2048, 1e9), near(5, spread, MANY)])


def counts(rate, n=FEW):
    return np.random.default_rng(3).poisson(rate, n).astype(float)


POSITIVE = {
    "typical": WALD,
    "sd/mean 1e-10": near(3, 1e-10),
    "sd/mean 1e-6, sorted": np.sort(near(1e5, 1e-6)),
    "first rows far away": np.concatenate([np.full(40, 1e9), near(5, 1e-10)]),
    "blocks far apart": far_blocks(1e-10),
    "one far row": np.append(WALD[:FEW], 1e12),
    "ties": np.repeat([2.0, 3.0], [FEW, FEW + 1]),
    "two rows": np.array([1.0, 2.0]),
    "at 1e-300": 1e-300 * WALD[:FEW],
    "at 1e300": 1e300 * WALD[:FEW],
    "subnormal": 1e-310 * (1 + E),
}
COUNTS = {
    **{f"rate {rate:g}": counts(rate) for rate in (0.3, 3, 60, 120, 130, 1e4, 1e8, 1e15)},
    "overdispersed": np.random.default_rng(4).poisson(300 * E**4).astype(float),
    "two blocks far apart": np.concatenate([counts(3, 2048), counts(1e6, 2048)]),
    "zeros and a one": np.repeat([0.0, 1.0], [FEW, 1]),
    "nearly equal": np.repeat([1e6, 1e6 + 1], [FEW, FEW]),
    "one row": np.array([7.0]),
}
ANY = {
    **POSITIVE,
    "mean/sd 1e10": 1e10 + Z[:FEW],
    "offset -1e12, many blocks": -1e12 + 100 * np.resize(Z, 3 * MANY),
    "both signs": np.append(Z[:FEW], -1e9),
}
SAMPLES = {
    "lognormal": {**POSITIVE, "1e-300 to 1e300": 10 ** np.random.default_rng(5).uniform(-300, 300, MANY)},
    "exponential": {**POSITIVE, "zeros and ones": np.repeat([0.0, 1.0], [FEW, 10])},
    "inverse_gaussian": POSITIVE,
    "rayleigh": {**POSITIVE, "1e-310 to 1e290": 10 ** np.random.default_rng(6).uniform(-310, 290, MANY)},
    "pareto": {**POSITIVE, "1e-300 to 1e300": 10 ** np.random.default_rng(5).uniform(-300, 300, MANY)},
    "laplace": {name: x for name, x in ANY.items() if name != "subnormal"},
    "uniform": ANY,
    "poisson": COUNTS,
    "geometric": COUNTS,
}


def relative(value, exact):
    return abs(mpmath.mpf(value) / exact - 1) if exact else abs(value)


def standard_errors(information):
    """From the inverse, taken in units in which its diagonal is 1."""
    p = range(len(information))
    unit = [mpmath.sqrt(information[j][j]) for j in p]
    correlation = mpmath.matrix([[information[i][j] / (unit[i] * unit[j]) for j in p] for i in p])
    return [mpmath.sqrt((correlation**-1)[j, j]) / unit[j] for j in p]


@pytest.mark.parametrize(("family", "name"), [(f, name) for f in SAMPLES for name in SAMPLES[f]])
def test_hard_samples(family, name, monkeypatch):
    monkeypatch.setattr(mpmath.mp, "dps", 60)
    reference = Likelihood(family)
    for module in (reference.family, likelihood):
        monkeypatch.setattr(module, "math", ExactMath())
    x = SAMPLES[family][name]
    fit, rows = th.fit(x, family), [mpmath.mpf(v) for v in x.tolist()]
    maximum = reference.family.maximum(rows)
    assert max(map(relative, fit.theta.tolist(), maximum)) <= 2e-14
    assert relative(fit.log_likelihood, reference.log_likelihood(rows, maximum)) <= 1e-13
    if hasattr(reference.family, "standard_errors"):  # no root of the score
        errors = reference.family.standard_errors(maximum, len(rows))
    else:
        errors = standard_errors(reference.information(rows, maximum))
    assert max(map(relative, fit.stderr.tolist(), errors)) <= 1e-9
