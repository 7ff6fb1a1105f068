"""What can go wrong, by name."""

__all__ = [
    "CheckpointError",
    "MissingExtraError",
    "NoMaximumError",
    "ParameterError",
    "SampleError",
    "UnknownFamilyError",
]


class SampleError(ValueError):
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


class ParameterError(ValueError):
    """Parameters, start values or settings outside their domain, or of the wrong number."""


class NoMaximumError(ValueError):
    """The likelihood of this sample has no maximum; the message names the condition that fails."""


class UnknownFamilyError(ValueError):
    """No family has this name."""


class CheckpointError(ValueError):
    """A checkpoint cannot be written, is damaged, or belongs to another fit; the message says which."""


class MissingExtraError(ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""
