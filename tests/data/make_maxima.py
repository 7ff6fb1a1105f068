"""Freeze maxima of the likelihoods of small samples, to forty digits, at the end of families' references.

Run as `PYTHONPATH=tests python tests/data/make_maxima.py [FAMILY ...]` (all by default), then `ruff format`.
Those of families by formulas, which have no reference of their own, are written to formula_maxima.json.
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
from formula_cases import THETAS, FormulaLikelihood, fixed_of, sample_of

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
    reference = FormulaLikelihood(name) if name in THETAS else Likelihood(name)
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


def ascended(reference, rows, theta, fixed=()):
    """The maximum, and the standard errors there: 0 of parameters in fixed places."""
    free = [j for j in range(len(theta)) if j not in fixed]
    for _ in range(20):
        information, score = reference.information(rows, theta), reference.score(rows, theta)
        covariance = inverse([[information[i][j] for j in free] for i in free])
        step = covariance * mpmath.matrix([score[j] for j in free])
        errors = [mpmath.mpf(0)] * len(theta)
        for k, j in enumerate(free):
            errors[j], theta[j] = mpmath.sqrt(covariance[k, k]), theta[j] + step[k]
        if all(abs(s) <= ENOUGH * errors[j] for s, j in zip(step, free, strict=True)):
            return theta, errors
    raise ArithmeticError("Newton's method does not arrive")


def maximum(family, x):
    """Parameters, log-likelihood and standard errors in forty digits; None where there is no maximum."""
    options = fixed_of(family) if family in THETAS else {}
    fixed = [find_family(family).names.index(name) for name in options.get("fixed", {})]
    try:
        start = th.fit(x, family, **options).theta.tolist()
    except (th.SampleError, th.NoMaximumError, th.ParameterError, th.ConvergenceError):
        return None
    reference, rows = exactly(family), [mpmath.mpf(value) for value in x]
    if find_family(family).regular:
        theta, errors = ascended(reference, rows, [mpmath.mpf(value) for value in start], fixed)
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


def formula_block(family):
    """What formula_maxima.json holds of a family: samples of its own, and maxima by the samples' names."""
    own = {f"{n} rows": sample_of(family, n, 3).tolist() for n in (10, 50)}
    samples = {name: x for name, (_, x) in shared().items()} | own
    found = {name: maximum(family, x) for name, x in samples.items()}
    rows = {name: " ".join(map(repr, x)) for name, x in own.items()}
    return {"samples": rows, "maxima": {name: value for name, value in found.items() if value}}


def freeze_formulas(families):
    """Write the maxima of these families by formulas, and leave those of others as they are."""
    path = DATA / "formula_maxima.json"
    frozen = json.loads(path.read_text())["families"] if path.exists() else {}
    about = (
        "Maxima of small samples, to 40 digits: parameters, standard errors, log-likelihood; see README.md."
    )
    for family in families:
        frozen[family] = formula_block(family)
        path.write_text(
            json.dumps({"about": about, "families": dict(sorted(frozen.items()))}, indent=1) + "\n"
        )
        print(family, flush=True)


def quoted(values):
    return repr(values) if len(values) == 1 else f"({', '.join(map(json.dumps, values))})"


def main():
    mpmath.mp.dps = WORKING_DIGITS
    asked = sys.argv[1:] or [*th.families(), *THETAS]
    freeze_formulas([family for family in asked if family in THETAS])
    for family in (family for family in asked if family not in THETAS):
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
