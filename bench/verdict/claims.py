"""What may be said of each model beside the reference, in four words: the one function that every word comes from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np

from baselines.scores.influence import Z_ONE_SIDED, Z_TWO_SIDED, PairedDifference
from baselines.scores.simultaneous import LEVEL, Floats, texts_needed
from bench.numbers.quantities import Estimate
from bench.results.row import Row
from bench.results.run import Run
from bench.verdict.family import (
    ADVISED_TEXTS,
    FEWEST_TEXTS,
    Flags,
    Tested,
    recommended_if_equal,
    resampled_as_good,
    together,
    weights_by,
)
from bench.verdict.speed_claims import is_faster, is_slow_variant

Claim = Literal["better", "as good", "worse", "undecided"]
CLAIMS: tuple[Claim, ...] = get_args(Claim)
Priority = Literal["smallest", "fastest", "quality"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
# A model that many times smaller than the reference is what one asks for who asks for the smallest.
MUCH_SMALLER = 5


@dataclass(frozen=True)
class Judged:
    """What is shown of one model against the reference.

    Attributes:
        model: its name.
        claim: `better`: the interval lies above 0. `as good`: not worse by more than the margin. `worse`: the interval
            lies below 0. `undecided`: none of these is shown.
        value: the difference in the metric; more is better.
        low, high: its 95 % interval, which holds for all models of the run together; None where no interval was
            measured.
        p_value: of "worse by more than the margin", adjusted for all models; None likewise.
        texts_needed: test texts that would show it as good, were it truly equal to the reference; None where it is
            shown, or where no number would.
        spent: share of the error that its test may spend, fixed by validation.
    """

    model: str
    claim: Claim
    value: float
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    texts_needed: int | None = None
    spent: float | None = None

    @property
    def as_good(self) -> bool:
        """Shown to be as good as the reference, or better."""
        return self.claim in ("as good", "better")

    @property
    def difference(self) -> Estimate:
        """The difference with its interval."""
        return Estimate(self.value, self.low, self.high)


@dataclass(frozen=True)
class Claims:
    """What is shown of all models of a run.

    Attributes:
        by_model: one entry a measured model that was compared with the reference.
        n_texts: test texts, or the texts of all folds.
        favoured: names of the models that most of the error is spent on, as the priority asks.
        if_equal: how often one of them would be shown as good, were all truly equal to the reference; None where that
            can't be worked out.
    """

    by_model: Mapping[str, Judged]
    n_texts: int | None
    favoured: tuple[str, ...]
    if_equal: float | None

    @property
    def too_few(self) -> bool:
        """Whether there are too few texts to claim anything."""
        return self.n_texts is not None and self.n_texts < FEWEST_TEXTS

    def as_good(self, name: str) -> bool:
        """Whether a model is shown to be as good as the reference."""
        return name in self.by_model and self.by_model[name].as_good

    def to_json(self) -> list[dict[str, Any]]:
        """`verdict.claims` of results.json."""
        return [asdict(judged) for judged in self.by_model.values()]


def claim(*, as_good: bool, low: float | None, high: float | None) -> Claim:
    """The word for what was shown; every table, sentence and document has it from here.

    Args:
        as_good: shown not to be worse than the reference by more than the margin.
        low, high: the interval of the difference that holds for all that are compared.
    """
    if low is not None and low > 0:
        return "better"
    if as_good:
        return "as good"
    return "worse" if high is not None and high < 0 else "undecided"


def claims_of(
    run: Run, priority: Priority = "smallest", delta: float | None = None, *, with_power: bool = False
) -> Claims:
    """Test all models of a run together, and say what is shown.

    Args:
        run: what was measured.
        priority: decides which models most of the error is spent on: those much smaller than the reference, those
            faster, or all that can be deployed, by their promise to be better.
        delta: the margin; the run's own when None.
        with_power: whether `if_equal` is worked out, which takes longer than all the rest.
    """
    margin = run.delta if delta is None else delta
    rows = [row for row in run.rows if row.measured and row.delta is not None and row.name != run.reference]
    n_texts, of_split = texts_of(run), run.freedom is None
    tested_rows = [row for row in rows if row.bounds[0] is not None and row.over_folds != of_split]
    favoured = _favoured(tested_rows, run, priority)
    found = _tested(tested_rows, run, favoured, margin, hope=0.0 if priority == "quality" else margin)
    enough = n_texts is None or n_texts >= FEWEST_TEXTS
    by_model = {row.name: Judged(row.name, "undecided", row.delta.value) for row in rows if row.delta is not None}
    for k, row in enumerate(tested_rows):
        by_model[row.name] = _judged(row, found, k, margin, n_texts, enough)
    deviation, power = _sides(tested_rows, run)[0][1], with_power and of_split and enough
    if_equal = recommended_if_equal(found, deviation, margin, favoured) if power else None
    names = tuple(row.name for row, wanted in zip(tested_rows, favoured, strict=True) if wanted)
    return Claims(by_model, n_texts, names, if_equal)


def resampled_claims(
    run: Run, differences: Mapping[str, PairedDifference], priority: Priority, rng: np.random.Generator
) -> dict[str, Any]:
    """`together.resampled`: which models would be shown as good on resampled test texts, each set with its count.

    Args:
        run: what was measured, with `together.correlation`.
        differences: of each model to the reference, on the test texts.
        priority: as the verdict's.
        rng: draws the texts.
    """
    rows = [row for row in run.rows if row.measured and row.name in differences]
    found: dict[str, Any] = {"delta": run.delta, "priority": priority, "sets": []}
    n_texts = texts_of(run)
    if not rows or run.freedom is not None or (n_texts is not None and n_texts < FEWEST_TEXTS):
        return found
    hope = 0.0 if priority == "quality" else run.delta
    tested = _tested(rows, run, _favoured(rows, run, priority), run.delta, hope)
    flags = resampled_as_good([differences[row.name] for row in rows], run.delta, tested.weights, tested.null, rng)
    sets = Counter(tuple(row.name for row, good in zip(rows, own, strict=True) if good) for own in flags)
    found["sets"] = [{"as_good": list(names), "times": times} for names, times in sets.most_common()]
    return found


def texts_of(run: Run) -> int | None:
    """Texts that the differences were measured on; None where the run doesn't say."""
    data = run.content.get("dataset") or {}
    if run.freedom is not None:
        found = data.get("n_documents")
    else:
        found = (data.get("split") or {}).get("test", (run.content.get("data") or {}).get("n_texts"))
    return None if found is None else int(found)


