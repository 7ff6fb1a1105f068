"""The estimates of a fit by the names of the parameters."""

from __future__ import annotations

from typing import Any

from thetahat._fitted import Fitted
from thetahat._tables import library
from thetahat.inference import confidence_limits

__all__ = ["EstimatesByName"]


class EstimatesByName(Fitted):
    """Estimates, standard errors and intervals by name, as a dict and as a table."""

    @property
    def table(self) -> dict[str, dict[str, float]]:
        """The estimates by the names of the parameters, with standard errors and 95 % Wald intervals.

        Examples
        --------
        >>> import thetahat as th
        >>> fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
        >>> {name: round(number, 4) for name, number in fit.table["mu"].items()}
        {'estimate': 3.5, 'stderr': 1.1456, 'low': 1.2546, 'high': 5.7454}
        """
        limits = confidence_limits(self, 0.95, None)
        return {
            name: {"estimate": value, "stderr": error, "low": low, "high": high}
            for (name, value), error, (low, high) in zip(
                self.params.items(), self.stderr.tolist(), limits, strict=True
            )
        }

    def to_pandas(self) -> Any:
        """Return `table` as a frame with a row for each parameter.

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
        >>> frame = th.fit([1.0, 2.0, 4.0, 7.0], "normal").to_pandas()
        >>> float(frame.loc["mu", "estimate"])
        3.5
        """
        return library("pandas").DataFrame.from_dict(self.table, orient="index")
