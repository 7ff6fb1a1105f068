"""The README: two commands first, an example that prints what is shown, a table that agrees with the code."""

import re
from contextlib import redirect_stdout
from io import StringIO
from math import exp
from pathlib import Path

import pytest

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")

# | `signature` | support | `distribution(its parameters)` |
FAMILIES = re.findall(r"^\| `((\w+)\(.*\))` \| (.*) \| `(\w+)\((.*)\)` \|$", README, re.MULTILINE)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_it_is_short():
    assert len(README.splitlines()) <= 150


def test_two_commands_come_first():
    fences = re.findall(r"^```(\w+)$", README, re.MULTILINE)
    assert fences[:2] == ["sh", "sh"]
    assert fences.count("sh") == 2
    assert [len(block.splitlines()) for block in blocks("sh")] == [1, 1]


def test_the_example_prints_what_is_shown():
    (example,), (shown,) = blocks("python"), blocks("text")
    assert len(example.splitlines()) <= 10
    with redirect_stdout(StringIO()) as printed:
        exec(example, {})
    assert printed.getvalue() == shown


def test_the_table_lists_every_family_once():
    assert sorted(name for _, name, *_ in FAMILIES) == sorted(th.families())


def test_the_formulas_are_listed_once():
    (listed,) = re.findall(r"^More families are \[formulas\].*?\.$", README, re.MULTILINE | re.DOTALL)
    assert re.findall(r"`(\w+)`", listed) == list(th.formula_families())


def test_the_table_agrees_with_the_code(family):
    (row,) = (row for row in FAMILIES if row[1] == family)
    signature, _, support, distribution, keywords = row
    described = find_family(family)
    assert (signature, support) == (described.signature, described.support)
    for theta in Likelihood(family).family.THETAS:
        name, values = described.scipy(*theta)
        given = dict(zip(described.names, theta, strict=True))
        assert distribution == name
        assert eval(f"dict({keywords})", {"exp": exp, **given}) == pytest.approx(values, rel=1e-14)