def _judged(row: Row, found: Tested, k: int, margin: float, n_texts: int | None, enough: bool) -> Judged:
    low, high, as_good = float(found.low[k]), float(found.high[k]), bool(found.as_good[k])
    word = claim(as_good=as_good, low=low, high=high) if enough else "undecided"
    lower, upper = row.bounds
    needed = None
    if word == "undecided" and n_texts and lower is not None and upper is not None:
        deviation, level = (upper - lower) / (2 * Z_ONE_SIDED), float(found.level[k])
        # What is lost to the number of tests stays lost; below the least size that size is the least answer.
        needed = texts_needed(deviation, n_texts, level or float(found.weights[k]) * LEVEL, margin)
        needed = None if needed is None else max(needed, FEWEST_TEXTS)
    value = row.delta.value if row.delta is not None else math.nan
    return Judged(row.name, word, value, low, high, float(found.p_values[k]), needed, float(found.weights[k]))


def _tested(rows: Sequence[Row], run: Run, favoured: Flags, margin: float, hope: float) -> Tested:
    one_sided, two_sided = _sides(rows, run)
    validation = [run.validation_of(row.name) for row in rows]
    values, deviations = (np.array([pair[i] for pair in validation]) for i in (0, 1))
    weights = weights_by(values, deviations, hope, favoured)
    return together(one_sided, two_sided, margin, weights, run.correlation([r.name for r in rows]), freedom=run.freedom)


def _sides(rows: Sequence[Row], run: Run) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Centres and standard errors that the stored bounds, and the stored intervals, stand for."""
    ends = np.array([_ends(row) for row in rows], np.float64).reshape(-1, 2)
    if run.freedom is not None:
        from scipy.special import stdtrit

        of_folds = ends.mean(axis=1), (ends[:, 1] - ends[:, 0]) / (2 * float(stdtrit(run.freedom, 0.975)))
        return of_folds, of_folds
    bounds = np.array([row.bounds for row in rows], np.float64).reshape(-1, 2)
    sides = bounds.mean(axis=1), (bounds[:, 1] - bounds[:, 0]) / (2 * Z_ONE_SIDED)
    return sides, (sides if len(rows) > 1 else (ends.mean(axis=1), (ends[:, 1] - ends[:, 0]) / (2 * Z_TWO_SIDED)))


def _ends(row: Row) -> tuple[float | None, float | None]:
    delta = row.delta
    return (delta.low, delta.high) if delta is not None and delta.has_interval else row.bounds


def _favoured(rows: Sequence[Row], run: Run, priority: Priority) -> Flags:
    """Which models most of the error is spent on; known before the test part is read."""
    reference = run.by_name.get(run.reference or "")
    could = [row.deployable and not row.failed and not is_slow_variant(row, run.claim_floor) for row in rows]
    wanted = could
    if priority == "smallest" and reference is not None and reference.bytes:
        for factor in (MUCH_SMALLER, 1):
            wanted = [
                can and (row.bytes or math.inf) * factor < reference.bytes + (factor > 1)
                for row, can in zip(rows, could, strict=True)
            ]
            if any(wanted):
                break
    elif priority == "fastest":
        wanted = [can and is_faster(row.speed_ratio, run.claim_floor) for row, can in zip(rows, could, strict=True)]
    return np.array(wanted if any(wanted) else could, bool)


def claim_sentence(run: Run, judged: Judged, difference: str, n_texts: int) -> str:
    """What is shown of the one model that a reference was compared with; names stand between backticks.

    Args:
        run: of two models.
        judged: of the first.
        difference: its figures, as words.
        n_texts: that both answered.
    """
    own, other, margin = f"`{judged.model}`", f"`{run.reference}`", f"{run.delta:g} in {run.metric.title}"
    figures = f"{difference}; {n_texts:,} texts"
    if judged.claim == "as good":
        return f"{own} is as good as {other} within {margin} ({figures})."
    if judged.claim != "undecided":
        return f"{own} is {judged.claim} than {other} ({figures})."
    head = f"Undecided whether {own} is as good as {other} within {margin} ({figures})"
    if n_texts < FEWEST_TEXTS:
        few, many = ADVISED_TEXTS
        return f"{head}: below {FEWEST_TEXTS} texts nothing is claimed; {few} to {many} are advised."
    needed = judged.texts_needed
    return f"{head}; about {needed:,} texts would show it, were they truly equal." if needed else f"{head}."
