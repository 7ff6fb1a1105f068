"""What every family refuses, and in what words; `test_errors.py` has what does not depend on the family."""

import math
import re
from contextlib import suppress

import numpy as np
import pytest
from turns import InTurn, in_turn

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood

HOLDS = {  # what the words for a support say
    "all finite numbers": lambda _: True,
    "all finite angles, in radians": lambda _: True,
    "x > 0": lambda x: x > 0,
    "x >= 0": lambda x: x >= 0,
    "0 < x < 1": lambda x: 0 < x < 1,
    "the integers 0, 1, 2, ...": lambda x: x >= 0 and x == int(x),
}
VALUES = [-1e100, -1.0, -1e-100, -0.0, 0.0, 1e-100, 0.5, 1.0, 1.0 + 2.0**-52, 2.0**51 + 0.5, 1e100]


def description(family):
    return find_family(family)


def calls(family):
    """Everything that reads rows."""
    theta = Likelihood(family).family.THETAS[0]
    fixed = dict(zip(description(family).names, theta, strict=True))
    return (
        lambda x: th.fit(x, family),
        lambda x: th.fit(x, family, fixed=fixed),
        lambda x: th.score(x, family, theta),
        lambda x: th.log_likelihood(x, family, theta),
    )


def good_rows(family, n=5002):
    return np.resize([0.0, 2.0, 10.0] if description(family).counts else [0.25, 0.5, 0.75], n)


def held_or_not(held):
    """Families, and values that their words say the support holds, or does not."""
    pairs = {}
    for family in th.families():
        holds = HOLDS[description(family).support]
        if values := [value for value in VALUES if holds(value) == held]:
            pairs[family] = (family, InTurn(values))
    return pytest.mark.parametrize(("family", "value"), pairs.values(), ids=pairs)


@held_or_not(True)
def test_the_support_holds_what_its_words_say(family, value):
    with suppress(th.NoMaximumError, th.ConvergenceError):
        th.fit(np.append(good_rows(family), value), family)


@held_or_not(False)
def test_the_support_is_what_its_words_say(family, value):
    support = description(family).support
    said = rf"3 value\(s\) outside the support of {family}, {re.escape(support)}, the first at index "
    for place in (0, 2047, 2048, 4999):
        x = good_rows(family)
        x[[place, 5000, 5001]] = value
        for call in calls(family):
            with pytest.raises(th.SampleError, match=f"{said}{place}: {re.escape(repr(value))}$") as error:
                call(x)
            assert (error.value.first, error.value.count) == (place, 3)


@in_turn("value", [math.nan, math.inf, -math.inf])
def test_rows_that_are_not_finite(family, value):
    x = good_rows(family)
    x[[2047, 5000]] = value
    for call in calls(family):
        with pytest.raises(th.SampleError, match=r"2 value\(s\) that are NaN or infinite, .* at index 2047"):
            call(x)


def test_no_rows(family):
    for call in calls(family):
        with pytest.raises(th.SampleError, match="x is empty"):
            call([])


def equal_rows(family, n):
    return np.full(n, 1.0 if description(family).counts else 0.3)


@pytest.mark.parametrize("n", [1, 2, 50, 5000])
@pytest.mark.parametrize("family", [name for name in th.families() if len(description(name).names) == 1])
def test_equal_rows_fit_one_parameter(family, n):
    assert th.fit(equal_rows(family, n), family).status == "converged"


@in_turn("n", [1, 2, 50, 5000])
@pytest.mark.parametrize("family", [name for name in th.families() if len(description(name).names) > 1])
def test_equal_rows(family, n):
    """There is no maximum, and the error says what it takes, or where the likelihood rises to."""
    x = equal_rows(family, n)
    with pytest.raises(th.NoMaximumError, match=rf"the {family} likelihood of .*{n} row\(s\)") as error:
        th.fit(x, family)
    said = description(family)
    assert any(words in str(error.value) for words in (said.existence, said.limiting_family) if words)


def test_parameters_out_of_their_domains(family):
    names, theta = description(family).names, list(Likelihood(family).family.THETAS[0])
    x = good_rows(family)
    for j, parameter in enumerate(description(family).parameters):
        for value in {math.nan, math.inf, -math.inf, parameter.low, parameter.high, "1", None}:
            said = f"{parameter.name} must be {parameter.domain}, got"
            with pytest.raises(th.ParameterError, match="fixed: " + said):
                th.fit(x, family, fixed={names[j]: value})
            if isinstance(value, float):
                with pytest.raises(th.ParameterError, match="theta: " + said):
                    th.score(x, family, [*theta[:j], value, *theta[j + 1 :]])


@in_turn("name", ["", "Scale", "theta", 0])
def test_unknown_parameters(family, name):
    signature = re.escape(description(family).signature)
    with pytest.raises(th.ParameterError, match=rf"fixed: {signature} has no parameter {name!r}"):
        th.fit(good_rows(family), family, fixed={name: 1.0})
