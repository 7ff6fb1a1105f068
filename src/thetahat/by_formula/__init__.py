"""Families of the library that are defined by formulas, one in each file."""
