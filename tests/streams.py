"""Streams of every family's rows, and what they are compared by."""

import copy
import functools
import pickle

import numpy as np
from conftest import Case

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood

THETAS = {name: Likelihood(name).family.THETAS[0] for name in th.families()}
SUMMED = [name for name in th.families() if find_family(name).solved]
WALKING = [name for name in th.families() if name not in SUMMED]
FOLLOWING = [name for name in th.families() if not find_family(name).has_boundary]


@functools.cache
def rows_of(family, n=20_000):
    x = Case(family, THETAS[family]).sample(n)
    x.flags.writeable = False
    return x


@functools.cache
def maximum(family):
    return th.fit(rows_of(family), family)


OF_A_SCALE = [
    (family, half_life)
    for family in FOLLOWING
    for half_life in (None, 3000)
    if Likelihood(family).family.DIMENSION is not None and (half_life or family in WALKING)
]


def followed(family, x, cuts=(), **settings):
    stream = th.Online(family, **settings)
    for block in np.split(x, cuts):
        assert stream.partial_fit(block) is stream
    return stream


def told(fit):
    """All that a fit says, to the last bit."""
    return {**fit.to_dict(), "bits": (fit.theta.tobytes(), fit.stderr.tobytes(), fit.cov.tobytes())}


def assert_same(stream, other):
    """Both say the same now, and after more rows."""
    assert (stream.rows, stream.omitted, repr(stream)) == (other.rows, other.omitted, repr(other))
    assert told(stream.fit_result()) == told(other.fit_result())


def far(fit, from_fit):
    """The largest difference of two fits' parameters in standard errors of the second."""
    free = from_fit.stderr > 0
    return np.abs((fit.theta - from_fit.theta)[free] / from_fit.stderr[free]).max()


def copies(stream):
    yield th.Online.from_bytes(stream.to_bytes())
    yield th.Online.from_bytes(memoryview(stream.to_bytes()))
    yield pickle.loads(pickle.dumps(stream))
    yield copy.deepcopy(stream)
