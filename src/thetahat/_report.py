"""The printed table of a fit, and that of a notebook."""

from __future__ import annotations

import math

from thetahat._fitted import Fitted
from thetahat._html import table
from thetahat.inference import confidence_limits

__all__ = ["counted", "ending", "heading", "report", "report_html"]


def report(fit: Fitted) -> str:
    """Return the heading of a fit, its table of estimates, and its status."""
    return "\n".join([*heading(fit), "", *_table(fit), "", ending(fit)])


def counted(rows: int) -> str:
    """Return a number of rows in words."""
    return f"{rows} row{'s' * (rows != 1)}"


def ending(fit: Fitted) -> str:
    """Return the status of a fit, in a sentence."""
    if fit.status == "diverged":
        return (
            f"status: diverged in epoch {fit.epochs + 1}: the next step would have left the domain of the"
            " parameters; try a smaller learning_rate"
        )
    if fit.status == "converged":
        return "status: converged"
    if not math.isnan(fit.newton_decrement):
        distance = f"{math.sqrt(fit.newton_decrement):.2g} standard errors from the maximum"
    elif fit.status == "precision":
        distance = "doubles cannot hold the curvature of the log-likelihood"
    else:
        distance = "the log-likelihood is not concave at theta, which is far from the maximum"
    return f"status: {fit.status}, {distance}"


def heading(fit: Fitted) -> list[str]:
    """Return what was fitted to how many rows, and the criteria."""
    family = fit._family
    weight = f" of weight {fit.n:.10g}" if fit.n != fit.rows else ""
    how = str(fit.method) if fit.method.iterates else f"in {fit.passes} pass" + "es" * (fit.passes > 1)
    known = "" if fit.kinds is None else f" ({fit.kinds})"
    left_out = f"; {counted(fit.omitted)} left out" if fit.omitted else ""
    return [
        f"{family.signature}, fitted to {counted(fit.rows)}{known}{weight} {how}{left_out}",
        f"log-likelihood {fit.log_likelihood:.10g}   AIC {fit.aic:.10g}   BIC {fit.bic:.10g}",
    ]


def _table(fit: Fitted) -> list[str]:
    wide = max(map(len, fit.params))
    lines = [f"{'':{wide}}  {'estimate':>13}  {'std. error':>11}  {'95 % confidence interval':>27}"]
    for name, value, error, *limits in _cells(fit):
        beside = f"  {error:>11}  {limits[0]:>13} {limits[1]:>13}" if limits else f"  {error:>11}"
        lines.append(f"{name:{wide}}  {value:>13}{beside}")
    return lines


def _cells(fit: Fitted) -> list[tuple[str, ...]]:
    """Return each parameter, its estimate, standard error and limits; or that it was fixed."""
    limits = confidence_limits(fit, 0.95, None)
    return [
        (name, f"{value:.7g}", "fixed")
        if name in fit.fixed
        else (name, f"{value:.7g}", f"{error:.4g}", f"{low:.7g}", f"{high:.7g}")
        for (name, value), error, (low, high) in zip(fit.params.items(), fit.stderr, limits, strict=True)
    ]


def report_html(fit: Fitted) -> str:
    """Return the report as a table for a notebook."""
    caption, *notes = heading(fit)
    titles = ("", "estimate", "std. error", "95 % confidence interval")
    rows = ((name, value, error, " to ".join(limits)) for name, value, error, *limits in _cells(fit))
    return table(caption, titles, rows, [*notes, ending(fit)])
