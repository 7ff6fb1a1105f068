"""Several families fitted to one sample, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from thetahat import _core, _html
from thetahat._candidates import (
    CRITERIA,
    TITLES,
    Candidate,
    Criterion,
    cells_of,
    heading,
    notes,
    numbers_of,
    table,
)
from thetahat._checks import check_choice, check_threads
from thetahat._rows_of_fit import censored_of
from thetahat._sums import Sums, Tree
from thetahat._tables import library
from thetahat._theta import check_known
from thetahat.data.arrays import reject_for_all
from thetahat.data.censored_source import CensoredSource
from thetahat.data.source import Source, source_of
from thetahat.errors import (
    ConvergenceError,
    NoMaximumError,
    ParameterError,
    SampleError,
    UnknownFamilyError,
)
from thetahat.families import Family, FamilyName, find_family
from thetahat.families import families as all_families
from thetahat.result import Fit
from thetahat.sample import Sample
from thetahat.solvers import COVARIANCES, Exact, Problem
from thetahat.solvers.progress import reading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

__all__ = [
    "Candidate",
    "Comparison",
    "check_families",
    "compare",
]

_EXACT = Exact()
_COLUMNS = ["parameters", "log_likelihood", "aic", "aicc", "bic", "delta", "weight", "status"]
_LAST = 2.0**53 - 1  # above it all doubles are integers, counts or not
_NOTE = "all rows are counts: families of counts are compared; name families to compare densities"
_LARGE = 1000  # from here on a difference of a criterion needs no decimals


class Comparison(Sequence[Candidate]):
    """Families fitted to one sample: the best by a criterion first, those that could not be fitted last.

    Made by `thetahat.compare`; a sequence of `Candidate`, which ``comparison["gamma"]`` returns by the name
    of the family. Printed, it is a table.

    Attributes
    ----------
    candidates : tuple of Candidate
        In the order of the criterion.
    criterion : {"aic", "aicc", "bic"}
        What they are ranked by.
    outside : tuple of str
        Families that were not named explicitly, and whose support does not contain all rows.
    note : str
        Why families of counts were compared if none were named; otherwise empty.
    """

    def __init__(
        self,
        fits: Sequence[Fit],
        left: Sequence[Candidate],
        outside: Sequence[str],
        note: str = "",
        criterion: Criterion = "aic",
    ) -> None:
        self.criterion: Criterion = criterion
        ranked = sorted(fits, key=self._of)
        least = min((fit.aic for fit in ranked), default=0.0)
        deltas = [_above(self._of(fit), self._of(ranked[0])) for fit in ranked]
        shares = [_core.exp(-delta / 2) for delta in deltas]
        total = sum(shares)
        self.candidates = (
            *(
                Candidate(fit.family, fit, None, fit.aic - least, share / total, delta)
                for fit, delta, share in zip(ranked, deltas, shares, strict=True)
            ),
            *left,
        )
        self.outside = tuple(outside)
        self.note = note

    def _of(self, fit: Fit) -> float:
        """Return the criterion of a fit."""
        return float(getattr(fit, self.criterion))

    def by(self, criterion: Criterion) -> Comparison:
        """Return the same fits, ranked by another criterion.

        Parameters
        ----------
        criterion : {"aic", "aicc", "bic"}
            Akaike's, Akaike's corrected for short samples, or Schwarz's.

        Returns
        -------
        Comparison

        Examples
        --------
        >>> import thetahat as th
        >>> x = [0.4, 0.9, 1.1, 1.8, 2.5, 3.1, 4.7, 9.6]
        >>> th.compare(x, ["gamma", "exponential"]).by("bic").best.family
        'exponential'
        """
        check_choice("criterion", criterion, CRITERIA)
        left = [each for each in self if each.fit is None]
        return Comparison(self._fits(), left, self.outside, self.note, criterion)

    def to_pandas(self) -> Any:
        """Return a table with a row for each family: its criteria, its parameters' number, and its status.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingExtraError
            If pandas is not installed.

        Examples
        --------
        >>> import thetahat as th
        >>> frame = th.compare([0.4, 0.9, 1.1, 1.8], ["gamma", "exponential"]).to_pandas()
        >>> int(frame.loc["gamma", "parameters"])
        2
        """
        rows = {each.family: numbers_of(each) for each in self}
        return library("pandas").DataFrame.from_dict(rows, orient="index", columns=_COLUMNS)

    @property
    def best(self) -> Fit:
        """The fit of the least criterion.

        Raises
        ------
        NoMaximumError
            If no family could be fitted; the message says why.
        """
        if not self.candidates or self.candidates[0].fit is None:
            raise NoMaximumError(f"no family could be fitted\n{self}")
        return self.candidates[0].fit

    def plot(
        self,
        kind: str | None = None,
        *,
        ax: Axes | None = None,
        name: str = "value",
        progress: bool = False,
    ) -> Figure:
        """Draw all fitted families over the sample, by the criterion.

        The densities over the histogram (of counts, the probabilities beside the shares of the rows), and the
        share of the rows against the probability by each fit (of 5000 rows and more, their difference), as
        `Fit.plot` draws them. The band is that of the best fit. Of censored or truncated rows, the share
        above each value over Kaplan-Meier's or Turnbull's estimate (``"survival"``).

        Parameters
        ----------
        kind : {"density", "pp", "survival"}, optional
            One panel; by default all that the rows have: of those with weights the density alone.
        ax, name, progress
            As in `Fit.plot`.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        NoMaximumError
            If no family could be fitted.
        ParameterError, SampleError, MissingExtraError
            As `Fit.plot` does.

        Examples
        --------
        >>> import thetahat as th
        >>> x = [0.4, 0.9, 1.1, 1.8, 2.5, 3.1, 4.7, 9.6]
        >>> figure = th.compare(x, ["gamma", "lognormal"]).plot("density")
        """
        from thetahat.plots.candidates import comparison_figure, styles_of
        from thetahat.plots.censored import survivals_figure

        fits = {self._label(each): each.fit for each in self if each.fit}
        best = self.best
        if best.kinds is not None:
            rows_of_best = censored_of(best, best._sample, None)
            return survivals_figure(rows_of_best, fits, styles_of(len(fits)), name, kind, ax)
        source = best._sample.source if best._sample is not None else None
        with reading(source, progress):
            rows, order = best._drawn(None, shares=kind != "density")
        return comparison_figure(rows.x, order, rows.weights, fits, name, kind, ax)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as numbers, strings, lists and dicts, for strict JSON."""
        return {
            "criterion": self.criterion,
            "candidates": [candidate.to_dict() for candidate in self],
            "outside": list(self.outside),
            "note": self.note,
        }

    def __len__(self) -> int:
        return len(self.candidates)

    def __getitem__(self, place: Any) -> Any:
        """Return the candidate in a place, or the one of a family; of a slice, a tuple of them.

        Raises
        ------
        UnknownFamilyError
            If no family of that name was compared.
        """
        if not isinstance(place, str):
            return self.candidates[place]
        for candidate in self.candidates:
            if candidate.family == place:
                return candidate
        told = ", ".join(candidate.family for candidate in self)
        raise UnknownFamilyError(f"{place!r} is not among the families compared: {told}")

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.candidates)

    def __repr__(self) -> str:
        fitted = [candidate.family for candidate in self if candidate.fit]
        return f"<Comparison of {', '.join(fitted) or 'no fits'}>"

    def __str__(self) -> str:
        lines = [heading(self), "", *table(self, self.criterion), ""] if self._fits() else []
        return "\n".join([*lines, *notes(self, self.outside, self.note)]).rstrip()

    def _repr_html_(self) -> str:
        """Return the comparison as a table for a notebook."""
        titles, below = ("", *TITLES[self.criterion]), notes(self, self.outside, self.note)
        return _html.table(heading(self), titles, cells_of(self, self.criterion), below)

    def _fits(self) -> list[Fit]:
        return [each.fit for each in self if each.fit]

    def _label(self, candidate: Candidate) -> str:
        """Return what a legend calls a family."""
        delta = candidate.delta
        if not delta:
            return candidate.family
        title = TITLES[self.criterion][2]
        return f"{candidate.family}, {title} + {delta:,.{0 if delta >= _LARGE else 1}f}"


