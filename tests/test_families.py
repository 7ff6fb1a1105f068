"""A family is a header, a line of the list, a Python file, a reference and a row of README: all agree."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood

ROOT = Path(__file__).parents[1]
LIST = ROOT / "csrc" / "thetahat" / "families.def"
FOR_ALL = {  # what a reference must have, so that every law finds the family
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "SAMPLES",
    "THETAS",
    "draw",
    "information",
    "log_density",
    "score",
}


def modules(package):
    path = import_module(package).__path__
    return {module.name for module in iter_modules(path) if not module.name.startswith("_")}


def test_every_family_has_a_python_file_and_no_file_lacks_a_family():
    assert modules("thetahat.families") == set(th.families())


def test_every_family_has_a_reference_and_no_reference_lacks_a_family():
    of_families = {
        name
        for name in modules("thetahat.reference")
        if hasattr(import_module(f"thetahat.reference.{name}"), "log_density")
    }
    assert of_families == set(th.families())


if LIST.exists():  # not beside the tests of a wheel

    def test_the_compiled_list_is_that_of_the_source():
        included = re.findall(r'^#include "thetahat/families/(\w+)\.hpp"$', LIST.read_text(), re.MULTILINE)
        assert included == list(th.families())


def test_the_readme_has_every_family():
    text = (ROOT / "README.md").read_text()
    assert [name for name in th.families() if f"`{name}" not in text] == []


@pytest.fixture
def module(family):
    return Likelihood(family).family


def test_a_reference_has_what_laws_ask_of_it(module):
    assert set(module.__all__) >= FOR_ALL
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_a_reference_has_frozen_maxima_and_mistakes(module):
    """Of two samples at least; that laws catch the mistakes is for `test_monte_carlo.py` to say."""
    assert len(module.FROZEN) >= 2
    assert module.MISTAKES
    assert all(rows.split() for rows in module.SAMPLES.values())


def test_there_are_as_many_parameters_everywhere(family, module):
    names = find_family(family).names
    assert {len(theta) for theta in module.THETAS} == {len(names)}
    assert {len(theta) for theta, _, _ in module.FROZEN.values()} == {len(names)}
    assert module.DIMENSION is None or len(module.DIMENSION) == len(names)
