"""What every test of a family is run on: the families of the list, at the points their references name."""

import signal
from importlib import import_module
from random import Random

import numpy as np
import pytest

import thetahat as th

# A shell's background job starts with Ctrl-C ignored; tests that press it would then wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


def reference_of(name):
    return import_module(f"thetahat.reference.{name}")


CASES = [(name, theta) for name in th.families() for theta in reference_of(name).THETAS]


class Case:
    """A family, true parameters, and samples drawn from it by its reference."""

    def __init__(self, family, theta):
        self.family = family
        self.theta = theta
        self.reference = reference_of(family)

    def sample(self, n, seed=0):
        random = Random(f"{self.family} {self.theta} {seed}")
        return np.array([self.reference.draw(random, self.theta) for _ in range(n)])


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}{case[1]}")
def case(request):
    return Case(*request.param)


@pytest.fixture(params=th.families())
def family(request):
    return request.param
