"""Freeze maxima of the likelihoods of small samples, to forty digits, at the end of families' references.

Run as `PYTHONPATH=tests python tests/data/make_maxima.py [FAMILY ...]` (all by default), then `ruff format`.
Newton's method starts from the library's fit with the reference's score and information, in a hundred digits
of mpmath, and ends when its steps are rounding; the information there must be positive definite. Where a
likelihood has its maximum on a boundary, or at a point without derivatives, the reference's explicit maximum
is taken, and no standard errors. Samples that several families share are written to samples.json.
"""

import json
import sys
import textwrap
from functools import cache
from math import exp
from pathlib import Path
from random import Random

import mpmath
import numpy as np
import pyarrow.parquet
from conftest import ExactMath

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood, likelihood, special

DATA = Path(__file__).parent
REFERENCES = DATA.parents[1] / "src" / "thetahat" / "reference"
DIGITS, WORKING_DIGITS = 40, 100
ENOUGH = mpmath.mpf(10) ** -50  # a step, beside a standard error


def nist(name):
    return np.loadtxt(DATA / f"nist_{name}.txt").tolist()


@cache
def arrivals():
    """Those of nycflights13.parquet, in minutes after the time they were due."""
    return pyarrow.parquet.read_table(DATA / "nycflights13.parquet")["arr_delay"]


def delays():
    return [float(minutes) for minutes in arrivals()[:100].drop_null().to_pylist()]


def hours_late():
    """How many in each fifty flights arrived an hour late or more, in the first fifty fifties."""
    minutes = arrivals()[:2500].fill_null(0).to_numpy().reshape(50, 50)
    return [float(count) for count in (minutes >= 60).sum(axis=1)]


def normal(seed, n=30):
    random = Random(seed)
    return [random.gauss(0, 1) for _ in range(n)]


def shared():
    """Samples for every family whose support holds them: how they were made, and their rows."""
    return {
        "Lottery / 1000": (
            "NIST StRD, nist_lottery.txt, the first 50 divided by 1000",
            [value / 1000 for value in nist("lottery")[:50]],
        ),
        "Mavro": ("NIST StRD, nist_mavro.txt", nist("mavro")),
        "Michelso": ("NIST StRD, nist_michelso.txt", nist("michelso")),
        "delays": ("nycflights13.parquet, the first 100 arrivals", delays()),
        "hours late": (
            "nycflights13.parquet, arrivals 60 minutes late or more in each 50 of the first 2500 flights",
            hours_late(),
        ),
        "late arrivals": ("the delays that are not negative", [v for v in delays() if v >= 0]),
        "mean/sd 1e6": ("1e6 + z, 30 values z of random.Random(1).gauss", [1e6 + z for z in normal(1)]),
        "wide": ("exp(20 z), 30 values z of random.Random(2).gauss", [exp(20 * z) for z in normal(2)]),
    }


def drawn(family):
    """Samples of the family's own: five rows of its first truth, fifty of its last."""
    reference, sets = Likelihood(family).family, {}
    for n, theta in ((5, reference.THETAS[0]), (50, reference.THETAS[-1])):
        random = Random(3)
        sets[f"{n} rows"] = [float(reference.draw(random, theta)) for _ in range(n)]
    return sets


EXACT = {  # for series in the reference that end at thirty digits, or take as many terms as x is large
    "digamma": mpmath.digamma,
    "trigamma": lambda x: mpmath.polygamma(1, x),
    "log_bessel_i0": lambda x: mpmath.log(mpmath.besseli(0, x)),
    "bessel_ratio": lambda x: mpmath.besseli(1, x) / mpmath.besseli(0, x),
}


def exactly(name):
    """A reference that calculates with mpmath."""
    reference = Likelihood(name)
    for module in (reference.family, likelihood, special):
        module.math = ExactMath()
    for function, exact in EXACT.items():
        if hasattr(reference.family, function):
            setattr(reference.family, function, cache(exact))
    return reference


def inverse(information):
    """That of a positive definite matrix, taken in units in which its diagonal is 1."""
    p = range(len(information))
    unit = mpmath.diag([1 / mpmath.sqrt(information[j][j]) for j in p])
    correlation = unit * mpmath.matrix(information) * unit
    mpmath.cholesky(correlation)  # raises where it is not, and this no maximum
    return unit * correlation**-1 * unit


def ascended(reference, rows, theta):
    """The maximum, and the standard errors there."""
    for _ in range(20):
        covariance = inverse(reference.information(rows, theta))
        errors = [mpmath.sqrt(covariance[j, j]) for j in range(len(theta))]
        step = covariance * mpmath.matrix(reference.score(rows, theta))
        theta = [value + s for value, s in zip(theta, step, strict=True)]
        if all(abs(s) <= ENOUGH * error for s, error in zip(step, errors, strict=True)):
            return theta, errors
    raise ArithmeticError("Newton's method does not arrive")


def maximum(family, x):
    """Parameters, log-likelihood and standard errors in forty digits; None where there is no maximum."""
    try:
        start = th.fit(x, family).theta.tolist()
    except (th.SampleError, th.NoMaximumError):
        return None
    reference, rows = exactly(family), [mpmath.mpf(value) for value in x]
    if find_family(family).regular:
        theta, errors = ascended(reference, rows, [mpmath.mpf(value) for value in start])
    else:
        theta, errors = reference.family.maximum(rows), []
    return (
        tuple(map(digits, theta)),
        tuple(map(digits, errors)),
        digits(reference.log_likelihood(rows, theta)),
    )


def digits(value):
    return mpmath.nstr(mpmath.mpf(value), DIGITS)


HEAD = """\
# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others stand in tests/data/samples.json.
"""


def block(family):
    """What stands at the end of the family's reference."""
    own, lines = drawn(family), ["SAMPLES = {"]
    for name, x in own.items():
        *rows, last = textwrap.wrap(" ".join(map(repr, x)), 98)
        lines += [f'    "{name}": (', *(f'        "{row} "' for row in rows), f'        "{last}"', "    ),"]
    lines += ["}", "FROZEN: dict[str, Frozen] = {"]
    samples = {name: x for name, (_, x) in shared().items()} | own
    for name, x in samples.items():
        if found := maximum(family, x):
            theta, errors, value = found
            lines += [
                f'    "{name}": (',
                f"{quoted(theta)},",
                f"{quoted(errors)},",
                f'        "{value}",',
                "    ),",
            ]
    return HEAD + "\n".join([*lines, "}"]) + "\n"


def quoted(values):
    return repr(values) if len(values) == 1 else f"({', '.join(map(json.dumps, values))})"


def main():
    mpmath.mp.dps = WORKING_DIGITS
    for family in sys.argv[1:] or th.families():
        path = REFERENCES / f"{family}.py"
        formulas = path.read_text().partition(HEAD)[0].rstrip("\n")
        path.write_text(f"{formulas}\n\n{block(family)}")
        print(family, flush=True)
    samples = {name: {"made": made, "x": " ".join(map(repr, x))} for name, (made, x) in shared().items()}
    about = (
        "Small samples that maxima are frozen of, for every family whose support holds them; see README.md."
    )
    (DATA / "samples.json").write_text(json.dumps({"about": about, "samples": samples}, indent=1) + "\n")


if __name__ == "__main__":
    main()
