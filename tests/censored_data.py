"""The samples of data/censored, with their certified maxima, as containers."""

import csv
import json
from functools import cache
from pathlib import Path

import numpy as np

import thetahat as th

FOLDER = Path(__file__).parent / "data" / "censored"


def table(name):
    with (FOLDER / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def container(rows):
    """Rows (lower, upper, truncated below, above), as a container; without truncation where there is none."""
    lower, upper, low, high = np.array(rows, dtype=np.float64).T
    if (low == -np.inf).all() and (high == np.inf).all():
        return th.Censored(lower, upper)
    return th.Censored(lower, upper, truncated=(low, high))


@cache
def dataset(name):
    """A sample and the numbers of rows that its rows stand for."""
    rows = table(f"data/{name}")
    limits = [
        [float(row[end]) for end in ("lower", "upper", "truncated_below", "truncated_above")] for row in rows
    ]
    return container(limits), np.array([float(row["count"]) for row in rows])


def certified():
    """Each (dataset, family, fixed): what the maximum is, by parameter."""
    found = {}
    for row in table("certified"):
        fixed = tuple(
            (name, float(value)) for name, value in (pair.split("=") for pair in row["fixed"].split() if pair)
        )
        found.setdefault((row["dataset"], row["family"], fixed), []).append(row)
    return found


def cases_of_existence():
    """Each (family, case): a sample with its weights, whether it has a maximum, and the limit."""
    for row in table("existence"):
        *limits, count = np.array(
            [[float(number) for number in each] for each in json.loads(next(iter_rows(row)))]
        ).T
        yield (
            row["family"],
            row["case"],
            container(np.array(limits).T),
            count,
            row["maximum"] == "yes",
            row["limit"],
        )


def iter_rows(row):
    return (value for key, value in row.items() if key.startswith("rows"))
