"""Everybody, in the order of the tables: each module enters one library for the jobs it can do.

Ours comes first: it is what the others are measured beside. A library is imported when its turn comes.
"""

from contenders import (  # noqa: I001 - this order is the tables'
    thetahat,
    thetahat_race,
    floors,
    numpy,
    polars,
    duckdb,
    scipy,
    numba_stats,
    iminuit,
    r,
    numba,
    numba_race,
    jax,
    torch,
    sklearn,
    river,
    python,
    groups,
)

__all__ = [
    "duckdb",
    "floors",
    "groups",
    "iminuit",
    "jax",
    "numba",
    "numba_race",
    "numba_stats",
    "numpy",
    "polars",
    "python",
    "r",
    "river",
    "scipy",
    "sklearn",
    "thetahat",
    "thetahat_race",
    "torch",
]