def _above(value: float, least: float) -> float:
    """Return the difference of a criterion from the least; 0 where both are infinite."""
    return 0.0 if value == least else value - least


def compare(
    x: ArrayLike,
    families: Sequence[FamilyName | Family] | None = None,
    *,
    threads: int | None = None,
    nan_policy: str = "raise",
    weights: ArrayLike | None = None,
    criterion: Criterion = "aic",
    progress: bool = False,
) -> Comparison:
    """Fit several families to one sample, and rank them by an information criterion.

    Families with sufficient statistics share one pass over the rows, slice by slice in the processor's cache;
    the others need a few passes each. Every fit has the bits of `thetahat.fit`.

    Parameters
    ----------
    x : array_like, shape (n,), Source or Censored
        The sample, as in `fit`.
    families : sequence of str or Family, optional
        Some of `families()`, and families by their formulas, all of counts, or all of real numbers, or all of
        angles. By default those of counts if all rows are counts 0, 1, 2, ... below 2**53, with a note in the
        table; otherwise those of real numbers whose support contains the rows.
    threads, nan_policy, weights
        As in `fit`.
    criterion : {"aic", "aicc", "bic"}, default "aic"
        What they are ranked by: Akaike's criterion, the same corrected for short samples, or Schwarz's.
    progress : bool, default False
        Show a progress bar of the rows of a `Source` that are read, pass by pass (needs tqdm).

    Returns
    -------
    Comparison
        A family whose likelihood has no maximum, or whose support does not contain all rows, is listed with
        the reason; if `families` is not given, the latter are listed separately.

    Raises
    ------
    ParameterError
        If the likelihoods of the families are not comparable: those of counts are probabilities, those of
        real numbers densities, which depend on the unit of the rows; those of angles are densities on one
        turn.
    SampleError, TypeError, UnknownFamilyError
        As `fit` does.

    Notes
    -----
    Akaike's criterion estimates the Kullback-Leibler distance of a fitted family from the distribution of the
    rows, up to a constant (Burnham and Anderson 2002). It assumes standard errors of order n**-1/2;
    parameters at which the support ends (uniform's, pareto's minimum) converge faster.

    Examples
    --------
    >>> import thetahat as th
    >>> x = [0.4, 0.9, 1.1, 1.8, 2.5, 3.1, 4.7, 9.6]
    >>> comparison = th.compare(x, ["normal", "exponential", "gamma", "lognormal"])
    >>> print(comparison)
    4 families, fitted to 8 rows
    <BLANKLINE>
                  k   log-likelihood      AIC   delta   weight      BIC
    exponential   1          -16.822   35.644   0.000    0.485   35.724
    lognormal     2          -16.352   36.705   1.060    0.285   36.863
    gamma         2          -16.615   37.231   1.586    0.219   37.390
    normal        2          -19.602   43.204   7.559    0.011   43.362
    >>> comparison.best
    <Fit exponential(scale=3.0125), n=8, converged>
    """
    if threads is not None:
        threads = check_threads(threads)
    check_choice("criterion", criterion, CRITERIA)
    source = source_of(x, weights, nan_policy)
    with reading(source, progress):
        return _compared(source, families, threads, criterion)


