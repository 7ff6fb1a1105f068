"""A family from one formula: its log-density as a plain function of NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from thetahat import _core, _formulas
from thetahat._checks import as_number, check_flag
from thetahat.errors import ParameterError
from thetahat.families._family import Family, Parameter, defined
from thetahat.families._formula_checks import check_definition, check_start, open_ends, start_values
from thetahat.families._formula_law import FormulaLaw
from thetahat.formulas.graph import Graph, Node, digest
from thetahat.formulas.lowering import Lowered, lower
from thetahat.formulas.program import Instruction
from thetahat.formulas.trace import trace
from thetahat.formulas.units import scale_powers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Start = Mapping[str, float] | Sequence[Mapping[str, float]]

__all__ = ["FormulaFamily", "shipped"]

_MOST_PARAMETERS = 8
_EXISTENCE = "a log-likelihood that is highest inside the domains of the parameters"


class FormulaFamily(Family):
    """A family of distributions that is defined by the formula of its log-density.

    The formula is called once, with symbols, and becomes a graph, of which first and second derivatives are
    taken. Which sums over rows these need is found from it, and a machine of the compiled core computes them:
    at the speed of compiled families, in any number of threads, with the same bits on every instruction set.
    An object of this class goes wherever the name of a family goes.

    Parameters
    ----------
    log_density : callable
        ``log_density(x, *params)``: the logarithm of the density of one row, or of the probability of a
        count, written with the operators and with functions of NumPy and `scipy.special`. Write `numpy.where`
        instead of ``if``.
    params : mapping of str to None or (float, float)
        The parameters in the order of the function's arguments, at most 8, with their open domains: None is
        the line, others are such as ``(0, inf)`` and ``(0, 1)``.
    support : (float, float), default (-inf, inf)
        Where rows lie. An end belongs to it where the density at it is finite.
    normalized : bool, default True
        Whether the density integrates to 1 over the support, which is checked. False: it is divided by its
        integral, which is computed at each theta; so is a density that is cut off by a narrower support.
    discrete : bool, default False
        Whether rows are integers; sums take the place of integrals.
    extended : bool, default False
        Whether ``exp(log_density)`` is the intensity of a Poisson process on the support: the number of rows
        is data too, and the log-likelihood is the sum over rows less the integral.
    start : dict, list of dicts, or callable, optional
        Start values by name: of all parameters. Several are tried on some of the rows. A function is called
        with some of the rows in increasing order, and returns them. By default they are found by the units
        and domains of the parameters.
    name : str, optional
        By default, that of the function.

    Raises
    ------
    ParameterError
        If the function cannot be traced, or what it returns is no density: it names the line, or the numbers.

    Notes
    -----
    A jump or a kink of the density that moves with a parameter, as that of ``abs(x - mu)``, is refused: the
    likelihood then has terms that derivatives of the formula miss. Where a density is divided by its
    integral, narrow peaks are found beside the parameters that have the units of the rows.
    Probabilities, those of censored rows too, are integrals of the density, on panels that are halved until
    both halves agree with the whole; quantiles and random rows invert them.
    `SGD` takes batches by vector passes; steps on single rows run the machine on blocks of one, and are slow.

    Examples
    --------
    >>> import numpy as np, thetahat as th
    >>> def log_density(x, mu, sigma):
    ...     z = (x - mu) / sigma
    ...     return -0.5 * z * z - np.log(sigma) - 0.5 * np.log(2 * np.pi)
    >>> gauss = th.Family(log_density, {"mu": None, "sigma": (0, np.inf)}, name="gauss")
    >>> th.fit([1.0, 2.0, 4.0, 7.0], gauss)
    <Fit gauss(mu=3.5, sigma=2.29129), n=4, converged>
    """

    def __init__(
        self,
        log_density: Callable[..., Any],
        params: Mapping[str, tuple[float, float] | None],
        support: tuple[float, float] = (-math.inf, math.inf),
        *,
        normalized: bool = True,
        discrete: bool = False,
        extended: bool = False,
        start: Start | Callable[[NDArray[np.float64]], Start] | None = None,
        name: str | None = None,
    ) -> None:
        domains = _check_domains(params)
        graph = Graph([low for low, _ in domains.values()])
        kind = _kind(normalized, extended)
        self._define(
            graph,
            trace(log_density, graph),
            _check_name(name, log_density),
            domains,
            _check_support(support),
            check_flag("discrete", discrete) or discrete,
            kind,
            start,
        )
        check_definition(self, log_density)

    def _define(
        self,
        graph: Graph,
        node: Node,
        name: str,
        domains: Mapping[str, tuple[float, float]],
        support: tuple[float, float],
        discrete: bool,
        kind: int,
        start: Any,
    ) -> None:
        super().__init__(
            name=name,
            names=tuple(domains),
            existence=_EXISTENCE,
            scipy=self._not_in_scipy,
            support=_in_words(support, discrete),
            counts=discrete,
        )
        self._keep(graph=graph, node=node, domains=dict(domains), ends=support, kind=kind)
        self._keep(start=check_start(self, start))
        self._keep(digest=digest([self.graph.record(node), list(domains.items()), support, discrete, kind]))
        defined[self.identity] = self

    def _keep(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    graph: Graph
    node: Node
    domains: dict[str, tuple[float, float]]
    ends: tuple[float, float]
    kind: int
    start: Any
    digest: str
    module = ""  # of a family of the library

    def _not_in_scipy(self, *_: float) -> NoReturn:
        raise ParameterError(f"{self.name} is defined by a formula, and has no distribution in SciPy")

    @property
    def identity(self) -> str:
        """The name and the hash of the formula, by which records find the family."""
        return f"{self.name}#{self.digest}"

    @cached_property
    def lowered(self) -> Lowered:
        """The programs of the formula and its derivatives."""
        return lower(self.graph, self.node)

    @cached_property
    def compiled(self) -> _formulas.Formula:
        """What the compiled core runs."""
        lowered, powers = self.lowered, self.powers
        uniforms = lowered.uniforms
        programs = (lowered.sums, lowered.density, lowered.scores, lowered.values)
        if uniforms.size > _formulas.MOST_UNIFORMS:
            raise ParameterError(
                f"log_density: {uniforms.size} numbers depend on the parameters alone, more than"
                f" {_formulas.MOST_UNIFORMS}: write a shorter formula"
            )
        positive = [j for j, (low, _) in enumerate(self.domains.values()) if low == 0 and powers[j]]
        compiled = _formulas.Formula(
            self.name,
            [
                (low, high, _coordinate(low, high), power, _core.REGULAR)
                for (low, high), power in zip(self.domains.values(), powers, strict=True)
            ],
            _code(uniforms.code),
            [_code(program) for program in programs],
            np.array(lowered.terms, dtype=np.intc),
            np.array([*uniforms.constants, 0.0]),
            self.ends,
            n_constants=len(uniforms.constants),
            n_uniforms=uniforms.size,
            n_plain=lowered.n_sums,
            n_logs=lowered.n_logs,
            sufficient=lowered.sufficient,
            counts=self.counts,
            kind=self.kind,
            scale_of=min(positive, key=lambda j: abs(powers[j] - 1), default=-1) if any(powers) else -1,
            start=self._starts if self.start is not None else None,
        )
        opened = open_ends(self, compiled)
        compiled.open_ends(*opened)
        self._keep(support=_in_words(self.ends, self.counts, opened))
        return compiled

    @cached_property
    def powers(self) -> list[int]:
        """The power of the rows' unit in each parameter; zeros where rows have none."""
        return scale_powers(self.graph, self.node)

    @cached_property
    def model(self) -> _core.Model:
        """The compiled half of the family."""
        return self.compiled.of()

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the order of ``theta``."""
        return tuple(
            Parameter(name, low, high, _coordinate(low, high)) for name, (low, high) in self.domains.items()
        )

    def _starts(self, x: NDArray[np.float64]) -> list[tuple[float, ...]]:
        """Return start values for the compiled core, from rows that are not sorted."""
        found = self.start(np.sort(x)) if callable(self.start) else self.start
        return start_values(self, found)

    @property
    def of_process(self) -> bool:
        """Whether the log-likelihood is that of a Poisson process, which is no sum over rows alone."""
        return self.kind == _formulas.INTENSITY

    @property
    def known_start(self) -> tuple[float, ...] | None:
        """The first of the start values, where they are no function of rows."""
        return start_values(self, self.start)[0] if isinstance(self.start, list) else None

    def __repr__(self) -> str:
        return f"<Family {self.signature}>"

    def law(self, theta: Sequence[float]) -> FormulaLaw | None:
        """Return the distribution at theta where SciPy has none; None of others."""
        return FormulaLaw(self, theta) if self.scipy == self._not_in_scipy else None

    def check_normalized(self, theta: Sequence[float]) -> None:
        if self.kind != _formulas.DENSITY and np.isnan(self.compiled.integral(np.array(theta))[0]):
            what = "sum of its density over the support" if self.counts else "integral of its density"
            raise ParameterError(
                f"theta: the {what} is infinite, or was not found, for {self.name} at {theta}"
            )

    def check_starts(self) -> None:
        """Raise if the function of start values has failed."""
        failure, self.compiled.failure = self.compiled.failure, None
        if isinstance(failure, Exception):
            raise ParameterError(f"start of {self.name} has failed: {failure}") from failure
        if failure is not None:
            raise failure

    def __reduce__(self) -> tuple[Any, ...]:
        if self.module:
            return _shipped_family, (self.module,)
        start = None if callable(self.start) else self.start
        record = self.graph.record(self.node)
        parts = (record, self.name, tuple(self.domains.items()), self.ends, self.counts, self.kind, start)
        return _restored, parts


def shipped(
    module: str,
    log_density: Callable[..., Any],
    params: Mapping[str, tuple[float, float] | None],
    support: tuple[float, float] = (-math.inf, math.inf),
    *,
    discrete: bool = False,
    start: Callable[[NDArray[np.float64]], Start] | None = None,
    **described: Any,
) -> FormulaFamily:
    """Return a family of the library, which tests have checked; described as in `Family`."""
    domains = _check_domains(params)
    graph = Graph([low for low, _ in domains.values()])
    family = FormulaFamily.__new__(FormulaFamily)
    name = module.rpartition(".")[2]
    node, ends = trace(log_density, graph), _check_support(support)
    family._define(graph, node, name, domains, ends, discrete, _formulas.DENSITY, start)
    limits = ", or ".join(described.get("limiting", ()))
    _ = family.compiled  # which finds the ends of the support
    family._keep(**({"limiting_family": limits} if limits else {}), module=module, **described)
    return family


def _shipped_family(module: str) -> FormulaFamily:
    """Return the family of a module of the library."""
    family: FormulaFamily = import_module(module).family
    return family


def _restored(
    record: list[list[Any]],
    name: str,
    domains: tuple[tuple[str, tuple[float, float]], ...],
    ends: tuple[float, float],
    counts: bool,
    kind: int,
    start: Any,
) -> FormulaFamily:
    """Return the family of a pickle, from its graph; the one that is there already where there is one."""
    graph = Graph([low for _, (low, _) in domains])
    family = FormulaFamily.__new__(FormulaFamily)
    family._define(graph, graph.restored(record), name, dict(domains), ends, counts, kind, start)
    return family


def _check_domains(params: Any) -> dict[str, tuple[float, float]]:
    """Return the domains by name; raise if one is none."""
    if not isinstance(params, Mapping) or not params or not all(isinstance(name, str) for name in params):
        raise ParameterError(
            'params must be a dict of domains by name, such as {"mu": None, "sigma": (0, inf)}, got'
            f" {params!r}"
        )
    if len(params) > _MOST_PARAMETERS:
        raise ParameterError(f"params has {len(params)} parameters, more than {_MOST_PARAMETERS}")
    return {
        name: (-math.inf, math.inf) if domain is None else _check_ends(f"params[{name!r}]", domain)
        for name, domain in params.items()
    }


def _check_support(support: Any) -> tuple[float, float]:
    return _check_ends("support", support)


def _check_ends(what: str, ends: Any) -> tuple[float, float]:
    try:
        low, high = (as_number(end) for end in ends)
        if not low < high:
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"{what} must be two numbers, the lower one first, got {ends!r}") from error
    return low, high


def _check_name(name: Any, log_density: Any) -> str:
    if name is None:
        name = getattr(log_density, "__name__", "formula")
        return name if name.isidentifier() else "formula"
    if not isinstance(name, str) or not name or any(sign in name for sign in "#\0"):
        raise ParameterError(f"name must be a string without '#', and not empty, got {name!r}")
    return name


def _kind(normalized: bool, extended: bool) -> int:
    check_flag("normalized", normalized)
    check_flag("extended", extended)
    if extended:
        return _formulas.INTENSITY
    return _formulas.DENSITY if normalized else _formulas.UNNORMALIZED


def _coordinate(low: float, high: float) -> int:
    if low > -math.inf and high < math.inf:
        return _core.LOGIT
    return _core.LOG if low > -math.inf or high < math.inf else _core.IDENTITY


def _code(instructions: Sequence[Instruction]) -> NDArray[np.intc]:
    lines = [(_formulas.OPERATIONS[line.op], *line[1:]) for line in instructions]
    return np.array(lines, dtype=np.intc).reshape(-1, 7)


def _in_words(ends: tuple[float, float], discrete: bool, opened: tuple[bool, bool] = (False, False)) -> str:
    low, high = ends
    what = "integers" if discrete else "numbers"
    if low == -math.inf and high == math.inf:
        return f"all finite {what}"
    if high == math.inf:
        return f"{what} above {low:g}" if opened[0] else f"{what} from {low:g} up"
    if low == -math.inf:
        return f"{what} below {high:g}" if opened[1] else f"{what} up to {high:g}"
    without = [f"{end:g}" for end, is_open in zip(ends, opened, strict=True) if is_open]
    return f"{what} from {low:g} to {high:g}" + f", without {' and '.join(without)}" * bool(without)
