"""Families by formulas, under their public name."""

from thetahat.families._formula import FormulaFamily as Family

__all__ = ["Family"]