def _compared(
    source: Source,
    families: Sequence[FamilyName | Family] | None,
    threads: int | None,
    criterion: Criterion,
) -> Comparison:
    """Return the comparison of rows whose settings are checked."""
    counts = families is None and _are_counts(source)
    chosen = _of_kind(counts) if families is None else check_families(families)
    censored = isinstance(source, CensoredSource)
    sufficient = [family for family in chosen if family.sufficient and not censored]
    sums = dict(zip(sufficient, _read_once(sufficient, source, threads), strict=True))
    fits, left, outside = [], [], []
    for family in chosen:
        try:
            check_known(family, ())
            sample = Sample(family, source, threads, sums.get(family))
            problem = Problem(sample)
            fits.append(Fit.from_solution(_EXACT.run(problem), problem, _EXACT, COVARIANCES[0]))
        except SampleError as error:
            reject_for_all(source)
            if not censored and _read_once([find_family("normal")], source, threads)[0].rows == 0:
                raise  # the sample is empty
            if families is None and error.count:
                outside.append(family.name)
            else:
                left.append(Candidate.without_fit(family, error))
        except (ConvergenceError, NoMaximumError, ParameterError) as error:
            left.append(Candidate.without_fit(family, error))
    return Comparison(fits, left, outside, _NOTE if counts else "", criterion)


def _are_counts(source: Source) -> bool:
    """Whether exact rows, at least one, are 0, 1, 2, ... below 2**53, where doubles are not all integers."""
    if isinstance(source, CensoredSource) and source.kinds.exact == 0:
        return False
    counts, range_of = _of_kind(True)[0].model, find_family("uniform").model
    return not source.has_any([counts.count_outside, partial(range_of.count_outside, theta=(0.0, _LAST))])


def _read_once(families: Sequence[Family], source: Source, threads: int | None) -> list[Sums]:
    """Return the sums of families that have sufficient statistics, all from one reading of the rows."""
    trees = [Tree(family.model) for family in families]
    source.add_to(trees, threads)
    return [tree.total() for tree in trees]


def _of_kind(counts: bool) -> list[Family]:
    """Return the families of counts, or those of real numbers."""
    described = map(find_family, all_families())
    return [family for family in described if family.counts == counts and not family.circular]


def check_families(families: Sequence[FamilyName | Family]) -> list[Family]:
    """Return the families of these names; raise if their likelihoods are not comparable."""
    if isinstance(families, str) or not isinstance(families, Sequence) or not families:
        raise ParameterError(f'families must be a sequence of names such as ["gamma"], got {families!r}')
    chosen = list(dict.fromkeys(map(find_family, families)))
    first, named = chosen[0], {family.name: family for family in chosen}
    for other in chosen:
        if named[other.name] is not other:
            raise ParameterError(f"families: two of them are called {other.name}: pass name= to Family")
        if _likelihood(other) != _likelihood(first):
            raise ParameterError(
                f"families: the log-likelihoods of {first.name} and {other.name} are not comparable: one"
                f" consists of {_likelihood(first)}, the other of {_likelihood(other)}"
            )
    return chosen


def _likelihood(family: Family) -> str:
    """Return the kind of likelihood of a family."""
    if family.counts:
        return "probabilities of counts"
    turn = "one turn" if family.circular else "the line, which depend on the unit of x"
    return f"densities on {turn}"
