"""What is found out about bundles, in the shapes of results.json, so that a verdict's rules read it as they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.scores.intervals import N_RESAMPLES_VERDICT
from baselines.scores.judging import METRICS, metrics_of, title_of
from baselines.scores.resampling import Resampled
from baselines.task import Known, LabelSpace
from bench.cost.footprint import deflated_bytes, files_needed
from bench.quality.analyses import flipped_share, flips
from bench.quality.confusion import confusion_of
from bench.quality.figures import bounded, per_class
from bench.results.run import DEFAULT_DELTA, Run
from bench.scoring.labelled import Labelled
from bench.scoring.subjects import Replies, Subject
from bench.verdict.claims import claim_sentence, claims_of
from bench.verdict.gate_words import Gate
from bench.verdict.grounds import Grounds

# Raised whenever a field changes its name, meaning or unit, or goes.
FORMAT_VERSION = 2

Json = dict[str, Any]


@dataclass(frozen=True)
class ScoreOptions:
    """How to score.

    Attributes:
        metric: that the bundles are compared by; "": the one that the first was judged by.
        gates: demands on the first bundle, unless they name the other.
        delta: margin of "as good", in units of the metric.
        merge: whether labels in another spelling are the bundle's classes.
        accept: doubts about the labels that the file is used with all the same.
        resamples: of the texts, for the intervals.
        seed: of the resamples.
    """

    metric: str = ""
    gates: tuple[Gate, ...] = ()
    delta: float = DEFAULT_DELTA
    merge: bool = False
    accept: tuple[str, ...] = ()
    resamples: int = N_RESAMPLES_VERDICT
    seed: int = 0


def content_of(
    found: Sequence[Subject],
    truth: Labelled,
    said: Mapping[str, Replies],
    resampled: Resampled,
    options: ScoreOptions,
) -> Json:
    """Everything but the comparison and the gates, which are made from it."""
    test, space = truth.test, LabelSpace(truth.test.classes, truth.test.task, truth.test.negative)
    binary = {"positive": space.classes[0], "negative": space.names[0]} if space.task == "binary" else {}
    models = [_model(subject, truth, said[subject.name], resampled, options) for subject in found]
    if len(found) > 1:
        models[0]["versus_reference"] = _versus(found[0].name, found[1].name, said, resampled)
    return {
        "format_version": FORMAT_VERSION,
        "task": space.task,
        **binary,
        "metric": resampled.metric,
        "metric_title": title_of(resampled.metric, space),
        "metrics": [
            {"name": name, "title": title_of(name, space), "higher_is_better": METRICS[name].higher_is_better}
            for name in metrics_of(space.task)
        ],
        "data": {
            "n_records": truth.n_rows,
            "n_texts": len(test),
            "n_unlabelled": truth.n_unlabelled,
            "unknown_labels": dict(truth.unknown),
            "n_texts_with_unknown_labels": truth.n_unknown_texts,
            "notes": list(truth.notes),
        },
        "delta": options.delta,
        "resamples": options.resamples,
        "seed": options.seed,
        "reference": found[1].name if len(found) > 1 else None,
        "models": models,
    }


def _model(subject: Subject, truth: Labelled, own: Replies, resampled: Resampled, options: ScoreOptions) -> Json:
    test, bundle = truth.test, subject.predictor.bundle
    quality: Json = {name: resampled.interval(subject.name, name).to_json() for name in metrics_of(test.task)}
    rows = per_class(test, own.decided, own.thresholds)
    quality["per_class"] = [
        {**row, "threshold": None if math.isnan(row["threshold"]) else row["threshold"]} for row in rows
    ]
    without: Known = np.zeros(len(test), np.bool_)
    if test.task == "multiclass":
        without = np.equal(own.decided.any(axis=1), False)
    files = files_needed(bundle.folder)
    return {
        "name": subject.name,
        "status": "measured",
        "form": bundle.form,
        "kind": str(bundle.manifest.get("kind", "")),
        "quality": quality | confusion_of(test, own.decided),
        "size": {
            "bytes": sum(path.stat().st_size for path in files),
            "bytes_deflated": sum(map(deflated_bytes, files)),
        },
        "nothing_known": _counted(~own.known),
        "abstained": _counted(without),
        "unknown_classes": [name for name in test.classes if name not in subject.predictor.classes],
    }


def _counted(rows: Known) -> Json:
    return {"n": int(rows.sum()), "share": float(rows.mean())}


def _versus(name: str, other: str, said: Mapping[str, Replies], resampled: Resampled) -> Json:
    difference = resampled.difference(name, other)
    further = [metric for metric in resampled.values if metric != resampled.metric]
    return {
        "model": other,
        "delta": bounded(difference),
        "deltas": {metric: bounded(resampled.difference(name, other, metric)) for metric in further},
        "flipped_documents": flipped_share(said[other].decided, said[name].decided),
    }


def comparison_of(run: Run, truth: Labelled, said: Mapping[str, Replies]) -> Json:
    """What may be said of the first bundle beside the second, and which answers changed between them."""
    own, reference = run.rows
    claims = claims_of(run)
    judged = claims.by_model[own.name]
    said_of_it = Grounds(run, reference, None, claims, run.delta, "smallest").difference(own)
    ours, theirs, test = said[own.name].decided, said[reference.name].decided, truth.test
    right = [(decided == test.labels).all(axis=1) for decided in (theirs, ours)]
    return {
        "model": own.name,
        "reference": reference.name,
        "claim": judged.claim,
        "sentence": claim_sentence(run, judged, said_of_it, len(test)),
        "flips": {
            **flips(test, theirs, ours),
            "share": flipped_share(theirs, ours),
            "mended": int((right[1] & ~right[0]).sum()),
            "broken": int((right[0] & ~right[1]).sum()),
        },
    }
