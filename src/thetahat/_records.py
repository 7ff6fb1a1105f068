"""Fits as numbers, strings, lists and dicts alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._checks import check_choice, check_count, check_positive
from thetahat._fitted import Fitted
from thetahat._theta import check_theta
from thetahat.data.censored_rows import Kinds
from thetahat.families import find_family
from thetahat.solvers import COVARIANCES, STATUSES, Method, Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["read_record", "to_json", "to_record"]


def to_record(fit: Fitted) -> dict[str, Any]:
    """Return what `Fit.to_dict` returns."""
    of_kinds = {} if fit.kinds is None else {"kinds": fit.kinds._asdict()}
    digest = getattr(fit._family, "digest", None)
    return {
        "family": fit.family,
        **({} if digest is None else {"formula": digest}),
        "params": fit.params,
        "stderr": dict(zip(fit.params, to_json(fit.stderr), strict=True)),
        "cov": to_json(fit.cov),
        "n": fit.n,
        "rows": fit.rows,
        "omitted": fit.omitted,
        "skipped": fit.skipped,
        "fixed": list(fit.fixed),
        "cov_type": fit.cov_type,
        "log_likelihood": to_json(fit.log_likelihood),
        "aic": to_json(fit.aic),
        "aicc": to_json(fit.aicc),
        "bic": to_json(fit.bic),
        "newton_decrement": to_json(fit.newton_decrement),
        "status": fit.status,
        "method": fit.method.to_record(),
        "passes": fit.passes,
        "epochs": fit.epochs,
        "trace": None if fit.trace is None else fit.trace.tolist(),
        "trace_epochs": None if fit.trace_epochs is None else fit.trace_epochs.tolist(),
        **of_kinds,
    }


def read_record(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a fit is made of, from what `to_record` wrote."""
    formula = record.get("formula")
    family = find_family(f"{record['family']}#{formula}" if formula else record["family"])
    names = family.names
    p, epochs = len(names), check_count("epochs", record["epochs"], least=0)
    status = check_choice("status", record["status"], STATUSES)
    method = Method.from_record(record["method"])
    if not isinstance(method, Method):
        raise ValueError(f"{method!r} is no method")
    return {
        "family": family,
        "theta": check_theta(family, [record["params"][name] for name in names], "params"),
        "n": check_positive("n", record["n"]),
        "method": method,
        "values": Values(
            float(record["log_likelihood"]),
            tuple(_from_json(record["cov"], p, p).ravel().tolist()),
            tuple(_from_json([record["stderr"][name] for name in names], p).tolist()),
            float(_from_json(record["newton_decrement"])),
        ),
        "rows": check_count("rows", record["rows"]),
        "fixed": tuple(names.index(name) for name in record["fixed"]),
        "cov_type": check_choice("cov_type", record["cov_type"], COVARIANCES),
        "omitted": check_count("omitted", record["omitted"], least=0),
        "skipped": check_count("skipped", record["skipped"], least=0),
        "passes": check_count("passes", record["passes"]),
        "epochs": epochs,
        "ending": "precision" if status == "converged" else status,  # which numbers that agree make converged
        **_read_trace(record["trace"], record["trace_epochs"], p),
        "kinds": _read_kinds(record["kinds"]) if "kinds" in record else None,
    }


def _read_kinds(counts: dict[str, Any]) -> Kinds:
    """Return how many rows of a censored sample were known in which way."""
    return Kinds(**{kind: check_count(kind, count, least=0) for kind, count in counts.items()})


def _read_trace(trace: Any, epochs: Any, p: int) -> dict[str, Array | None]:
    if trace is None:
        if epochs is not None:
            raise ValueError(f"epochs of a trace that is not there: {epochs!r}")
        return {"trace": None, "trace_epochs": None}
    kept = len(trace)
    return {"trace": _from_json(trace, kept, p), "trace_epochs": _from_json(epochs, kept)}


def to_json(values: Array | float) -> Any:
    """Return numbers for strict JSON: NaN becomes None, infinities become strings."""
    if isinstance(values, np.ndarray):
        return [to_json(value) for value in (values if values.ndim > 1 else values.tolist())]
    return None if math.isnan(values) else str(values) if math.isinf(values) else values


def _from_json(values: Any, *shape: int) -> Array:
    array = np.array(values, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"expected numbers of shape {shape}, got {array.shape}")
    return array
