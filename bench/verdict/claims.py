"""What may be said of one model beside another, and the sentence that says it: the rules of the verdict."""

from __future__ import annotations

from typing import Literal, get_args

from bench.results.row import Row
from bench.verdict.grounds import Grounds, shown_better
from bench.verdict.judge import documents_needed, non_inferior

Claim = Literal["better", "as good", "worse", "can't be told"]
CLAIMS: tuple[Claim, ...] = get_args(Claim)
# Of fewer texts nothing is claimed: few changed answers make every interval too narrow there.
FEWEST_TEXTS, ADVISED_TEXTS = 100, (400, 600)


def claim(row: Row, delta: float, n_texts: int) -> Claim:
    """What is shown of a model against the reference of its row.

    Better: the two-sided 95 % interval of the difference lies above 0. As good: the one-sided lower bound is at least
    -delta. Worse: the upper bound is below -delta, or the two-sided interval lies below 0. There is one comparison, so
    nothing is adjusted for their number.

    Args:
        row: with its difference.
        delta: the margin, in units of the metric.
        n_texts: that both were judged on; below 100 nothing is claimed.
    """
    if n_texts < FEWEST_TEXTS:
        return "can't be told"
    if shown_better(row):
        return "better"
    as_good = non_inferior(row, delta)
    below = row.delta is not None and row.delta.high is not None and row.delta.high < 0
    if as_good is False or (below and as_good is None):
        return "worse"
    return "as good" if as_good else "can't be told"


def claim_sentence(row: Row, grounds: Grounds, n_texts: int) -> str:
    """The claim with its figures; names stand between backticks."""
    own, other = f"`{row.name}`", f"`{grounds.reference.name if grounds.reference else 'the reference'}`"
    found, figures = claim(row, grounds.delta, n_texts), f"{grounds.difference(row.delta)}; {n_texts:,} texts"
    if found == "as good":
        return f"{own} is as good as {other} within {grounds.margin} ({figures})."
    if found != "can't be told":
        return f"{own} is {found} than {other} ({figures})."
    head = f"Whether {own} is as good as {other} within {grounds.margin} can't be told ({figures})"
    if n_texts < FEWEST_TEXTS:
        few, many = ADVISED_TEXTS
        return f"{head}: below {FEWEST_TEXTS} texts nothing is claimed; {few} to {many} are advised."
    needed = documents_needed(row, n_texts, grounds.delta)
    return f"{head}; about {needed:,} texts would decide, were that difference the true one." if needed else f"{head}."
