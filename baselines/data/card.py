"""What a person should know of a data set before trusting a figure measured on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table

from baselines.data.collisions import collisions
from baselines.dataset import PARTS, Dataset, PartName
from baselines.escaping.terminal import plain
from baselines.scores.judging import METRICS
from baselines.splits.copies import conflict_facts, copies_said
from baselines.splits.duplicates import RULE, duplicate_groups
from baselines.text.cleaning import Cleaning

RARE = 30
_QUANTILES = (0.05, 0.5, 0.95)


def data_card(dataset: Dataset, cleaning: Cleaning | None = None) -> dict[str, Any]:
    """The summary, JSON types only.

    Keys: name, source, licence, sha256, task, task_found (why it is that task), metric (that choices are made by),
    positive, negative and positive_found (of a binary task, else ""), n_documents, n_classes (both sides of a binary
    task count), split (texts a part), majority (one label a text only, else null: `answer`, the most frequent in
    training, and by part `n` texts that have it and the `accuracy` of always answering it), labels_per_document (mean,
    max, histogram), characters and words (min, p05, p50, p95, max, mean), empty_texts, without_label (multilabel),
    classes (name, n and positives a part, most frequent first; of a binary task both sides), rare_below and
    rare_classes (fewer positives in train), absent (classes without a positive, by part), duplicates (exact and near:
    groups, documents in them, `leaks`: test texts with a double in train or validation; `removed`: texts `from_train`
    and `from_validation` that left these parts as copies, and those `kept` there on request; `conflicts`: groups of
    equal texts whose labels differ, documents in them, examples), grouped and in_time (whether groups stay together,
    and the parts are cut by time), collisions (of the cleaning where one is given, else null: `cleaning`, and what
    `Collisions.to_json` gives), notes.

    Args:
        dataset: what is summed up.
        cleaning: that the texts are cleaned with, where that is chosen already.
    """
    everything = dataset.everything
    per_text = everything.labels.sum(axis=1)
    classes = _classes(dataset)
    binary = dataset.task == "binary"
    exact = duplicate_groups(everything.texts, near=False)
    return {
        "name": dataset.name,
        "source": dataset.source,
        "licence": dataset.licence,
        "sha256": dataset.sha256,
        "task": dataset.task,
        "task_found": dataset.task_found,
        "metric": everything.judged_by,
        "positive": everything.classes[0] if binary else "",
        "negative": everything.negative,
        "positive_found": dataset.positive_found,
        "n_documents": len(everything),
        "n_classes": len(classes),
        "split": {part: len(getattr(dataset.split, part)) for part in PARTS},
        "majority": None if dataset.task == "multilabel" else _majority(dataset),
        "labels_per_document": {
            "mean": round(float(per_text.mean()), 3),
            "max": int(per_text.max()),
            "histogram": {str(n): count for n, count in sorted(Counter(per_text.tolist()).items())},
        },
        "characters": _spread([len(text) for text in everything.texts]),
        "words": _spread([len(text.split()) for text in everything.texts]),
        "empty_texts": sum(not text.strip() for text in everything.texts),
        "without_label": 0 if binary else int((per_text == 0).sum()),
        "classes": classes,
        "rare_below": RARE,
        "rare_classes": [entry["class"] for entry in classes if entry["train"] < RARE],
        "absent": {part: absent for part in PARTS if (absent := [e["class"] for e in classes if not e[part]])},
        "duplicates": {
            "exact": _duplicates(dataset, exact),
            "near": {"rule": RULE, **_duplicates(dataset, duplicate_groups(everything.texts, near=True))},
            "removed": dataset.removed.counts(),
            "conflicts": conflict_facts(everything, exact),
        },
        "grouped": bool(dataset.groups),
        "in_time": bool(dataset.times),
        "collisions": cleaning and {"cleaning": cleaning.name, **collisions(everything, cleaning).to_json()},
        "notes": list(dataset.notes),
    }


def _classes(dataset: Dataset) -> list[dict[str, Any]]:
    labels, names = dataset.everything.named_labels, dataset.everything.space.names
    totals = labels.sum(axis=0)
    parts = {part: labels[getattr(dataset.split, part)].sum(axis=0) for part in PARTS}
    return [
        {"class": names[i], "n": int(totals[i]), **{part: int(parts[part][i]) for part in PARTS}}
        for i in np.argsort(-totals, kind="stable")
    ]


def _majority(dataset: Dataset) -> dict[str, Any]:
    """What the most frequent answer of training would reach in each part."""
    labels = dataset.everything.named_labels
    column = int(labels[dataset.split.train].sum(axis=0).argmax())
    right = {part: labels[getattr(dataset.split, part), column] for part in PARTS}
    return {
        "answer": dataset.everything.space.names[column],
        "n": {part: int(own.sum()) for part, own in right.items()},
        "accuracy": {part: round(float(own.mean()), 4) if len(own) else 0.0 for part, own in right.items()},
    }


def _spread(lengths: Sequence[int]) -> dict[str, float]:
    low, middle, high = np.quantile(lengths, _QUANTILES)
    return {
        "min": min(lengths),
        "p05": round(float(low), 1),
        "p50": round(float(middle), 1),
        "p95": round(float(high), 1),
        "max": max(lengths),
        "mean": round(float(np.mean(lengths)), 1),
    }


def _duplicates(dataset: Dataset, groups: NDArray[np.intp]) -> dict[str, int]:
    sizes = np.bincount(groups, minlength=len(groups))
    return {
        "groups": int((sizes > 1).sum()),
        "documents": int(sizes[sizes > 1].sum()),
        "leaks": len(leaking(dataset, groups)),
    }


def leaking(dataset: Dataset, groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """Test rows of a group that also has a row in train or validation; their share of a score is memory."""
    seen = np.concatenate([dataset.split.train, dataset.split.validation])
    return dataset.split.test[np.isin(groups[dataset.split.test], groups[seen])]


def render(card: dict[str, Any]) -> RenderableType:
    """The card for a terminal."""
    table = Table(title=plain(f"Data: {card['name']}"), show_header=False, title_justify="left")
    for name, value in (*_task_facts(card), *_facts(card)):
        table.add_row(name, plain(value))
    return Group(table, *(plain(f"note: {note}", style="yellow") for note in card["notes"]))


def _task_facts(card: dict[str, Any]) -> Iterator[tuple[str, str]]:
    found = f" ({card['task_found']})" if card["task_found"] else ""
    yield "task", f"{card['task']}{found}; change it by --task"
    if card["positive"]:
        counts = next(entry for entry in card["classes"] if entry["class"] == card["positive"])
        found = f" ({card['positive_found']})" if card["positive_found"] else ""
        yield "positive class", f"{card['positive']}{found}; change it by --positive"
        yield "positives", ", ".join(f"{part} {counts[part]:,} of {n:,}" for part, n in card["split"].items())
    yield "judged by", f"{METRICS[card['metric']].title}; change it by --metric"
    if majority := card["majority"]:
        reached = ", ".join(f"{part} {share:.3f}" for part, share in majority["accuracy"].items())
        yield "majority guess", f"always {majority['answer']}: accuracy {reached}"
    if card["task"] == "multilabel":
        sizes = card["labels_per_document"]
        yield "labels a text", f"{sizes['mean']:.2f} on average, {sizes['max']} at most"


def _facts(card: dict[str, Any]) -> Iterator[tuple[str, str]]:
    split: dict[PartName, int] = card["split"]
    frequent, rare = card["classes"][0], card["rare_classes"]
    yield "texts", f"{card['n_documents']:,} ({', '.join(f'{name} {n:,}' for name, n in split.items())})"
    yield "classes", f"{card['n_classes']}, most frequent {frequent['class']} ({frequent['n']:,})"
    yield "characters", _spread_words(card["characters"])
    # What there is none of needs no line; the report says so for each.
    if rare:
        shown = f"{', '.join(rare[:8])}{', …' if len(rare) > 8 else ''}"
        yield f"rare (< {card['rare_below']} in train)", f"{len(rare)}: {shown}"
    counted = (("empty", card["empty_texts"]), ("without label", card["without_label"]))
    if missing := [f"{n:,} {what}" for what, n in counted if n]:
        yield "nothing in them", ", ".join(missing)
    for kind in ("exact", "near"):
        if card["duplicates"][kind]["groups"]:
            yield f"{kind} duplicates", _duplicate_words(card["duplicates"][kind])
    if copies := copies_said(card["duplicates"]["removed"]):
        yield "copies in two parts", "; ".join(copies)
    if conflicts := card["duplicates"]["conflicts"]["groups"]:
        yield "equal texts, other labels", _conflict_words(card["duplicates"]["conflicts"], conflicts)
    if held := [what for what, name in (("groups", "grouped"), ("times", "in_time")) if card[name]]:
        yield "split by", " and ".join(held)
    if found := card["collisions"]:
        yield f"made equal by {found['cleaning']}", _collision_words(found)


def _collision_words(found: dict[str, Any]) -> str:
    if not found["n"]:
        return "no texts with different labels"
    a, b = found["examples"][0]["texts"]
    groups = "1 group" if found["n"] == 1 else f"{found['n']:,} groups"
    return f"{found['n_texts']:,} texts with different labels in {groups}, such as {a!r:.60} and {b!r:.60}"


def _conflict_words(found: dict[str, Any], n: int) -> str:
    example = found["examples"][0]
    unlike = list(dict.fromkeys(", ".join(names) or "no label" for names in example["labels"]))
    groups = "1 group" if n == 1 else f"{n:,} groups"
    return f"{found['documents']:,} texts in {groups}, such as {example['text']!r:.60}: {' or '.join(unlike)}"


def _spread_words(spread: dict[str, float]) -> str:
    low, middle, high = (f"{spread[name]:,.0f}" for name in ("p05", "p50", "p95"))
    return f"median {middle}, 5 % below {low}, 5 % above {high}, longest {spread['max']:,}"


def _duplicate_words(found: dict[str, int]) -> str:
    leaks = (
        f"{found['leaks']:,} test texts have a double in train or validation"
        if found["leaks"]
        else "none crosses into test"
    )
    return f"{found['documents']:,} texts in {found['groups']:,} groups; {leaks}"
