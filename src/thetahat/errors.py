"""The errors of this library, all of them `ThetahatError`."""

__all__ = [
    "CheckpointError",
    "MissingExtraError",
    "NoMaximumError",
    "ParameterError",
    "SampleError",
    "ThetahatError",
    "UnknownFamilyError",
]


class ThetahatError(Exception):
    """The base of all errors that this library raises on purpose.

    A sample of values that are no real numbers is a `TypeError`, as in NumPy.
    """


class SampleError(ThetahatError, ValueError):
    """The sample cannot be used: it is empty, or holds values that are not finite numbers.

    Attributes
    ----------
    first : int or None
        Index of the first offending row.
    count : int or None
        How many rows offend.
    """

    def __init__(self, message: str, first: int | None = None, count: int | None = None) -> None:
        super().__init__(message)
        self.first = first
        self.count = count


class ParameterError(ThetahatError, ValueError):
    """Parameters, start values or settings outside their domain, or of the wrong number."""


class NoMaximumError(ThetahatError, ValueError):
    """The likelihood of this sample has no maximum; the message names the condition that fails."""


class UnknownFamilyError(ThetahatError, ValueError):
    """No family has this name."""


class CheckpointError(ThetahatError, ValueError):
    """A checkpoint cannot be written, is damaged, or belongs to another fit; the message says which."""


class MissingExtraError(ThetahatError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""
