"""The errors of this library, all of them `ThetahatError`."""

__all__ = [
    "CheckpointError",
    "ClusterError",
    "ConvergenceError",
    "MissingExtraError",
    "NoMaximumError",
    "ParameterError",
    "SampleError",
    "SampleTypeError",
    "ThetahatError",
    "UnknownFamilyError",
    "UnknownGroupError",
]


class ThetahatError(Exception):
    """The base of all errors that this library raises on purpose."""


class SampleError(ThetahatError, ValueError):
    """The sample is invalid: it is empty, or contains values that are not finite numbers.

    Attributes
    ----------
    first : int or None
        Index of the first invalid row.
    count : int or None
        Number of invalid rows.
    """

    def __init__(self, message: str, first: int | None = None, count: int | None = None) -> None:
        super().__init__(message)
        self.first = first
        self.count = count


class SampleTypeError(ThetahatError, TypeError):
    """The sample holds values that are no real numbers, or keys of a kind that cannot be grouped by."""


class ParameterError(ThetahatError, ValueError):
    """Parameters, start values or settings are outside their domain, missing, or unknown."""


class NoMaximumError(ThetahatError, ValueError):
    """The likelihood of this sample has no maximum; the message has the condition that it violates."""


class ConvergenceError(ThetahatError, ValueError):
    """Newton's method ended before it found a maximum, or showed that there is none."""


class UnknownFamilyError(ThetahatError, ValueError):
    """No family has this name."""


class UnknownGroupError(ThetahatError, KeyError):
    """No group has this key."""

    def __str__(self) -> str:  # a KeyError would show the message in quotes
        return str(self.args[0])


class CheckpointError(ThetahatError, ValueError):
    """A checkpoint cannot be written, is damaged, or belongs to another fit."""


class MissingExtraError(ThetahatError, ImportError):
    """An optional dependency is not installed; the message has the extra that installs it."""


class ClusterError(ThetahatError, RuntimeError):
    """Dask or Spark gave up on its tasks; the message has its error, and what to do."""
