"""The method of the fits of a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from thetahat import _core
from thetahat._checks import check_count, check_positive
from thetahat.errors import ParameterError
from thetahat.solvers._method import Method
from thetahat.solvers._rule import Rule

__all__ = ["Streaming"]

_BATCH = 64
_LATER_BATCH = 2048  # once a stream that forgets no row is long
_LARGEST = 1 << 20  # rows of a step, which a stream keeps
_LEAST = 30  # fewer rows do not determine three parameters


@dataclass(frozen=True, kw_only=True)
class Streaming(Method):
    """The method of `Online`: preconditioned steps, as those of `SGD()`."""

    name: ClassVar[str] = "online"
    sees_all: ClassVar[bool] = False
    half_life: float | None = None
    batch_size: int | None = None

    def __post_init__(self) -> None:
        if self.half_life is not None:
            self._set(half_life=float(check_positive("half_life", self.half_life)))
            if self.half_life < _LEAST:
                raise ParameterError(f"half_life must be at least {_LEAST} rows, got {self.half_life!r}")
        if self.batch_size is not None:
            self._set(batch_size=check_count("batch_size", self.batch_size, _LARGEST))

    def __str__(self) -> str:
        return "from a stream" if self.half_life is None else f"from a stream of half-life {self.half_life:g}"

    def compiled(self, fixed: tuple[int, ...]) -> Rule:
        """Return the settings for the kernels."""
        forgetting_factor = 1.0 if self.half_life is None else _core.exp(-_core.log(2.0) / self.half_life)
        usual = _BATCH if self.half_life is None else max(1, min(_BATCH, int(self.half_life / 16)))
        return Rule(
            batch=self.batch_size or usual,
            later_batch=_LATER_BATCH if self.batch_size is None and self.half_life is None else 0,
            free_coordinates=True,
            preconditioned=True,
            power=1.0,
            forgetting_factor=forgetting_factor,
            fixed=fixed,
        )
