"""Numbers as people read them: SI units in, a short text with its unit out. The report prints through these only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

MISSING = "—"
MINUS = "−"
_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_COUNTS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
# Width of an interval below which three decimals don't do.
_NARROW = 0.002
_Z_TWO_SIDED = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Estimate:
    """A value with the ends of its two-sided 95 % interval; the ends are None where no interval was measured.

    Attributes:
        family_low, family_high: of a ratio of latencies, ends that hold for all ratios of its run together, at 95 %.
    """

    value: float
    low: float | None = None
    high: float | None = None
    family_low: float | None = None
    family_high: float | None = None

    @property
    def has_interval(self) -> bool:
        return self.low is not None and self.high is not None

    @property
    def deviation(self) -> float:
        """Standard deviation that the 95 % interval stands for, were it a normal one; 0 without an interval."""
        return ((self.high or 0.0) - (self.low or 0.0)) / (2 * _Z_TWO_SIDED)


def _significant(value: float, digits: int = 3) -> str:
    """`digits` significant figures, never in exponent form, never fewer than the whole part needs."""
    if value == 0:
        return "0"
    # Rounded first, as 0.99996 has one figure more before the point than its logarithm says.
    rounded = abs(float(f"{value:.{digits - 1}e}"))
    decimals = max(0, digits - 1 - math.floor(math.log10(rounded)))
    text = f"{value:,.{decimals}f}"
    return text.replace("-", MINUS)


def _scaled(value: float, scales: Sequence[tuple[float, str]], rest: str) -> str:
    for scale, unit in scales:
        if abs(value) >= scale * 0.9995:
            return f"{_significant(value / scale)} {unit}".rstrip()
    return f"{_significant(value)} {rest}".rstrip()


def seconds(value: float | None) -> str:
    """`0.000016` -> `16.0 µs`."""
    if value is None:
        return MISSING
    return "0 s" if value == 0 else _scaled(value, _SECONDS[:-1], "s") if value >= 1e-6 else _nanoseconds(value)


def _nanoseconds(value: float) -> str:
    return f"{_significant(value / 1e-9)} ns"


def duration(value: float | None) -> str:
    """Long times: `134` -> `2 min 14 s`."""
    if value is None:
        return MISSING
    if value < 60:
        return seconds(value)
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def size(value: float | None) -> str:
    """Bytes in powers of 1,000: `275000` -> `275 kB`."""
    if value is None:
        return MISSING
    return f"{value:,.0f} B" if abs(value) < 1000 else _scaled(value, _BYTES, "B")


def count(value: float | None) -> str:
    """`1083427` -> `1.08 M`; small whole numbers as they are."""
    if value is None:
        return MISSING
    if abs(value) < 10_000 and float(value).is_integer():
        return f"{value:,.0f}"
    return _scaled(value, _COUNTS, "")


def decimals(estimate: Estimate | None) -> int:
    """Three; more where the interval is so narrow that its ends would be hard to tell apart: 0.727 (0.727 to 0.727)."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return 3
    width = estimate.high - estimate.low
    return 3 if width >= _NARROW or width <= 0 else 4 if width >= _NARROW / 10 else 5


def score(value: float | None, digits: int = 3) -> str:
    """F1, precision, recall, probabilities: three decimals."""
    return MISSING if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 3) -> str:
    """A difference of scores: always with its sign, three decimals."""
    if value is None:
        return MISSING
    text = f"{abs(value):.{digits}f}"
    return ("±" if not float(text) else "+" if value > 0 else MINUS) + text


def percent(value: float | None) -> str:
    """A share in 0..1."""
    if value is None:
        return MISSING
    digits = 0 if value >= 0.1 or value == 0 else 1
    return f"{100 * value:.{digits}f} %"


def times(value: float | None) -> str:
    """A ratio: `180 ×`, `3.1 ×`."""
    if value is None:
        return MISSING
    return f"{_significant(value, 3 if value >= 100 else 2)} ×"


def joules(value: float | None) -> str:
    """Energy for one text."""
    if value is None:
        return MISSING
    return _scaled(value, ((1.0, "J"), (1e-3, "mJ"), (1e-6, "µJ")), "J")


def score_interval(estimate: Estimate | None) -> str:
    """`0.727 (0.690 to 0.764)`."""
    if estimate is None:
        return MISSING
    if estimate.low is None or estimate.high is None:
        return score(estimate.value)
    return f"{score_of(estimate)} ({score_ends(estimate)})"


def score_of(estimate: Estimate | None) -> str:
    """The value alone, with as many decimals as its interval asks for."""
    return score(estimate.value if estimate else None, decimals(estimate))


def score_ends(estimate: Estimate | None) -> str:
    """`0.690 to 0.764`; "" where there is no interval."""
    if estimate is None or not estimate.has_interval:
        return ""
    return f"{score(estimate.low, decimals(estimate))} to {score(estimate.high, decimals(estimate))}"


def difference_interval(estimate: Estimate | None) -> str:
    """`−0.002, 95 % −0.009 to +0.005`."""
    if estimate is None:
        return MISSING
    if estimate.low is None or estimate.high is None:
        return f"{signed(estimate.value)}, no interval"
    return f"{signed_of(estimate)}, 95 % {signed_ends(estimate)}"


def signed_of(estimate: Estimate | None) -> str:
    """A difference alone, with as many decimals as its interval asks for."""
    return signed(estimate.value if estimate else None, decimals(estimate))


def signed_ends(estimate: Estimate) -> str:
    """`−0.009 to +0.005`, the ends of a difference's interval."""
    low, high = (signed(end, decimals(estimate)) for end in (estimate.low, estimate.high))
    return f"{low} to {high}"


def negated(estimate: Estimate) -> Estimate:
    """The same difference seen from the other side."""
    ends = (None if end is None else -end for end in (estimate.high, estimate.low))
    return Estimate(-estimate.value, *ends)


def change(ratio: float | None, better: str, worse: str) -> str:
    """A child/reference ratio in words: 0.01 -> `100 × smaller`, 3 -> `3.0 × larger`."""
    if ratio is None or ratio <= 0:
        return MISSING
    return f"{times(1 / ratio)} {better}" if ratio <= 1 else f"{times(ratio)} {worse}"
