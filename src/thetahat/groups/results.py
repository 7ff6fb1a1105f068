"""The fits of many groups: what is asked of them, in arrays, tables and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._checks import check_choice, check_level
from thetahat._html import table
from thetahat._tables import Table, plain
from thetahat.groups.arrays import FITTED, GroupArrays
from thetahat.groups.censored import CensoredGroups
from thetahat.groups.member import fit_of_group
from thetahat.groups.sums import added, sums_of
from thetahat.inference import Estimate, quantiles_of_groups, return_levels_of_groups, wald_limits
from thetahat.result import Fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["GroupFits"]

_SHOWN = 5  # groups at each end of a table

_COLUMNS = (
    "log_likelihood",
    "aic",
    "bic",
    "newton_decrement",
    "n",
    "rows",
    "omitted",
    "passes",
    "status",
    "reason",
)


class GroupFits(GroupArrays, Table):
    """Fits of one family to many groups of rows.

    Made by `thetahat.fit_groups`. Arrays have one item for each group, in the order of `keys`; they are NaN
    where a group has no fit, and read-only. ``g[key]`` is the `Fit` of one group, ``key in g`` says whether
    there is such a group, ``len(g)`` is the number of groups, and iteration yields their keys.

    The fits keep the rows by group, for ``g[key]``; pickles have sufficient sums at most.

    Examples
    --------
    >>> import thetahat as th
    >>> g = th.fit_groups([1.0, 2.0, 4.0, 7.0, 5.0], "normal", by=["a", "b", "a", "a", "b"])
    >>> g
    <GroupFits normal(mu, sigma), 2 groups: 2 converged>
    >>> g.params["mu"]
    array([4. , 3.5])
    >>> g["b"]
    <Fit normal(mu=3.5, sigma=1.5), n=2, converged>
    """

    def __contains__(self, key: object) -> bool:
        return self._keys.find(key) >= 0

    def __getitem__(self, key: Any) -> Fit:
        """Return the fit of one group, with the bits of `thetahat.fit` of its rows.

        Raises
        ------
        UnknownGroupError
            If no group has this key.
        NoMaximumError, SampleError, ConvergenceError
            If the group has no fit, as `thetahat.fit` of its rows does.
        """
        return fit_of_group(self, self._keys.place(key))

    def confint(self, level: float = 0.95) -> Array:
        """Return Wald confidence intervals, as `Fit.confint` does for each group.

        Parameters
        ----------
        level : float, default 0.95
            Coverage, between 0 and 1.

        Returns
        -------
        ndarray of float64, shape (n_groups, n_params, 2)
            Lower and upper limits. Of profiles: ``g[key].confint(method="profile")``.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit_groups([1.0, 2.0, 4.0, 7.0], "normal", offsets=[0, 4]).confint(0.9)
        array([[[1.61558344, 5.38441656],
                [1.28090961, 4.09864985]]])
        """
        level = check_level(level)
        limits = np.empty((*self.theta.shape, 2))
        columns = [np.ascontiguousarray(column) for column in self.theta.T]
        with np.errstate(all="ignore"):
            for place, error in enumerate(self.stderr.T):
                pair = wald_limits(self._family, place, columns, error, self.n, level, self._fixed_places)
                limits[:, place, 0], limits[:, place, 1] = pair
        return limits

    def quantile(self, p: ArrayLike, level: float = 0.95) -> Estimate[Array]:
        """Return quantiles of each group's distribution, with standard errors, as `Fit.quantile` does.

        Parameters
        ----------
        p : float or array_like
            Probabilities, strictly between 0 and 1.
        level : float, default 0.95
            Coverage of the limits, between 0 and 1.

        Returns
        -------
        Estimate
            `value`, `stderr`, `low` and `high`, each of shape ``(n_groups, *np.shape(p))``; NaN where a group
            has no fit, or doubles cannot hold them.

        Raises
        ------
        ParameterError, MissingExtraError
            As `Fit.quantile` does.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit_groups([1.0, 2.0, 4.0, 7.0], "normal", offsets=[0, 4]).quantile(0.9).value.round(4)
        array([6.4364])
        """
        return quantiles_of_groups(self._family, self.theta, self.cov, self._free, p, level)

    def return_level(self, period: ArrayLike, level: float = 0.95) -> Estimate[Array]:
        """Return the value that one in `period` rows exceeds on average, as `Fit.return_level` does.

        Parameters
        ----------
        period : float or array_like
            Number of rows, above 1.
        level : float, default 0.95
            Coverage of the limits, between 0 and 1.

        Returns
        -------
        Estimate
            As of `quantile`.

        Raises
        ------
        ParameterError, MissingExtraError
            As `quantile` does.

        Examples
        --------
        >>> import thetahat as th
        >>> g = th.fit_groups([31.0, 42.0, 35.0, 58.0, 39.0], "gumbel", offsets=[0, 5])
        >>> g.return_level(100).value.round(1)
        array([67.])
        """
        return return_levels_of_groups(self._family, self.theta, self.cov, self._free, period, level)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return keys, parameters, standard errors, criteria and status by name, one item for each group.

        Returns
        -------
        dict of str to ndarray, each of shape (n_groups,)
            The columns of keys; the parameters; ``<parameter>_stderr``; `log_likelihood` and the other
            attributes of that name. A key of the name of another column has ``_key`` after it.

        Examples
        --------
        >>> import thetahat as th
        >>> list(th.fit_groups([1.0, 2.0], "normal", by=["a", "a"]).columns())[:5]
        ['key', 'mu', 'sigma', 'mu_stderr', 'sigma_stderr']
        """
        names = self._family.names
        columns: dict[str, NDArray[Any]] = {
            **self.params,
            **{f"{name}_stderr": error for name, error in zip(names, self.stderr.T, strict=True)},
            **{name: getattr(self, name) for name in _COLUMNS},
        }
        return {**self._keys.columns_beside(columns), **columns}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the groups as numbers, strings, lists and dicts, for strict JSON.

        Returns
        -------
        list of dict
            For each group the record of its fit, as `Fit.to_dict` returns it, with its `key` (several by
            name) and `reason`; without a fit, what the fit would have is None.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit_groups([1.0, 2.0], "normal", by=["a", "a"]).to_dicts()[0]["params"]
        {'mu': 1.5, 'sigma': 0.5}
        """
        return [self._record(place, key) for place, key in enumerate(self)]

    def _record(self, place: int, key: Any) -> dict[str, Any]:
        """Return the record of the group in this place."""
        names = self._keys.names
        of_key = plain(key) if len(names) == 1 else dict(zip(names, map(plain, key), strict=True))
        if self.status[place] in FITTED:
            return {"key": of_key, **fit_of_group(self, place).to_dict(), "reason": ""}
        numbers = {name: getattr(self, name)[place] for name in ("n", "rows", "omitted")}
        return {
            "key": of_key,
            "family": self.family,
            **dict.fromkeys(("params", "stderr", "cov", "log_likelihood", "aic", "aicc", "bic")),
            **{name: number.item() for name, number in numbers.items()},
            "status": self.status[place],
            "reason": self.reason[place],
        }

    def _repr_html_(self) -> str:
        """Return the first and the last groups as a table for a notebook, and how many ended how."""
        columns = self.columns()
        keys = [key for key in columns if key not in self.params][: len(self._keys.names)]
        estimates = [part for key in self.params for part in (key, f"{key}_stderr")]
        places = list(range(len(self)))
        cut = len(places) > 2 * _SHOWN
        shown = [*places[:_SHOWN], *places[-_SHOWN:]] if cut else places
        rows = [[", ".join(str(columns[key][place]) for key in keys)] for place in shown]
        for row, place in zip(rows, shown, strict=True):
            row += [_cell(key, columns[key][place]) for key in ("n", *estimates, "status")]
        if cut:
            rows.insert(_SHOWN, ["..."] * len(rows[0]))
        titles = [", ".join(keys), "n"]
        titles += ["std. error" if key.endswith("_stderr") else key for key in estimates]
        told = (
            f"{count:,} {status}" + f" ({reason})" * bool(reason)
            for (status, reason), count in self.reasons().items()
        )
        caption = f"{self._family.signature}, fitted to {len(self):,} group{'s' * (len(self) != 1)}"
        return table(caption, [*titles, "status"], rows, [f"status: {'; '.join(told)}"])

    def plot(self, name: str | None = None, level: float = 0.95, *, ax: Axes | None = None) -> Figure:
        """Draw the estimates of one parameter, sorted, with their confidence intervals.

        Parameters
        ----------
        name : str, optional
            The parameter; by default the first.
        level : float, default 0.95
            Coverage of the intervals, between 0 and 1.
        ax : matplotlib.axes.Axes, optional
            Axes in which they are drawn instead of a new figure.

        Returns
        -------
        matplotlib.figure.Figure
            As of `Fit.plot`.

        Raises
        ------
        ParameterError
            If the family has no such parameter, or no group has a fit.
        MissingExtraError
            If matplotlib is not installed.

        Examples
        --------
        >>> import thetahat as th
        >>> figure = th.fit_groups([1.0, 2.0, 4.0, 7.0], "normal", offsets=[0, 2, 4]).plot("mu")
        """
        from thetahat.plots.groups import groups_figure

        name = self._family.names[0] if name is None else check_choice("name", name, self._family.names)
        place = self._family.names.index(name)
        limits = self.confint(level)[:, place]
        return groups_figure(self._keys, self.theta[:, place], limits, name, check_level(level), ax)

    @property
    def _has_sums(self) -> bool:
        """Whether sums say all of the rows; of censored ones none do."""
        return self._family.sufficient and not isinstance(self._rows, CensoredGroups)

    def __add__(self, other: GroupFits) -> GroupFits:
        """Return the fits of the rows of both, group by group: groups of equal keys become one.

        Raises
        ------
        ParameterError
            If the families, or the values of fixed parameters, are not the same; or the family has no
            sufficient sums, which are all that is added.
        """
        return GroupFits(*added(self, other)) if isinstance(other, GroupFits) else NotImplemented

    def __reduce__(self) -> tuple[Any, ...]:
        kept = (self._family, self._keys, self._numbers, self.omitted, self._fixed, self._start)
        return GroupFits, (*kept, None, sums_of(self) if self._has_sums else None)


def _cell(key: str, value: Any) -> str:
    """Return a number or a status for a table; nothing for NaN."""
    if not isinstance(value, float):
        return str(value)
    return "" if value != value else f"{value:.4g}" if key.endswith("_stderr") else f"{value:.7g}"
