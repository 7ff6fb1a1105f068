"""Mistakes of the kinds that estimators have, planted in what the library says: Monte Carlo must see them all.

A mistake turns runs (`monte_carlo.Runs`), given their samples, into what they would be with it.
"""

import numpy as np
from scipy.special import polygamma

PARTS = ("whole", "first", "second")


def estimating(wrong):
    """Make the estimates `wrong(samples, *theta)`; the standard errors stay, and the intervals move along."""

    def plant(runs, samples):
        fits = (
            moved(getattr(runs, part), X, wrong) for part, X in zip(PARTS, parts_of(samples), strict=True)
        )
        return runs._replace(**dict(zip(PARTS, fits, strict=True)))

    return plant


def parts_of(samples):
    return samples, *np.split(samples, 2, axis=1)


def moved(fits, X, wrong):
    theta = np.column_stack(wrong(X, *fits.theta.T))
    return fits._replace(theta=theta, limits=fits.limits + (theta - fits.theta)[..., None])


def erring(factors):
    """Make the standard errors `factors(*theta)` times as large, and the intervals that much as wide."""

    def plant(runs, samples):
        return runs._replace(**{part: widened(getattr(runs, part), factors) for part in PARTS})

    return plant


def widened(fits, factors):
    by = np.column_stack(np.broadcast_arrays(*factors(*fits.theta.T), fits.theta[:, 0])[:-1])
    theta = fits.theta[..., None]
    return fits._replace(stderr=fits.stderr * by, limits=theta + (fits.limits - theta) * by[..., None])


def mean(X):
    return X.mean(1)


def sd(X):
    return X.std(1)


def median(X):
    return np.median(X, axis=1)


def quartiles_apart(X):
    low, high = np.quantile(X, [0.25, 0.75], axis=1)
    return high - low


def gamma_moments(X):
    return (mean(X) / sd(X)) ** 2, sd(X) ** 2 / mean(X)


def weibull_moments(X):
    """Those of log x: its variance is pi^2 / (6 shape^2), its mean log(scale) less Euler's constant / shape."""
    shape = np.pi / (np.sqrt(6) * sd(np.log(X)))
    return shape, np.exp(mean(np.log(X)) + np.euler_gamma / shape)


def gumbel_moments(X):
    beta = np.sqrt(6) / np.pi * sd(X)
    return mean(X) - np.euler_gamma * beta, beta


def lognormal_moments(X):
    """Those of x, not of log x."""
    variance = np.log1p((sd(X) / mean(X)) ** 2)
    return np.log(mean(X)) - variance / 2, np.sqrt(variance)


def log_quartiles(X):
    """The shape for which those of log x lie so far apart."""
    return 2 * np.log(3) / quartiles_apart(np.log(X))


def resultant(X):
    return np.hypot(mean(np.cos(X)), mean(np.sin(X)))


def without_log_scale(runs, samples):
    """Forget -log s, the constant in the score of gamma's shape."""
    n, scale = samples.shape[1], runs.truth[:, 1]
    return runs._replace(score=runs.score + np.column_stack([n * np.log(scale), 0 * scale]))


def other_sign_off_the_diagonal(runs, samples):
    return runs._replace(information=runs.information * [[1, -1], [-1, 1]])


def at_ninety_percent(runs, samples):
    """Take the quantile of a level of 90 % for one of 95 %."""
    theta = runs.whole.theta[..., None]
    limits = theta + (runs.whole.limits - theta) * (1.6449 / 1.96)
    return runs._replace(whole=runs.whole._replace(limits=limits))


WRONG = {
    "normal": {
        "median for the mean": estimating(lambda X, mu, sigma: (median(X), sigma)),
        "quartiles for sigma": estimating(lambda X, mu, sigma: (mu, quartiles_apart(X) / 1.34898)),
    },
    "lognormal": {"moments": estimating(lambda X, mu, sigma: lognormal_moments(X))},
    "exponential": {
        "median for the mean": estimating(lambda X, scale: (median(X) / np.log(2),)),
        "half a learning rate": estimating(lambda X, scale: ((median(X) / np.log(2) + scale) / 2,)),
        "last fifth unread": estimating(lambda X, scale: (mean(X[:, : X.shape[1] * 4 // 5]),)),
        "errors 10 % small": erring(lambda scale: (0.9,)),
        "errors 10 % large": erring(lambda scale: (1.1,)),
        "quantile of 90 %": at_ninety_percent,
    },
    "gamma": {
        "moments": estimating(lambda X, shape, scale: gamma_moments(X)),
        "parameters swapped": estimating(lambda X, shape, scale: (scale, shape)),
        "dropped Jacobian": erring(lambda shape, scale: (1 / shape, 1 / scale)),
        "no cross term": erring(lambda a, s: (np.sqrt(1 - 1 / (a * polygamma(1, a))),) * 2),
        "cross term of the other sign": other_sign_off_the_diagonal,
        "score off by a constant": without_log_scale,
    },
    "inverse_gaussian": {"moments": estimating(lambda X, mu, shape: (mu, mu**3 / sd(X) ** 2))},
    "weibull": {"moments": estimating(lambda X, shape, scale: weibull_moments(X))},
    "rayleigh": {"no half": estimating(lambda X, sigma: (np.sqrt(2) * sigma,))},
    "logistic": {"Fisher's constant 1 for 1/3": erring(lambda mu, s: (np.sqrt(1 / 3), 1))},
    "loglogistic": {"quartiles for the shape": estimating(lambda X, shape, scale: (log_quartiles(X), scale))},
    "gumbel": {"moments": estimating(lambda X, mu, beta: gumbel_moments(X))},
    "student_t": {"standard deviation for sigma": estimating(lambda X, mu, sigma, nu: (mu, sd(X), nu))},
    "von_mises": {"first term of kappa": estimating(lambda X, mu, kappa: (mu, 2 * resultant(X)))},
    "poisson": {"variance for the mean": estimating(lambda X, rate: (sd(X) ** 2,))},
    "geometric": {"1 / mean": estimating(lambda X, p: (1 / mean(X),))},
}

DIVISOR = {  # n - 1 for n shows in a few rows alone: by what it multiplies the estimates
    "normal": lambda n: (1, np.sqrt(n / (n - 1))),
    "lognormal": lambda n: (1, np.sqrt(n / (n - 1))),
    "exponential": lambda n: (n / (n - 1),),
    "rayleigh": lambda n: (np.sqrt(n / (n - 1)),),
    "inverse_gaussian": lambda n: (1, (n - 1) / n),
}
