"""A family that is not as concept.hpp declares does not compile, and the error names the member."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CSRC = Path(__file__).resolve().parents[1] / "csrc"
FAMILIES = CSRC / "thetahat" / "families"
COMPILER = shutil.which(os.environ.get("CXX", "c++"))
__test__ = COMPILER is not None and FAMILIES.is_dir()  # a wheel has no sources: nothing is collected there

# Family, its text, what takes its place (everywhere), and the message: of members that are missing, misspelt,
# not declared, or declared and not there.
MISTAKES = {
    "score misspelt": ("gumbel", "void score(", "void scores(", "score(sums, g) const is missing"),
    "no information": (
        "gumbel",
        "void information(",
        "void curvature(",
        "information(sums, J) const is missing",
    ),
    "no row_score": ("gumbel", "void row_score(", "void score_row(", "row_score(x, g) const is missing"),
    "no scale": (
        "gumbel",
        "double scale()",
        "double size()",
        "scale_of(theta) and scale() const are missing",
    ),
    "no valid": ("gumbel", "bool valid(", "bool is_valid(", "valid(theta) is missing"),
    "no in_support": ("gumbel", "bool in_support(", "bool inside(", "in_support(x) is missing"),
    "no line": ("gumbel", "static constexpr int line", "static constexpr int lines", "line is missing"),
    "hazard not declared": ("pareto", " | hazard", "", "hazard: cumulative_hazard(theta, a, b)"),
    "log_tail misspelt": (
        "logistic",
        "T log_tail(",
        "T log_tails(",
        "closed_tails: log_tail(theta, x, upper)",
    ),
    "no terms": ("laplace", "void terms(", "void term(", "terms(x, t, u) const is missing"),
    "no start": ("gumbel", "bool start(", "bool begin(", "starts: start(pilot, theta)"),
    "start of another pilot": (
        "gumbel",
        "start(const pilot& p",
        "start(const block& p",
        "starts: start(pilot, theta)",
    ),
    "shift_sums misspelt": (
        "gumbel",
        "double shift_sums(",
        "double shift_sum(",
        "shifts: shift_sums(sums, to) const",
    ),
    "shifts not declared": ("gumbel", "shifts | ", "", "shifts: shift_sums(sums, to) const"),
    "no sum without moments": (
        "gumbel",
        "sums sum_without_moments(",
        "sums sum_without_moment(",
        "shifts: sum_without_moments(block) const",
    ),
    "lane_score not declared": ("gumbel", " | lane_scores", "", "lane_scores: lane_score(theta, x, g)"),
    "sum apart not declared": ("student_t", "sums_apart | ", "", "sums_apart: of_rows"),
    "sum not declared": ("weibull", "own_sum | ", "", "own_sum: sum(block) const"),
    "maximum not declared": ("rayleigh", "solved | ", "", "solved: maximum(sums, fixed, theta)"),
    "sums that depend on theta": (
        "rayleigh",
        "bool sufficient = true",
        "bool sufficient = false",
        "sum(block) must be",
    ),
    "bounds not declared": ("gev", "bounded_at | ", "", "bounded_at: in_support_at(x) const"),
    "errors misspelt": (
        "gev",
        "bool has_standard_errors(",
        "bool has_errors(",
        "errors_hold: has_standard_errors(theta)",
    ),
    "errors not declared": ("gev", " | errors_hold", "", "errors_hold: has_standard_errors(theta)"),
    "condition not declared": (
        "negative_binomial",
        " | conditional",
        "",
        "conditional: may_exist(pilot, figures)",
    ),
    "tally not declared": ("negative_binomial", "count_terms | ", "", "count_terms: large_terms(x, t) const"),
    "a median without its covariance": (
        "laplace",
        "own_covariance | ",
        "",
        "own_covariance: covariance(sums, C) const",
    ),
    "a parameter too few": (
        "gumbel",
        "{real_parameter(1), positive_parameter(1)}",
        "{real_parameter(1)}",
        "parameters must hold n_params of them",
    ),
}
COMPILED = sorted({family for family, *_ in MISTAKES.values()})


def errors(folder, text):
    """Return what the compiler prints of text that follows the floors below families, and its exit status."""
    source = folder / "family.cpp"
    source.write_text(f'#include "thetahat/isa/baseline.hpp"\n{text}')
    command = [COMPILER, "-std=c++17", "-fsyntax-only", f"-I{CSRC}", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr, done.returncode


def header(family):
    return (FAMILIES / f"{family}.hpp").read_text(encoding="utf-8").replace("#pragma once", "")


@pytest.mark.parametrize("family", COMPILED)
def test_headers_compile_by_themselves(family, tmp_path):
    assert errors(tmp_path, header(family)) == ("", 0)


def mistaken(mistake, place):
    """The header with a mistake, its family in a namespace of its own, and not in the list of all."""
    family, right, wrong, _ = MISTAKES[mistake]
    text = header(family)
    for old, new in (
        (right, wrong),
        ("namespace thetahat::THETAHAT_ISA {", f"namespace thetahat::THETAHAT_ISA::mistake_{place} {{"),
        (f"THETAHAT_FAMILY({family})", f"static_assert(is_family<{family}>());"),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What the compiler prints of all mistakes at once."""
    text = "\n".join(mistaken(mistake, place) for place, mistake in enumerate(MISTAKES))
    printed, status = errors(tmp_path_factory.mktemp("mistakes"), text)
    assert status != 0
    return printed


@pytest.mark.parametrize(("place", "mistake"), list(enumerate(MISTAKES)), ids=MISTAKES)
def test_the_compiler_names_the_member(place, mistake, printed):
    """GCC says of which family its errors are before them, Clang in them or after them."""
    message, families = MISTAKES[mistake][-1], re.compile(r"mistake_(\d+)::")
    found = [match.start() for match in re.finditer(re.escape(message), printed)]
    if "In instantiation of" in printed:
        named = [families.findall(printed, 0, at)[-1] for at in found]
    else:
        named = [families.findall(printed, at)[0] for at in found]
    assert str(place) in named
