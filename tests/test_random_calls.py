"""Wrong arguments raise errors of this library alone, and numbers at the ends of the doubles no warnings."""

import random
import sys
from contextlib import suppress

import numpy as np
import pytest
from random_calls import call_at_random, calls
from turns import in_turn

import thetahat as th
from thetahat.families import find_family

ROWS = [1.0, 2.0, 4.0, 7.0]
PLAIN = th.SGD(learning_rate=1e-3, epochs=2)
FAR = [1e308, 1.1e308, 9e307, 1.5e308, 3e307]


@pytest.mark.parametrize("seed", range(4))
def test_random_calls(monkeypatch, tmp_path, seed):
    """A short part of the script."""
    monkeypatch.chdir(tmp_path)  # where checkpoints go
    chance, public = random.Random(seed), calls()
    for _ in range(250):
        call_at_random(chance, chance.choice(public))


FOREIGN = {
    "fixed, a list": (
        lambda: th.fit(ROWS, "normal", fixed=["mu"]),
        "fixed must be a dict of numbers by name",
    ),
    "fixed, a number": (lambda: th.fit(ROWS, "normal", fixed=5), "fixed must be a dict"),
    "fixed, an array": (lambda: th.Online("normal", fixed=np.ones(2)), "fixed must be a dict"),
    "levels": (
        lambda: th.fit(ROWS, "normal").confint(np.array([0.9, 0.95])),
        "level must lie between 0 and 1",
    ),
    "name": (lambda: th.fit(ROWS, "normal").plot(name=3), "name must be a string, got 3"),
    "progress": (
        lambda: th.fit(ROWS, "normal", method=PLAIN, progress="yes"),
        "progress must be True or False",
    ),
    "trace of 2**62 epochs": (
        lambda: th.fit(ROWS, "normal", method=th.SGD(learning_rate=1e-3, epochs=2**62), trace="epoch"),
        "trace: memory has no room for 4611686018427387905 times 2 parameters",
    ),
    "trace of 2**62 gradients": (
        lambda: th.fit(ROWS, "normal", method=th.GradientAscent(learning_rate=1e-3, epochs=2**62), trace=1),
        "trace: memory has no room",
    ),
    "fewer blocks of weights": (
        lambda: th.summarize(iter([[1.0], [2.0]]), "normal", weights=iter([[1.0]])),
        "x has more blocks than weights",
    ),
    "more blocks of weights": (
        lambda: th.summarize(iter([[1.0]]), "normal", weights=iter([[1.0], [2.0]])),
        "weights has more blocks than x",
    ),
    "threads of blocks": (
        lambda: th.summarize(iter([ROWS]), "normal", threads="2"),
        "threads must be an integer",
    ),
    "checkpoint, a number": (
        lambda: th.fit(ROWS, "normal", method=PLAIN, checkpoint=3),
        "checkpoint must be the path of a file, got 3",
    ),
    "checkpoint, a NUL": (
        lambda: th.fit(ROWS, "normal", method=PLAIN, checkpoint="a\0b"),
        "checkpoint must be the path of a file, got 'a.x00b'",
    ),
    "checkpoint, an empty name": (
        lambda: th.fit(ROWS, "normal", method=PLAIN, checkpoint=""),
        "checkpoint must be the path of a file",
    ),
    "rng": (lambda: th.fit(ROWS, "normal", method=PLAIN, rng="a"), "rng must be None, a seed of at least 0"),
    "rng of batches": (lambda: th.minibatches(ROWS, 2, rng=-1), "rng must be None, a seed of at least 0"),
    "shapes of a step": (
        lambda: th.gradient_step([1, 2], [1], 0.1),
        r"theta has shape \(2,\), but gradient has shape \(1,\)",
    ),
    "numbers of a step": (
        lambda: th.gradient_step([1, "a"], [1, 2], 0.1),
        "theta must be a number or an array",
    ),
    "rate of a step": (lambda: th.gradient_step([1], [1], [0.1]), "learning_rate must be a positive finite"),
    "batch_size": (
        lambda: th.minibatches(ROWS, None),
        "batch_size must be an integer of at least 1, got None",
    ),
    "complex parameters": (
        lambda: th.logpdf(ROWS, "normal", (np.complex64(1j), 1)),
        "theta must be a sequence",
    ),
    "arrays as parameters": (lambda: th.logpdf(ROWS, "normal", (np.ones(1), 1)), "theta must be a sequence"),
    "masked numbers": (lambda: th.Power(np.ma.masked), "rate must be a positive finite number"),
    "start of lanes": (
        lambda: th.fit_multistart(ROWS, "normal", method=PLAIN, start=np.array(3.0)),
        "start must be a sequence of 2 numbers",
    ),
    "a record": (lambda: th.Fit.from_dict([1, 2]), "not the record of a fit: list, and no dict"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_arguments_of_wrong_types(case):
    call, words = FOREIGN[case]
    with pytest.raises(th.ParameterError if "blocks of w" not in case else th.SampleError, match=words):
        call()


@pytest.mark.parametrize(
    "name", ["nan_policy", "cov", "checkpoint_every", "trace", "fixed", "rng", "threads"]
)
def test_arrays_are_no_settings(name):
    with pytest.raises(th.ParameterError, match=name):
        th.fit(ROWS, "normal", **{name: np.array([1, 2])})


def test_integers_of_numpy_are_integers():
    x = np.linspace(1, 2, 500_000)
    for threads in (np.int8(2), np.uint64(2)):
        assert th.compare(x, ["normal"], threads=threads).best.params == th.fit(x, "normal").params
        assert th.summarize(x, "normal", threads=threads).n == 500_000


def test_a_long_half_life_forgets_nothing():
    for half_life in (1e308, np.uint64(2**63)):
        assert th.Online("gumbel", half_life=half_life).partial_fit(ROWS * 2000).rows == 8000


def test_progress_without_a_console(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert th.fit(ROWS, "normal", method=PLAIN, start=(0, 1), progress=True, rng=0).epochs == 2


ASKED = {
    "quantile": lambda fit: fit.quantile([1e-300, 0.1, 0.9, 1 - 1e-16]),
    "return_level": lambda fit: fit.return_level([1.5, 1e300]),
    "gof": lambda fit: fit.gof(bootstrap=3, rng=0),
    "intervals": lambda fit: (fit.confint(), fit.confint(method="profile")),
    "test": lambda fit: [fit.test({name: value * 1.1}) for name, value in fit.params.items()],
    "table": str,
    "record": lambda fit: th.Fit.from_dict(fit.to_dict()),
}


def fits_at_both_ends(family):
    """The fits of rows near the ends of the doubles, as far as there are any."""
    for rows in (FAR, np.array(FAR) - 8e307, 1e-308 / np.array(FAR) * 1e308, [1e-308, 1e308, 1.0, 5.0, 0.1]):
        x = np.rint(rows) if find_family(family).counts else np.asarray(rows)
        with suppress(th.ThetahatError):
            yield th.fit(x, family)


@in_turn("what", ASKED)
def test_questions_at_both_ends_of_the_doubles(family, what):
    """They are answered, or refused by an error of this library; warnings are errors here."""
    for fit in fits_at_both_ends(family):
        with suppress(th.ThetahatError):
            ASKED[what](fit)
