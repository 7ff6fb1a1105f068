"""Log-probabilities of intervals and their gradients, against 25 digits: data/censored/tails.csv."""

import csv
from pathlib import Path

import numpy as np
import pytest

import thetahat as th
from thetahat._censored import scores
from thetahat.families import find_family

with (Path(__file__).parent / "data" / "censored" / "tails.csv").open() as file:
    TAILS = list(csv.DictReader(file))
POINTS = sorted({(row["family"], row["theta"]) for row in TAILS})


def numbers(text):
    return [float(number) for number in text.split()]


def rows_of(family, theta):
    return [row for row in TAILS if (row["family"], row["theta"]) == (family, theta)]


def ends(rows):
    return (np.array([float(row[end]) for row in rows]) for end in ("a", "b"))


@pytest.mark.parametrize(("family", "theta"), POINTS)
def test_log_probabilities(family, theta):
    rows = rows_of(family, theta)
    ours = th.logpdf(th.Censored(*ends(rows)), family, numbers(theta))
    np.testing.assert_allclose(ours, [float(row["value"]) for row in rows], rtol=1e-10, atol=0)


@pytest.mark.parametrize(("family", "theta"), POINTS)
def test_scores(family, theta):
    """Relative to each component, or to a thousandth of the row's largest where that is more."""
    rows = rows_of(family, theta)
    lower, upper = ends(rows)
    ours = scores(find_family(family).model, numbers(theta), lower, upper)[1]
    for mine, row in zip(ours.tolist(), rows, strict=True):
        gradient = np.array(numbers(row["gradient"]))
        floor = 1e-3 * np.abs(gradient).max()
        assert (np.abs(mine - gradient) <= 1e-8 * np.maximum(np.abs(gradient), floor)).all(), row


@pytest.mark.parametrize(("family", "theta"), POINTS)
def test_log_likelihood_and_score_are_sums_of_rows(family, theta):
    rows = rows_of(family, theta)
    censored, at = th.Censored(*ends(rows)), numbers(theta)
    value, score = th.log_likelihood_and_score(censored, family, at)
    gradients = np.array([numbers(row["gradient"]) for row in rows])
    assert value == pytest.approx(sum(float(row["value"]) for row in rows), rel=1e-12)
    assert (np.abs(score - gradients.sum(0)) <= 1e-10 * np.abs(gradients).sum(0)).all()
