"""Mistakes of the kinds that estimators have, planted in what the library says, for Monte Carlo to see.

Those of a family stand beside its reference, as `MISTAKES`: `planted` turns runs (`monte_carlo.Runs`) into
what they would be with one. One of `WRONG_ANSWERS` does so with answers (`monte_carlo.Answers`). One of
`WRONG_ASCENTS` is an ascent that is not tuned, and fits a sample.
"""

from functools import cached_property

import numpy as np
from scipy import stats

import thetahat as th
from thetahat.reference import Likelihood
from thetahat.reference.mistakes import Errors, Estimates, FewRows, Information, Score
from thetahat.solvers.pilot import PILOT_ROWS

PARTS = ("whole", "first", "second")


class Summaries:
    """The `thetahat.reference.mistakes.Rows` of a sample."""

    def __init__(self, x):
        self.x, self.n = x, len(x)

    @cached_property
    def mean(self):
        return float(self.x.mean())

    @cached_property
    def sd(self):
        return float(self.x.std())

    @cached_property
    def resultant(self):
        return float(np.hypot(np.cos(self.x).mean(), np.sin(self.x).mean()))

    @cached_property
    def logs(self):
        return Summaries(np.log(self.x))

    @cached_property
    def _quartiles(self):
        return dict(zip((0.25, 0.5, 0.75), np.quantile(self.x, [0.25, 0.5, 0.75]).tolist(), strict=True))

    def quantile(self, p):
        return self._quartiles[p]


def parts_of(samples):
    return samples, *np.split(samples, 2, axis=1)


def summaries(samples):
    """By part, those of each sample: taken once for all mistakes."""
    return [[Summaries(x) for x in part] for part in parts_of(samples)]


def planted(mistake, runs, of_rows):
    """The runs with a mistake in them; `of_rows` are the summaries of their samples."""
    return PLANT[type(mistake)](mistake, runs, of_rows)


def plant_estimates(mistake, runs, of_rows):
    """The standard errors stay, and the intervals move along."""
    parts = {}
    for part, rows in zip(PARTS, of_rows, strict=True):
        fits = getattr(runs, part)
        theta = np.array([mistake.of(*pair) for pair in zip(rows, fits.theta.tolist(), strict=True)])
        parts[part] = fits._replace(theta=theta, limits=fits.limits + (theta - fits.theta)[..., None])
    return runs._replace(**parts)


def plant_errors(mistake, runs, _):
    """The intervals are as wide as the standard errors say."""
    return runs._replace(**{part: widened(getattr(runs, part), mistake.by) for part in PARTS})


def widened(fits, factors):
    by = np.array([factors(theta) for theta in fits.theta.tolist()])
    theta = fits.theta[..., None]
    return fits._replace(stderr=fits.stderr * by, limits=theta + (fits.limits - theta) * by[..., None])


def plant_score(mistake, runs, of_rows):
    n = of_rows[0][0].n
    return runs._replace(score=runs.score + [mistake.plus(theta, n) for theta in runs.truth.tolist()])


def plant_information(mistake, runs, _):
    return runs._replace(information=runs.information * mistake.by)


PLANT = {
    Estimates: plant_estimates,
    Errors: plant_errors,
    Score: plant_score,
    Information: plant_information,
}


def of_many_rows(family):
    """The mistakes of a family that large samples tell."""
    mistakes = Likelihood(family).family.MISTAKES
    return {name: mistake for name, mistake in mistakes.items() if not isinstance(mistake, FewRows)}


def of_few_rows(family):
    """Those that only small samples tell."""
    mistakes = Likelihood(family).family.MISTAKES
    return {name: mistake for name, mistake in mistakes.items() if isinstance(mistake, FewRows)}


def last_fifth_unread(runs, samples):
    """The estimates of the first four fifths of the rows, with the standard errors of all."""
    parts = {}
    for part, X in zip(PARTS, parts_of(samples), strict=True):
        fits = getattr(runs, part)
        theta = X[:, : X.shape[1] * 4 // 5].mean(1, keepdims=True)
        parts[part] = fits._replace(theta=theta, limits=fits.limits + (theta - fits.theta)[..., None])
    return runs._replace(**parts)


def at_ninety_percent(runs, _):
    """Take the quantile of a level of 90 % for one of 95 %."""
    theta = runs.whole.theta[..., None]
    limits = theta + (runs.whole.limits - theta) * (1.6449 / 1.96)
    return runs._replace(whole=runs.whole._replace(limits=limits))


# Mistakes that any family might have, and only many runs tell: one shows that the bands are narrow enough.
EXAMPLE = "exponential"  # its estimate is the mean
SUBTLE = {
    "errors 10 % small": lambda runs, _: plant_errors(Errors(lambda _: (0.9,)), runs, _),
    "errors 10 % large": lambda runs, _: plant_errors(Errors(lambda _: (1.1,)), runs, _),
    "last fifth unread": last_fifth_unread,
    "quantile of 90 %": at_ninety_percent,
}


def resized(limits, factor):
    """Limits so many times as far from the middle between them."""
    middle = limits.mean(-1, keepdims=True)
    return middle + (limits - middle) * factor


WRONG_ANSWERS = {
    "half the drop": lambda answers: answers._replace(limits=resized(answers.limits, np.sqrt(0.5))),
    "one degree of freedom for two": lambda answers: answers._replace(
        pvalues=stats.chi2(1).sf(stats.chi2(2).isf(answers.pvalues))
    ),
    "drop not doubled": lambda answers: answers._replace(pvalues=np.sqrt(answers.pvalues)),  # exp(-drop)
    "quantiles one standard error off": lambda answers: answers._replace(
        quantiles=resized(answers.quantiles, 1 / 1.96)
    ),
}


def pilot_of(x):
    return x[:PILOT_ROWS]


def ascending_by(**settings):
    """Make an ascent of other settings than the tuned one's, from the maximum of its pilot on."""

    def fit(x, family, rng):
        start = None if "preconditioner" in settings else th.fit(pilot_of(x), family).theta
        return th.fit(x, family, method=th.SGD(**settings), start=start, rng=rng)

    return fit


def without_the_last_fifth(x, family, rng):
    return th.fit(x[: x.size * 4 // 5], family, method=th.SGD(), rng=rng)


AFTER_PILOT = th.InverseTime(1.0, PILOT_ROWS)

WRONG_ASCENTS = {
    "half the gain": ascending_by(learning_rate=th.InverseTime(0.5), preconditioner="information"),
    "twice the gain": ascending_by(learning_rate=th.InverseTime(2.0), preconditioner="information"),
    "a constant gain": ascending_by(learning_rate=2e-4, preconditioner="information"),
    "no metric": ascending_by(learning_rate=AFTER_PILOT, coordinates="log"),
    "a metric of other coordinates": ascending_by(learning_rate=AFTER_PILOT),
    "the last fifth unread": without_the_last_fifth,
    "steps as long as with no pilot": ascending_by(
        learning_rate=th.InverseTime(1.0, 10.0), coordinates="log"
    ),
    "the pilot alone": lambda x, family, _: th.fit(pilot_of(x), family),
}
