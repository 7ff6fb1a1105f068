"""Mistakes of the kinds that estimators have, planted in what the library says, for Monte Carlo to see.

A mistake turns runs (`monte_carlo.Runs`), given their samples, into what they would be with it; one of
`WRONG_ANSWERS` does so with answers (`monte_carlo.Answers`). One of `WRONG_ASCENTS` is an ascent that is not
tuned, and fits a sample.
"""

import numpy as np
from scipy import stats
from scipy.special import polygamma

import thetahat as th
from thetahat.solvers.pilot import PILOT_ROWS

PARTS = ("whole", "first", "second")


def estimating(wrong):
    """Make the estimates `wrong(samples, theta)`; the standard errors stay, and the intervals move along.

    Theta, the right ones, has a row for each parameter, as what `wrong` returns.
    """

    def plant(runs, samples):
        fits = (
            moved(getattr(runs, part), X, wrong) for part, X in zip(PARTS, parts_of(samples), strict=True)
        )
        return runs._replace(**dict(zip(PARTS, fits, strict=True)))

    return plant


def parts_of(samples):
    return samples, *np.split(samples, 2, axis=1)


def moved(fits, X, wrong):
    theta = np.column_stack(wrong(X, fits.theta.T))
    return fits._replace(theta=theta, limits=fits.limits + (theta - fits.theta)[..., None])


def erring(factors):
    """Make the standard errors `factors(theta)` times as large, and the intervals as wide."""

    def plant(runs, _):
        return runs._replace(**{part: widened(getattr(runs, part), factors) for part in PARTS})

    return plant


def widened(fits, factors):
    by = np.broadcast_to(factors(fits.theta.T), fits.theta.T.shape).T
    theta = fits.theta[..., None]
    return fits._replace(stderr=fits.stderr * by, limits=theta + (fits.limits - theta) * by[..., None])


def mean(X):
    return X.mean(1)


def sd(X):
    return X.std(1)


def median(X):
    return np.median(X, axis=1)


def exponential_median(X):
    return median(X) / np.log(2)


def quartiles_apart(X):
    low, high = np.quantile(X, [0.25, 0.75], axis=1)
    return high - low


def gamma_moments(X):
    return (mean(X) / sd(X)) ** 2, sd(X) ** 2 / mean(X)


def without_cross_term(theta):
    """1 / J_jj for the diagonal of J^-1: 1 - J_12^2 / (J_11 J_22) of the variance."""
    shape = theta[0]
    return np.sqrt(1 - 1 / (shape * polygamma(1, shape)))


def weibull_moments(X):
    """Those of log x: variance pi^2 / (6 shape^2), mean log(scale) - Euler's constant / shape."""
    shape = np.pi / (np.sqrt(6) * sd(np.log(X)))
    return shape, np.exp(mean(np.log(X)) + np.euler_gamma / shape)


def gumbel_moments(X):
    beta = np.sqrt(6) / np.pi * sd(X)
    return mean(X) - np.euler_gamma * beta, beta


def lognormal_moments(X):
    """Those of x, not of log x."""
    variance = np.log1p((sd(X) / mean(X)) ** 2)
    return np.log(mean(X)) - variance / 2, np.sqrt(variance)


def pareto_mean(X, minimum):
    """The mean is shape minimum / (shape - 1)."""
    return mean(X) / (mean(X) - minimum)


def scarcely_less(n, shape, minimum):
    """The least of n rows is shape n / (shape n - 1) times the minimum in the mean."""
    return (1 - 1 / (shape * n)) * minimum


def generalized_pareto_moments(X):
    """Mean scale / (1 - shape), variance mean^2 / (1 - 2 shape)."""
    shape = (1 - (mean(X) / sd(X)) ** 2) / 2
    return shape, mean(X) * (1 - shape)


def beta_moments(X, one=1):
    """Variance m (1 - m) / (a + b + 1), m being the mean."""
    m = mean(X)
    together = m * (1 - m) / sd(X) ** 2 - one
    return m * together, (1 - m) * together


def uniform_moments(X):
    return mean(X) - np.sqrt(3) * sd(X), mean(X) + np.sqrt(3) * sd(X)


def farther_apart(n, low, high):
    """The least and the most of n rows lie (n - 1) / (n + 1) of the range apart in the mean."""
    out = (high - low) / (n - 1)
    return low - out, high + out


def negative_binomial_moments(X):
    """Variance mu + mu^2 / size."""
    return mean(X) ** 2 / (sd(X) ** 2 - mean(X)), mean(X)


def log_quartiles(X):
    """The shape for which those of log x lie so far apart."""
    return 2 * np.log(3) / quartiles_apart(np.log(X))


def resultant(X):
    return np.hypot(mean(np.cos(X)), mean(np.sin(X)))


