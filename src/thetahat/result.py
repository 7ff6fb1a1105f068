"""What a fit returns."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thetahat import _kernels
from thetahat._report import report
from thetahat.errors import ParameterError
from thetahat.families import Family, family_index, get_family
from thetahat.solvers import METHODS, Method, Outcome, Task

__all__ = ["Fit"]

Array = NDArray[np.float64]

CONVERGED = 1e-12  # L of at most this is a maximum: a millionth of a standard error


class Values(NamedTuple):
    """What the sums say at theta."""

    log_likelihood: float
    cov: tuple[float, ...]
    stderr: tuple[float, ...]
    L: float


class Fit:
    """A fitted distribution.

    Made by `thetahat.fit`; what needs more than the parameters is computed when it is asked for.

    Attributes
    ----------
    family : str
        Name of the family.
    method : Method
        How the fit was made.
    n : int
        Number of rows.
    omitted : int
        Number of rows left out besides: masked, null, or NaN where the policy was to omit them.
    epochs : int
        Epochs done; 0 for the closed form.
    trace : ndarray of float64, shape (epochs + 1, n_params), or None
        Start values and the parameters after each epoch, where they were asked for.
    """

    def __init__(
        self,
        family: int,
        theta: tuple[float, ...],
        n: int,
        method: Method,
        *,
        sums: _kernels.Sums | None = None,
        values: Values | None = None,
        omitted: int = 0,
        epochs: int = 0,
        diverged: bool = False,
        trace: Array | None = None,
    ) -> None:
        self._index = family
        self._theta = theta
        self.n = n
        self.method = method
        self.omitted = omitted
        self.epochs = epochs
        self._diverged = diverged
        self.trace = trace
        self._sums = sums
        if values is not None:
            self._values = values

    @classmethod
    def from_outcome(cls, outcome: Outcome, task: Task, method: Method, omitted: int) -> Fit:
        """Return the fit that a method ended with."""
        return cls(
            task.family,
            outcome.theta,
            task.sums.n,
            method,
            sums=task.sums,
            omitted=omitted,
            epochs=outcome.epochs,
            diverged=outcome.diverged,
            trace=outcome.trace,
        )

    @cached_property
    def _values(self) -> Values:
        assert self._sums is not None
        log_likelihood, _, _, cov, stderr, decrement = self._sums.evaluate(self._theta)
        return Values(log_likelihood, cov, stderr, decrement)

    @property
    def _family(self) -> Family:
        return get_family(self._index)

    @property
    def family(self) -> str:
        """Name of the family."""
        return _kernels.families[self._index]

    @property
    def params(self) -> dict[str, float]:
        """The parameters by name."""
        return dict(zip(self._family.names, self._theta, strict=True))

    @property
    def theta(self) -> Array:
        """The parameters in their order: read-only, shape (n_params,)."""
        return _read_only(self._theta)

    @property
    def stderr(self) -> Array:
        """Standard errors, shape (n_params,): the roots of the diagonal of `cov`."""
        return _read_only(self._values.stderr)

    @property
    def cov(self) -> Array:
        """Covariance of the estimates, shape (n_params, n_params): the inverse of the observed information.

        NaN where a method ended at parameters around which the log-likelihood is not concave (then `status`
        is not ``"converged"``).
        """
        p = len(self._theta)
        return _read_only(self._values.cov).reshape(p, p)

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the parameters, every constant included."""
        return self._values.log_likelihood

    @property
    def aic(self) -> float:
        """Akaike's information criterion, ``2 * n_params - 2 * log_likelihood``."""
        return 2 * len(self._theta) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, ``log(n) * n_params - 2 * log_likelihood``."""
        return _kernels.log(self.n) * len(self._theta) - 2 * self.log_likelihood

    @property
    def L(self) -> float:  # noqa: N802 - its name in the literature of Newton's method
        """Squared distance to the maximum in standard errors: score' cov score, as in Newton's method."""
        return self._values.L

    @property
    def status(self) -> str:
        """How the fit ended.

        ``"converged"``: at the maximum, `L` at most 1e-12. ``"stopped"``: all epochs are done, `L` says how
        far the maximum is. ``"diverged"``: the next step would have left the parameters' domain; `theta` is
        the last one inside.
        """
        if self._diverged:
            return "diverged"
        return "converged" if not self.method.iterates or self.L <= CONVERGED else "stopped"

    def confint(self, level: float = 0.95) -> Array:
        """Return Wald's confidence intervals, on the log scale for positive parameters.

        Parameters
        ----------
        level : float, default 0.95
            Coverage, between 0 and 1.

        Returns
        -------
        ndarray of float64, shape (n_params, 2)
            Lower and upper limits.
        """
        from statistics import NormalDist

        if not 0 < level < 1:
            raise ParameterError(f"level must lie between 0 and 1, got {level!r}")
        z = NormalDist().inv_cdf((1 + level) / 2)
        limits = np.empty((len(self._theta), 2))
        for row, value, error, parameter in zip(
            limits, self._theta, self._values.stderr, self._family.parameters, strict=True
        ):
            if parameter.positive:
                factor = _kernels.exp(z * error / value)
                row[:] = value / factor, value * factor
            else:
                row[:] = value - z * error, value + z * error
        return limits

    def to_dict(self) -> dict[str, Any]:
        """Return the fit as numbers, strings, lists and dicts alone, ready for JSON; NaN becomes None."""
        return {
            "family": self.family,
            "params": self.params,
            "stderr": _none_for_nan(self.stderr),
            "cov": _none_for_nan(self.cov),
            "n": self.n,
            "omitted": self.omitted,
            "log_likelihood": self.log_likelihood,
            "aic": self.aic,
            "bic": self.bic,
            "L": _none_for_nan(self.L),
            "status": self.status,
            "method": {"name": self.method.name, **asdict(self.method)},
            "epochs": self.epochs,
            "trace": None if self.trace is None else self.trace.tolist(),
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Fit:
        """Return the fit that `to_dict` wrote.

        Raises
        ------
        ParameterError
            If the record is not one of a fit.
        """
        try:
            index = family_index(record["family"])
            settings = dict(record["method"])
            fit = cls(
                index,
                tuple(float(record["params"][name]) for name in get_family(index).names),
                int(record["n"]),
                METHODS[settings.pop("name")](**settings),
                values=Values(
                    float(record["log_likelihood"]),
                    tuple(_nan_for_none(record["cov"]).ravel().tolist()),
                    tuple(_nan_for_none(record["stderr"]).tolist()),
                    float(_nan_for_none(record["L"])),
                ),
                omitted=int(record["omitted"]),
                epochs=int(record["epochs"]),
                diverged=record["status"] == "diverged",
                trace=None if record["trace"] is None else np.array(record["trace"], dtype=np.float64),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ParameterError(f"not the record of a fit: {error}") from error
        if fit.status != record["status"]:
            raise ParameterError(
                f"not the record of a fit: status {record['status']!r} contradicts its numbers"
            )
        return fit

    def __reduce__(self) -> tuple[Any, ...]:
        return Fit.from_dict, (self.to_dict(),)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value:.6g}" for name, value in self.params.items())
        return f"<Fit {self.family}({values}), n={self.n}, {self.status}>"

    def __str__(self) -> str:
        return report(self)


def _read_only(values: tuple[float, ...]) -> Array:
    array = np.array(values)
    array.flags.writeable = False
    return array


def _none_for_nan(values: Array | float) -> Any:
    array = np.array(values, dtype=object)
    array[np.isnan(values)] = None
    return array.tolist()


def _nan_for_none(values: Any) -> Array:
    return np.array(values, dtype=np.float64)
