"""Fixed measurements beyond scores, sizes and times, for the tests of the report; nothing here was measured."""

from __future__ import annotations

from typing import Any

from baselines.scores import judging
from baselines.scores.judging import METRICS
from baselines.task import Task
from tests.cases.hostile_case import CLASSES, TEXTS


def add_details(models: list[dict[str, Any]]) -> None:
    named = {model["name"]: model for model in models}
    student = named["student-int8"]
    student["flips"] = {
        "documents": 11,
        "gained": {CLASSES[0]: 3, CLASSES[2]: 1},
        "lost": {CLASSES[1]: 6, CLASSES[6]: 2},
        "examples": [
            {"text": text, "truth": [CLASSES[i % 8]], "parent": [CLASSES[i % 8]], "model": [CLASSES[(i + 1) % 8]]}
            for i, text in enumerate(TEXTS[:6])
        ],
    }
    for name in ("student-int8", "cnn"):
        named[name]["curves"] = [
            {"class": c, "precision": [1.0, 0.9, 0.8 - 0.03 * i, 0.5, 0.2], "recall": [0.0, 0.3, 0.6, 0.85, 1.0]}
            for i, c in enumerate(CLASSES)
        ]
        bins = [
            {"low": b / 10, "high": (b + 1) / 10, "n": 900 // (b + 1), "mean_probability": b / 10 + 0.05,
             "frequency": min(1, max(0, b / 10 + 0.02 * (b % 3)))}
            for b in range(10)
        ]  # fmt: skip
        named[name]["calibration"] = {"ece": 0.021, "bins": bins}
    student["slices"] = [
        {"slice": "length", "value": "short (< 60 characters)", "n": 54, "score": 0.61},
        {"slice": "length", "value": "long (> 200 characters)", "n": 33, "score": 0.74},
        {"slice": "labels", "value": "1", "n": 80, "score": 0.66},
    ]
    student["typos"] = [{"rate": r, "score": 0.691 - 1.4 * r} for r in (0.0, 0.02, 0.05, 0.1)]
    student["behaviour"] = [
        {"test": "upper case changes nothing", "kind": "invariance", "n": 217, "failed": 0, "examples": []},
        {"test": "a named library implies its tag", "kind": "directional", "n": 40, "failed": 7,
         "examples": [{"text": TEXTS[1], "expected": "transformers", "got": []}]},
        {"test": "a question word changes some answers", "kind": "sensitivity", "n": 31, "failed": 31, "changed": 0,
         "expected": "At least one answer changes.", "examples": []},
    ]  # fmt: skip
    student["control"] = {
        "model": "student-alone", "gain": {"value": 0.021, "low": 0.004, "high": 0.038}, "seeds": 3, "mixed": True,
        "plain": "student-plain", "plain_seeds": 1, "mixing": {"value": 0.032, "low": 0.011, "high": 0.053},
        "total": {"value": 0.053, "low": 0.03, "high": 0.076},
    }  # fmt: skip
    student["audit"] = {
        "promised": {"bits": 8, "bytes": 61_440},
        "delivered": {"bits": 8, "bytes": 63_000},
        "tensors": [
            {"name": f"tables.{w}", "dtype": "int8", "shape": [w, 39, 48], "parameters": w * 39 * 48, "zeros": w * 61,
             "bytes": w * 39 * 48, "bytes_deflated": w * 1500}
            for w in range(3, 9)
        ],
        "int8": {"ops": 7, "ops_total": 8, "parameter_share": 0.99, "mac_share": 1.0},
        "notes": ["Sparsity shows only in the deflated size."],
    }  # fmt: skip
    dynamic = named["cnn-int8-dynamic"]
    dynamic["audit"] = {
        "promised": {"bits": 8},
        "delivered": {"bits": 8},
        "tensors": [],
        "int8": {"ops": 10, "ops_total": 12, "parameter_share": 0.95, "mac_share": 0.99},
        "notes": ["ConvInteger has no fast path in onnxruntime: smaller, not faster."],
    }


def metrics_of(task: Task) -> list[dict[str, Any]]:
    """As a study lists them."""
    named = ((name, METRICS[name]) for name in judging.metrics_of(task))
    return [{"name": n, "title": m.title, "higher_is_better": m.higher_is_better} for n, m in named]


def cleaning() -> dict[str, Any]:
    examples = [
        {"texts": ["it is <i>good</i>", "it is not <i>good</i>"], "labels": [[CLASSES[0]], [CLASSES[2]]]},
        {"texts": ["C++", "C#"], "labels": [[CLASSES[7]], []]},
    ]
    return {
        "chosen": "words",
        "why": "The best on validation.",
        "scores": {"words": 0.712, "raw": 0.709, "course": 0.655},
        "collisions": {"words": {"n": 0, "examples": []}, "course": {"n": 12, "examples": examples}},
    }


def ledgers() -> list[dict[str, Any]]:
    def step(name: str, model: str, f1: float, n_bytes: int, p50_us: float) -> dict[str, Any]:
        f1s = {"value": f1, "low": f1 - 0.04, "high": f1 + 0.037}
        return {"step": name, "model": model, "score": f1s, "bytes": n_bytes, "p50_s": p50_us * 1e-6}

    start = step("Character CNN, fp32 ONNX", "cnn", 0.661, 4_322_000, 3_670)
    smallest = [
        start,
        step("distill into a student", "student", 0.693, 430_000, 420),
        step("fold into int8 tables", "student-int8", 0.691, 63_000, 9.4),
        step("4 bits", "student-int4", 0.662, 32_000, 9.6),
    ]
    fold = step("fold into tables", "cnn-tables", 0.661, 1_309_000, 1_140)
    return [
        {"recipe": "smallest", "steps": smallest},
        {"recipe": "exact", "steps": [start, fold, step("int8", "cnn-tables-int8", 0.66, 275_000, 16.1)]},
    ]


def speed() -> dict[str, Any]:
    lengths = (20, 50, 100, 200, 500, 1000, 5000)
    return {
        "aa_ratio": {"value": 1.004, "low": 0.985, "high": 1.021},
        "noise_floor": 0.03,
        "length_curve": [
            {"model": model, "points": [{"characters": n, "p50_s": base + n * each} for n in lengths]}
            for model, base, each in (("cnn", 4e-4, 3e-5), ("student-int8", 4e-6, 5e-8), ("linear", 9e-5, 2e-6))
        ],
        "profile": [
            {
                "model": "student-int8",
                "stages": [
                    {"stage": "clean and encode", "seconds_per_document": 3.1e-6, "share": 0.33},
                    {"stage": "tables", "seconds_per_document": 5.6e-6, "share": 0.6},
                    {"stage": "decide", "seconds_per_document": 0.7e-6, "share": 0.07},
                ],
                "ops": [],
            }
        ],
        "gpu": {"status": "skipped", "reason": "no CUDA device"},
    }


def why() -> dict[str, Any]:
    ngrams = [{"ngram": g, "weight": w} for g, w in ((" vision ", 2.1), ("image", 1.7), ("<b>cat", 0.9), ("nlp", -1.2))]
    text = TEXTS[0]
    parts = [{"ngram": "finds", "start": 11, "share": 1.31}, {"ngram": "pictures", "start": 25, "share": -0.62}]
    return {
        "model": "student-int8",
        "classes": [{"class": c, "ngrams": ngrams} for c in CLASSES],
        "texts": [
            {"text": text, "labels": [{"class": CLASSES[0], "probability": 0.93, "parts": parts}]},
            {"text": TEXTS[1], "labels": [{"class": CLASSES[2], "probability": 0.51, "parts": parts[:1]}]},
        ],
    }
