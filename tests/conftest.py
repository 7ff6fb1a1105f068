"""What every test of a family is run on: the families of the list, at the points their references name."""

import signal
import sysconfig
from array import array
from functools import cache, lru_cache
from inspect import isroutine
from random import Random

import mpmath
import numpy as np
import pytest
from formula_cases import THETAS, fixed_of, sample_of
from tolerance import Remembering, reference_of
from turns import InTurn, call_in_turn

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood, likelihood, special

pytest.register_assert_rewrite("checkpoints", "streams")  # so that their assertions show values

# Dask and Spark do not support free-threaded Python.
collect_ignore = ["test_dask.py", "test_spark.py"] if sysconfig.get_config_var("Py_GIL_DISABLED") else []

# A shell's background job starts with Ctrl-C ignored; tests that press it would then wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    """Let pytest-xdist run tests that share an engine in one process, which starts it."""
    config.addinivalue_line("markers", "xdist_group: tests of one engine")
    if getattr(config.option, "dist", "no") == "load":
        config.option.dist = "loadgroup"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Call tests of arguments in turn; others are left to pytest."""
    return call_in_turn(pyfuncitem)


CASES = [(name, theta) for name in th.families() for theta in Likelihood(name).family.THETAS]
FIRSTS = [(name, Likelihood(name).family.THETAS[0]) for name in th.families()]
FORMULAS = list(THETAS.items())
_DISTINCT = 97  # rows of a formula's sample, which repeats them: their references are slow


@cache
def distinct(family, theta, seed):
    """The rows of a formula's samples."""
    return sample_of(family, _DISTINCT, seed, theta)


@cache
def stream(family, theta, seed):
    """A generator, and the rows drawn so far: a longer sample begins with those of a shorter."""
    return Random(f"{family} {theta} {seed}"), array("d")


class Case:
    """A family, true parameters, and samples drawn from it by its reference."""

    def __init__(self, family, theta):
        self.family = family
        self.theta = theta
        self.reference = reference_of(family)
        self.remembering = Remembering(family)  # the same, where it is asked for the same again
        self.dimension = self.reference.family.DIMENSION  # None where fit(c x) is no multiple of fit(x)
        self.description = find_family(family)
        self.regular = self.description.regular  # its score is zero at the maximum
        self.ascends = not self.description.has_boundary
        self.cov = "sandwich" if self.regular else "information"  # the most that it can give
        self.summed = bool(find_family(family).sufficient)  # sums say all of a sample
        self.shifts = find_family(family).shifts  # sums at one theta say all near it
        self.options = fixed_of(family) if family in THETAS else {}  # what its fits cannot do without
        self.slow = family in THETAS  # for a law on millions of rows

    def __repr__(self):
        return f"{self.family}{self.theta}"

    def sample(self, n, seed=0):
        if self.family in THETAS:
            return np.resize(distinct(self.family, self.theta, seed), n)
        random, rows = stream(self.family, self.theta, seed)
        while len(rows) < n:
            rows.append(self.reference.family.draw(random, self.theta))
        return np.array(rows[:n])


def by_size(sizes):
    """Every family's first case at all sizes, its others at the small ones: references are slow."""
    small = [n for n in sizes if n < 600]
    cases = [*CASES, *FORMULAS]
    pairs = [
        (InTurn([Case(*case)]), InTurn(sizes if case in FIRSTS or case in FORMULAS else small))
        for case in cases
    ]
    return pytest.mark.parametrize(("case", "n"), pairs, ids=map(identified, cases))


def by_family(cases):
    """The cases of each family in turn, and what names them in the report."""
    families = dict.fromkeys(family for family, _ in cases)
    return [InTurn(Case(*case) for case in cases if case[0] == family) for family in families], [*families]


def identified(case):
    return f"{case[0]}{case[1]}"


def over(cases):
    params, ids = by_family(cases)
    return pytest.fixture(params=params, ids=ids)


def such(condition):
    """The cases for which this holds: a law that does not apply is not collected."""
    return [case for case in CASES if condition(Case(*case))]


def of_such(condition):
    """A test of these alone, as its `case`."""
    cases, ids = by_family(such(condition))
    return pytest.mark.parametrize("case", cases, ids=ids)


def formulas_too(name="case"):
    """A test of the cases that a fixture of this name has, and of families by formulas."""
    of_fixtures = {
        "case": CASES,
        "first": FIRSTS,
        "smooth": such(lambda case: case.regular),
        "ascending": such(lambda case: case.ascends),
    }
    found = of_fixtures[name] + FORMULAS
    cases, ids = by_family(found)
    return pytest.mark.parametrize(name, cases, ids=ids)


@over(CASES)
def case(request):
    return request.param


@over(FIRSTS)
def first(request):
    """Each family's first case: where a law is the family's, whatever its parameters."""
    return request.param


@over(such(lambda case: case.regular))
def smooth(request):
    """A case of a family whose score is zero at the maximum."""
    return request.param


@over(such(lambda case: case.ascends))
def ascending(request):
    """A case of a family that gradient methods take."""
    return request.param


class ExactMath:
    """The reference's `math` in the digits of the moment, which calculates nothing twice."""

    def __init__(self):
        self.lgamma = lru_cache(4096)(mpmath.loggamma)

    def __getattr__(self, name):
        found = getattr(mpmath, name)
        if isroutine(found) and name != "fsum":  # which takes lists; pi is none
            found = lru_cache(4096)(found)
        setattr(self, name, found)
        return found


@pytest.fixture
def in_fifty_digits(monkeypatch):
    """What makes a family's reference calculate with fifty digits."""

    def exactly(reference):
        monkeypatch.setattr(mpmath.mp, "dps", 50)
        for function in (special.digamma, special.trigamma, special._bessel):
            function.cache_clear()  # what was found with other digits
        exact = ExactMath()
        for module in (reference.family, likelihood, special):
            monkeypatch.setattr(module, "math", exact)
        return reference

    return exactly


@pytest.fixture
def exact(case, in_fifty_digits):
    """A case whose reference calculates with fifty digits."""
    for one in case:
        in_fifty_digits(one.reference)
    return case


every_family = pytest.mark.parametrize("family", [*th.families(), *THETAS])


@pytest.fixture(params=th.families())
def family(request):
    return request.param