def without_log_scale(runs, samples):
    """Forget -log s, the constant in the score of gamma's shape."""
    n, scale = samples.shape[1], runs.truth[:, 1]
    return runs._replace(score=runs.score + np.column_stack([n * np.log(scale), 0 * scale]))


def other_sign_off_the_diagonal(runs, _):
    return runs._replace(information=runs.information * [[1, -1], [-1, 1]])


def at_ninety_percent(runs, _):
    """Take the quantile of a level of 90 % for one of 95 %."""
    theta = runs.whole.theta[..., None]
    limits = theta + (runs.whole.limits - theta) * (1.6449 / 1.96)
    return runs._replace(whole=runs.whole._replace(limits=limits))


def resized(limits, factor):
    """Limits so many times as far from the middle between them."""
    middle = limits.mean(-1, keepdims=True)
    return middle + (limits - middle) * factor


WRONG = {
    "normal": {
        "median for the mean": estimating(lambda X, theta: (median(X), theta[1])),
        "quartiles for sigma": estimating(lambda X, theta: (theta[0], quartiles_apart(X) / 1.34898)),
    },
    "lognormal": {"moments": estimating(lambda X, _: lognormal_moments(X))},
    "exponential": {
        "median for the mean": estimating(lambda X, _: (exponential_median(X),)),
        "half a learning rate": estimating(lambda X, theta: ((exponential_median(X) + theta[0]) / 2,)),
        "last fifth unread": estimating(lambda X, _: (mean(X[:, : X.shape[1] * 4 // 5]),)),
        "errors 10 % small": erring(lambda _: 0.9),
        "errors 10 % large": erring(lambda _: 1.1),
        "quantile of 90 %": at_ninety_percent,
    },
    "gamma": {
        "moments": estimating(lambda X, _: gamma_moments(X)),
        "parameters swapped": estimating(lambda _, theta: theta[::-1]),
        "dropped Jacobian": erring(lambda theta: 1 / theta),
        "no cross term": erring(without_cross_term),
        "cross term of the other sign": other_sign_off_the_diagonal,
        "score off by a constant": without_log_scale,
    },
    "inverse_gaussian": {"moments": estimating(lambda X, theta: (theta[0], theta[0] ** 3 / sd(X) ** 2))},
    "weibull": {"moments": estimating(lambda X, _: weibull_moments(X))},
    "rayleigh": {"no half": estimating(lambda _, theta: np.sqrt(2) * theta)},
    "pareto": {
        "mean for the shape": estimating(lambda X, theta: (pareto_mean(X, theta[1]), theta[1])),
        "minimum without bias": estimating(lambda X, theta: (theta[0], scarcely_less(X.shape[1], *theta))),
    },
    "generalized_pareto": {"moments": estimating(lambda X, _: generalized_pareto_moments(X))},
    "laplace": {
        "mean for the median": estimating(lambda X, theta: (mean(X), theta[1])),
        "deviation for b": estimating(lambda X, theta: (theta[0], sd(X) / np.sqrt(2))),
    },
    "logistic": {"Fisher's constant 1 for 1/3": erring(lambda _: np.sqrt([[1 / 3], [1]]))},
    "loglogistic": {"quartiles for the shape": estimating(lambda X, theta: (log_quartiles(X), theta[1]))},
    "gumbel": {"moments": estimating(lambda X, _: gumbel_moments(X))},
    "student_t": {"deviation for sigma": estimating(lambda X, theta: (theta[0], sd(X), theta[2]))},
    "beta": {
        "moments": estimating(lambda X, _: beta_moments(X)),
        "moments, 1 forgotten": estimating(lambda X, _: beta_moments(X, one=0)),
    },
    "uniform": {
        "moments": estimating(lambda X, _: uniform_moments(X)),
        "ends without bias": estimating(lambda X, theta: farther_apart(X.shape[1], *theta)),
    },
    "von_mises": {"first term of kappa": estimating(lambda X, theta: (theta[0], 2 * resultant(X)))},
    "poisson": {"variance for the mean": estimating(lambda X, _: (sd(X) ** 2,))},
    "geometric": {"1 / mean": estimating(lambda X, _: (1 / mean(X),))},
    "negative_binomial": {"moments": estimating(lambda X, _: negative_binomial_moments(X))},
}

DIVISOR = {  # n - 1 for n shows in a few rows alone: by what it multiplies the estimates
    "normal": lambda n: (1, np.sqrt(n / (n - 1))),
    "lognormal": lambda n: (1, np.sqrt(n / (n - 1))),
    "exponential": lambda n: (n / (n - 1),),
    "rayleigh": lambda n: (np.sqrt(n / (n - 1)),),
    "inverse_gaussian": lambda n: (1, (n - 1) / n),
    "pareto": lambda n: ((n - 1) / n, 1),
}

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
