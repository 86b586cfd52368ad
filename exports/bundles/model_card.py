"""The model card of a bundle: what it is, what it was made from, what was measured, and what it looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from baselines.classifier import Classifier
from baselines.errors import ArtifactError
from baselines.escaping.markdown import code, inline, prose
from baselines.scores.judging import METRICS
from baselines.splits.copies import copies_said
from baselines.storage.artifact import Lineage
from baselines.task import DEFAULT_METRIC
from exports.bundles.card_answers import reading_lines, task_sentence
from exports.bundles.explainable import explainable
from exports.bundles.needs import needs_said
from exports.runtime.explain import influential_ngrams


@dataclass(frozen=True)
class CardFacts:
    """What the model card says besides what the classifier knows of itself.

    Attributes:
        title: of the model, "" takes its name.
        licence: of the data it was trained on; "" takes the lineage's.
        metrics: measured figures by the names of `baselines.scores.judging.METRICS`, or others; go into the manifest
            too. JSON types only.
        judged_by: name of the metric that choices were made by; "" for the task's own.
        measured: sentences with figures, machine named: latency, size, parity.
        limits: sentences on what it shouldn't be used for.
        texts: texts whose influential n-grams the card lists, and that parity is checked on besides the awkward ones.
        with_ngrams: whether the card lists them; looking for them takes seconds.
    """

    title: str = ""
    licence: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    judged_by: str = ""
    measured: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    texts: Sequence[str] = ()
    with_ngrams: bool = True


def model_card(classifier: Classifier, lineage: Lineage, form: str, card: CardFacts) -> str:
    """Markdown; every figure in it comes from `card` or from the classifier."""
    title = card.title or lineage.name
    recipe = (
        " → ".join(inline(step.get("method", "?")) for step in lineage.recipe) or inline(lineage.method) or "trained"
    )
    data = lineage.dataset
    lines = [
        f"# {inline(title)}",
        "",
        task_sentence(classifier),
        "",
        f"- kind: {classifier.kind}, shipped as {form}; needs {needs_said(classifier, form)}",
        f"- made by: {recipe}"
        + (f", from {inline(lineage.parent)}" if lineage.parent else "")
        + f", seed {lineage.seed}",
        *reading_lines(classifier),
        f"- judged by: {_title(card.judged_by or DEFAULT_METRIC[classifier.task_])}",
        f"- data: {inline(data.get('name', 'unknown'))} (sha256 {inline(str(data.get('sha256', 'unknown'))[:12])})",
        *[f"- copies: {prose(sentence)}" for sentence in copies_said(data.get("copies"))],
        f"- licence of the data: {inline(card.licence or data.get('licence', 'unknown'))}",
        "",
        "## Measured",
        "",
        *_metric_lines(card.metrics),
        *[f"- {prose(sentence)}" for sentence in card.measured],
    ]
    if not card.metrics and not card.measured:
        lines.append("No figures were handed over when this bundle was written.")
    lines += ["", "## Use", "", "```python", "import tagpress", ""]
    lines += ['predictor = tagpress.load("FOLDER")', 'print(predictor.predict(["A text to tag"]))', "```", ""]
    lines += ["## Limits", ""]
    lines += [f"- {prose(sentence)}" for sentence in (*card.limits, *_private(classifier))]
    lines += ["- It knows the classes below and nothing else; a text about something else gets whatever comes closest."]
    lines += ["", "## Classes", "", *_class_lines(classifier, card.texts if card.with_ngrams else ()), ""]
    return "\n".join(lines)


def _private(classifier: Classifier) -> list[str]:
    """What a bundle gives away of the texts that a model learned from, beyond the words that it knows."""
    members: Mapping[str, Classifier] = getattr(classifier, "members_", {})
    if classifier.kind == "knn" or any(member.kind == "knn" for member in members.values()):
        return [
            "It holds the words and the labels of every training text, without their order: whoever has this folder "
            "can read which words stood together in one text. Don't ship it where the texts are private."
        ]
    return []


def _class_lines(classifier: Classifier, texts: Sequence[str]) -> list[str]:
    try:
        ngrams = influential_ngrams(explainable(classifier), texts, 8) if texts else []
    except ArtifactError:  # a kind whose logits can't be taken apart
        ngrams = []
    if not ngrams:
        return [", ".join(map(inline, classifier.space_.names))]
    return [
        "The n-grams that raise each class's logit most above its mean where they occur, over some texts:",
        "",
        *[
            f"- {inline(name)}: " + ", ".join(code(ngram) for ngram, _ in found)
            for name, found in zip(classifier.classes_, ngrams, strict=True)
        ],
    ]


def _metric_lines(metrics: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, stated in metrics.items():
        # A figure that couldn't be measured is stated as none.
        value, low, high = (
            stated.get(part) if isinstance(stated, Mapping) else None for part in ("value", "low", "high")
        )
        value = stated if isinstance(stated, float | int) else value
        if value is not None:
            interval = "" if low is None or high is None else f" (95 % interval {low:.3f} to {high:.3f})"
            lines.append(f"- {_title(name)}: {value:.4g}{interval}")
    return lines


def _title(name: str) -> str:
    return METRICS[name].title if name in METRICS else inline(name)
