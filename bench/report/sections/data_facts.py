"""What was asked of the data: the task, how it was found, and how texts are cleaned before models read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baselines.splits.copies import copies_said
from bench.numbers.quantities import MISSING, count, score
from bench.report.sections.facts import Facts
from bench.report.sections.provenance import plain, shortened
from bench.report.sections.two_sides import names_of_sides

Json = Mapping[str, Any]
# What each cleaning does, in words.
CLEANINGS: Mapping[str, str] = {
    "course": "lower case, letters and digits only, frequent English words such as “not” and “who” removed",
    "letters": "lower case, letters and digits only",
    "words": "one case, every word kept, every symbol and emoji a word of its own",
    "raw": "capitals and symbols as they stand",
}
_TEXT_SHOWN = 200
_EXAMPLE = 80


def data_facts(facts: Facts) -> dict[str, Any]:
    """Pairs of name and value, and the paragraph on cleaning."""
    data: Json = facts.results.get("dataset") or {}
    parts = {name: n for name, n in (data.get("split") or {}).items() if n is not None}
    pairs = [
        ("Task", task_text(facts)),
        ("How it was found", str(data.get("task_found") or "")),
        ("Judged by", f"{facts.metric.heading}, {facts.metric.direction}"),
        ("Texts", ", ".join(f"{name} {count(n)}" for name, n in parts.items())),
        ("Copies in two parts", "; ".join(copies_said(data.get("copies")))),
        ("Equal texts, other labels", _conflicts(facts)),
        ("Split", _split(facts)),
        ("Asked again", f"for latency, operations, typos and explanations {facts.sampled}" if facts.sampled else ""),
    ]
    return {"pairs": [(name, value) for name, value in pairs if value], "cleaning": cleaning(facts)}


def _conflicts(facts: Facts) -> str:
    """Texts that stand in the data with different labels: no model can be right about all of them."""
    duplicates: Json = (facts.results.get("data_card") or {}).get("duplicates") or {}
    found: Json = duplicates.get("conflicts") or {}
    if not found.get("groups"):
        return ""
    said = f"{count(found.get('documents'))} texts in {_groups(found['groups'])}"
    for example in (found.get("examples") or [])[:1]:
        unlike = list(dict.fromkeys(plain(labels or ["none"]) for labels in example["labels"]))
        said += f", such as “{shortened(str(example['text']), _EXAMPLE)}”: {' or '.join(unlike)}"
    return said


def _split(facts: Facts) -> str:
    """What the parts respect besides the shares of the classes."""
    card: Json = facts.results.get("data_card") or {}
    rules = {"grouped": "groups stay in one part", "in_time": "training is on the past, the test part is the latest"}
    return "; ".join(words for name, words in rules.items() if card.get(name))


def task_text(facts: Facts) -> str:
    """What an answer is, in a few words."""
    n = (facts.results.get("dataset") or {}).get("n_classes")
    of = f"{count(n)} classes" if n else "the classes"
    if facts.run.task == "binary":
        positive, negative = names_of_sides(facts)
        return f"yes or no (binary): {positive}, or {negative}"
    return f"one of {of} (multiclass)" if facts.run.task == "multiclass" else f"any number of {of} (multilabel)"


def cleaning(facts: Facts) -> dict[str, Any] | None:
    """The cleaning that was chosen, what it was chosen from, and which texts each would make equal."""
    content: Json | None = facts.results.get("cleaning")
    if not content:
        return None
    chosen = str(content["chosen"])
    collisions: Json = content.get("collisions") or {}
    scores: Json = content.get("scores") or {}
    return {
        "chosen": chosen,
        "does": CLEANINGS.get(chosen, ""),
        "why": str(content.get("why") or ""),
        "rows": [_row(name, scores, collisions, chosen, facts) for name in _names(scores, collisions, chosen, facts)],
        "score": f"{facts.metric.heading} on validation" + (f", {note}" if (note := facts.metric.caution) else ""),
        "warnings": [_warning(name, found) for name, found in _with_collisions(collisions, chosen)],
    }


def collision_warning(facts: Facts) -> str:
    """One sentence where the chosen cleaning makes texts with different labels equal; else ""."""
    content: Json = facts.results.get("cleaning") or {}
    chosen = content.get("chosen")
    n = ((content.get("collisions") or {}).get(chosen) or {}).get("n")
    if not n:
        return ""
    return (
        f"The cleaning {chosen} makes texts with different labels equal ({_groups(n)}); no model can tell them apart."
    )


def _names(scores: Json, collisions: Json, chosen: str, facts: Facts) -> list[str]:
    """Every cleaning that was tried, the best score first."""
    names = dict.fromkeys([chosen, *scores, *collisions])
    worst = float("-inf")
    return sorted(names, key=lambda n: -(facts.metric.utility(scores[n]) if scores.get(n) is not None else worst))


def _row(name: str, scores: Json, collisions: Json, chosen: str, facts: Facts) -> dict[str, Any]:
    n = (collisions.get(name) or {}).get("n")
    return {
        "name": name,
        "chosen": name == chosen,
        "does": CLEANINGS.get(name, ""),
        "score": score(scores.get(name)),
        "collisions": count(n) if n is not None else MISSING,
    }


def _with_collisions(collisions: Json, chosen: str) -> list[tuple[str, Json]]:
    """The chosen one first."""
    found = [(name, content) for name, content in collisions.items() if (content or {}).get("n")]
    return sorted(found, key=lambda item: item[0] != chosen)


def _warning(name: str, found: Json) -> dict[str, Any]:
    examples = [
        [
            {"text": shortened(str(text), _TEXT_SHOWN), "labels": plain(labels or ["none"])}
            for text, labels in zip(example.get("texts") or [], example.get("labels") or [], strict=False)
        ]
        for example in (found.get("examples") or [])[:2]
    ]
    return {"name": name, "n": _groups(found["n"]), "examples": examples}


def _groups(n: int) -> str:
    return "one group of texts" if n == 1 else f"{count(n)} groups of texts"
