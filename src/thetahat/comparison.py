"""Several families fitted to one sample, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from thetahat import _core
from thetahat._candidates import CRITERIA, Candidate, Criterion, heading, notes, numbers_of, table
from thetahat._checks import check_choice, check_count
from thetahat._tables import library
from thetahat.data.arrays import reject_for_all
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
from thetahat.sample import Sample, read_once
from thetahat.solvers import COVARIANCES, Exact, Problem

if TYPE_CHECKING:
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
        reasons: dict[str, str],
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
            *(Candidate(family, reason=reason) for family, reason in reasons.items()),
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
        reasons = {left.family: left.reason or "" for left in self if left.fit is None}
        return Comparison(
            [each.fit for each in self if each.fit], reasons, self.outside, self.note, criterion
        )

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
        fitted = (
            [heading(self), "", *table(self, self.criterion), ""] if any(each.fit for each in self) else []
        )
        return "\n".join([*fitted, *notes(self, self.outside, self.note)]).rstrip()


def _above(value: float, least: float) -> float:
    """Return the difference of a criterion from the least; 0 where both are infinite."""
    return 0.0 if value == least else value - least


def compare(
    x: ArrayLike,
    families: Sequence[FamilyName] | None = None,
    *,
    threads: int | None = None,
    nan_policy: str = "raise",
    weights: ArrayLike | None = None,
    criterion: Criterion = "aic",
) -> Comparison:
    """Fit several families to one sample, and rank them by an information criterion.

    Families with sufficient statistics share one pass over the rows, slice by slice in the processor's cache;
    the others need a few passes each. Every fit has the bits of `thetahat.fit`.

    Parameters
    ----------
    x : array_like, shape (n,), or Source
        The sample, as in `fit`.
    families : sequence of str, optional
        Some of `families()`, all of counts, or all of real numbers, or all of angles. By default those of
        counts if all rows are counts 0, 1, 2, ... below 2**53, with a note in the table; otherwise those of
        real numbers whose support contains the rows.
    threads, nan_policy, weights
        As in `fit`.
    criterion : {"aic", "aicc", "bic"}, default "aic"
        What they are ranked by: Akaike's criterion, the same corrected for short samples, or Schwarz's.

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
        threads = check_count("threads", threads, 10_000)
    check_choice("criterion", criterion, CRITERIA)
    source = source_of(x, weights, nan_policy)
    counts = families is None and _are_counts(source)
    chosen = _of_kind(counts) if families is None else check_families(families)
    sufficient = [family for family in chosen if family.sufficient]
    names = [family.name for family in sufficient]
    sums = dict(zip(names, read_once(sufficient, source.blocks(), threads), strict=True))
    fits, reasons, outside = [], {}, []
    for family in chosen:
        name = family.name
        try:
            sample = Sample(family, source, threads, sums.get(family.name))
            problem = Problem(sample)
            fits.append(Fit.from_solution(_EXACT.run(problem), problem, _EXACT, COVARIANCES[0]))
        except SampleError as error:
            reject_for_all(source)
            if read_once([find_family("normal")], source.blocks(), threads)[0].rows == 0:
                raise  # the sample is empty
            if families is None and error.count:
                outside.append(name)
            else:
                reasons[name] = str(error)
        except (ConvergenceError, NoMaximumError, ParameterError) as error:
            reasons[name] = str(error)
    return Comparison(fits, reasons, outside, _NOTE if counts else "", criterion)


def _are_counts(source: Source) -> bool:
    """Whether all rows are 0, 1, 2, ... below 2**53, where doubles are not all integers."""
    counts, range_of = _of_kind(True)[0].model, find_family("uniform").model
    return not any(
        counts.count_outside(chunk)[0] or range_of.count_outside(chunk, (0.0, _LAST))[0]
        for chunk in source.blocks()
    )


def _of_kind(counts: bool) -> list[Family]:
    """Return the families of counts, or those of real numbers."""
    described = map(find_family, all_families())
    return [family for family in described if family.counts == counts and not family.circular]


def check_families(families: Sequence[str]) -> list[Family]:
    """Return the families of these names; raise if their likelihoods are not comparable."""
    if isinstance(families, str) or not isinstance(families, Sequence) or not families:
        raise ParameterError(f'families must be a sequence of names such as ["gamma"], got {families!r}')
    chosen = list(dict.fromkeys(map(find_family, families)))
    first = chosen[0]
    for other in chosen:
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
