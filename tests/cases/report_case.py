"""Fixed measurements for the tests of the report: a results.json with hostile names and texts, and a table bundle.

The figures follow the proportions of a real run, but nothing here was measured.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np

from baselines.storage.artifact import Lineage
from baselines.text.tokenizer import Tokenizer
from compress.formats.packed import StoredTables
from compress.formats.tables import IntTables
from compress.kinds.table_classifiers import IntTableClassifier
from exports.bundles.write_bundle import write_bundle

CLASSES = (
    "computer-vision",
    "natural-language-processing",
    "</script><script>alert(1)</script>",
    "graphs & <b>networks</b>",
    "quotes \"double\" and 'single'",
    "‮txet tfel ot thgir",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "transformers",
)
TEXTS = (
    "A CNN that finds cats in pictures <img src=x onerror=alert(1)>",
    "BERT & friends: </script><script>window.hacked = 1</script> text classification\u2028with a separator",
    "שלום עולם, a right-to-left text ‮with an override",
    "x" * 400,
    "Şirin İSTANBUL ΣΊΣΥΦΟΣ straße №5 ½ ² ⅷ 深度学习 かな 🚀 naïve café",
    "<!-- a comment that never ends, {{ 7 * 7 }} {% raw %}",
    "",
    "   \t\n ",
    "\ud800 lone surrogate | pipe | table",
)

# name, title, stage, method, parent, runtime, F1, ΔF1 (value, low, high), bytes, p50 in µs, MACs
_MEASURED: tuple[tuple[Any, ...], ...] = (
    ("chance-coin", "Chance, fair coin", "baseline", "", None, "python",
     0.185, (-0.476, -0.52, -0.43), 310, 4.1, 0),
    ("rules-stemmed", "Rules, stemmed", "baseline", "", None, "python",
     0.612, (-0.049, -0.1, 0.002), 5_900, 210, 0),
    ("tfidf-logistic", "TF-IDF + logistic regression", "baseline", "", None, "sklearn",
     0.306, (-0.355, -0.41, -0.3), 410_000, 640, 61_000),
    ("tfidf-svm", "TF-IDF + linear SVM", "baseline", "", None, "sklearn",
     0.653, (-0.008, -0.05, 0.03), 402_000, 655, 61_000),
    ("tfidf-forest", "TF-IDF + random forest", "baseline", "", None, "sklearn",
     0.485, (-0.176, -0.23, -0.13), 81_000_000, 52_000, 35_000),
    ("tfidf-boosting", "TF-IDF + gradient boosting", "baseline", "", None, "sklearn",
     0.685, (0.024, -0.021, 0.066), 5_200_000, 9_800, 41_000),
    ("linear", "Words and characters, linear", "baseline", "", None, "linear",
     0.73, (0.069, 0.032, 0.107), 1_950_000, 310, 205_000),
    ("cnn", "Character CNN", "baseline", "", None, "onnxruntime",
     0.661, (0.0, 0.0, 0.0), 4_322_000, 3_670, 121_000_000),
    ("cnn-tables", "Character CNN, tables", "compress", "fold", "cnn", "onnxruntime",
     0.661, (0.0, 0.0, 0.0), 1_309_000, 1_140, 12_300_000),
    ("cnn-tables-int8", "Character CNN, int8 tables", "compress", "quantize-tables", "cnn-tables", "table",
     0.66, (-0.001, -0.0052, 0.0031), 275_000, 16.1, 1_100_000),
    ("cnn-int8-dynamic", "int8 by quantize_dynamic", "compress", "quantize-dynamic", "cnn", "onnxruntime",
     0.659, (-0.002, -0.0071, 0.0029), 1_119_000, 11_240, 121_000_000),
    ("cnn-pruned", "Filters pruned by half", "compress", "prune", "cnn", "onnxruntime",
     0.648, (-0.013, -0.035, 0.009), 2_170_000, 1_830, 60_000_000),
    ("student", "Distilled student", "compress", "distill", "cnn", "onnxruntime",
     0.693, (0.032, 0.001, 0.062), 430_000, 420, 8_200_000),
    ("student-int8", "Student, int8 tables", "compress", "quantize-tables", "student", "table",
     0.691, (0.03, -0.001, 0.061), 63_000, 9.4, 410_000),
    ("student-int4", 'Student, 4 bits <b>"tiny"</b>', "compress", "quantize-tables", "student", "table",
     0.662, (0.001, -0.031, 0.033), 32_000, 9.6, 410_000),
)  # fmt: skip
_MISSING = (
    ("transformer-frozen", "MiniLM + linear", "baseline", "skipped", "needs the extra 'transformers' and a download"),
    (
        "student-pruned",
        "Student, pruned",
        "compress",
        "failed",
        "NotCompressible: <no> filter falls below the threshold",
    ),
)


def make_results() -> dict[str, Any]:
    """A fresh copy of the whole results.json."""
    models = [_model(*row) for row in _MEASURED]
    models += [{"name": n, "title": t, "stage": s, "status": st, "reason": r} for n, t, s, st, r in _MISSING]
    _add_details(models)
    return copy.deepcopy(
        {
            "format_version": 1,
            "command": "python -m compress.run --method all --run case",
            "created": "2026-03-01T12:00:00Z",
            "git": {"commit": "0123456789abcdef", "dirty": False},
            "environment": {
                "cpu": "Fixed CPU @ 2.00GHz",
                "simd": ["avx2"],
                "vnni": False,
                "cores_usable": 2,
                "gpu": None,
                "versions": {"python": "3.11.8", "onnxruntime": "1.23.0"},
                "noise_floor": 0.03,
            },
            "dataset": {
                "name": "case",
                "sha256": "ab" * 32,
                "n_documents": 1444,
                "n_classes": len(CLASSES),
                "split": {"train": 1013, "validation": 214, "test": 217},
            },
            "models": models,
            "run": {"name": "case", "seed": 7, "commands": ["python -m compress.run --run case"], "seconds": 312.0},
            "delta": 0.01,
            "baseline": "cnn",
            "data_card": {
                "documents": 1444,
                "labels per document": 2.5,
                "licence": "CC0-1.0",
                "notes": list(TEXTS[:2]),
            },
            "ledgers": _ledgers(),
            "speed": _speed(),
            "why": _why(),
            "sensitivity": [
                {"width": width, "sparsity": sparsity, "f1_weighted": 0.66 - 0.02 * width * sparsity**2}
                for width in (1, 5, 10)
                for sparsity in (0.0, 0.25, 0.5, 0.75)
            ],
        }
    )


def make_tables(n_classes: int = len(CLASSES)) -> tuple[IntTables, Tokenizer]:
    """A small int8 table model with random weights, and the tokenizer that belongs to it."""
    rng = np.random.default_rng(5)
    tokenizer = Tokenizer(" abcdefghijklmnopqrstuvwxyz0123456789éσß深")
    tables = []
    for width, filters in ((1, 6), (3, 8), (4, 8)):
        table = rng.integers(-127, 128, (width, tokenizer.n_ids, filters)).astype(np.int8)
        table[:, 0] = 0
        tables.append(table)
    head = rng.integers(-127, 128, (n_classes, 22)).astype(np.int8)
    scale = rng.uniform(5e-6, 2e-5, n_classes).astype(np.float32)
    bias = rng.normal(-0.5, 0.5, n_classes).astype(np.float32)
    return IntTables(tuple(tables), head, scale, bias), tokenizer


def _model(
    name: str, title: str, stage: str, method: str, parent: str | None, runtime: str, f1: float,
    delta: tuple[float, float, float], n_bytes: int, p50_us: float, macs: int,
) -> dict[str, Any]:  # fmt: skip
    versus = {
        "delta_f1_weighted": {"value": delta[0], "low": delta[1], "high": delta[2]},
        "flipped_documents": round(min(1.0, abs(delta[0]) * 2 + 0.01), 3),
    }
    return {
        "name": name,
        "title": title,
        "stage": stage,
        "method": method,
        "parent": parent,
        "status": "measured",
        "quality": _quality(f1),
        "versus_baseline": versus,
        **({"versus_parent": {**versus, "size_ratio": 0.5}} if parent else {}),
        "size": {"bytes": n_bytes, "bytes_deflated": round(n_bytes * 0.8), "parameters": n_bytes // 4},
        "compute": {"macs_per_document": macs, "effective_macs_per_document": macs},
        "runs": _runs(runtime, n_bytes, p50_us * 1e-6),
        "training": {"seconds": 12.5, "energy_wh": 0.11, "energy_source": "tdp-estimate"},
        "interpretability": "weights by n-gram" if runtime in ("linear", "table") else "none",
    }  # fmt: skip


def _quality(f1: float) -> dict[str, Any]:
    def score(value: float) -> dict[str, float]:
        return {
            "value": round(value, 4),
            "low": round(max(0, value - 0.04), 4),
            "high": round(min(1, value + 0.037), 4),
        }

    per_class = [
        {
            "class": name,
            "precision": round(min(1, f1 + 0.05 - 0.02 * i), 3),
            "recall": round(max(0, f1 - 0.03 * i), 3),
            "f1": score(max(0, f1 + 0.04 - 0.025 * i)),
            "support": 60 - 7 * i,
            "threshold": round(0.5 - 0.03 * i, 2),
        }
        for i, name in enumerate(CLASSES)
    ]
    return {
        "f1_weighted": score(f1),
        "f1_micro": score(f1 + 0.01),
        "f1_macro": score(f1 - 0.05),
        "precision_weighted": score(f1 + 0.04),
        "recall_weighted": score(f1 - 0.02),
        "at_0.5": {"f1_weighted": round(f1 - 0.03, 4)},
        "thresholds": "per_class",
        "per_class": per_class,
    }


def _runs(runtime: str, n_bytes: int, p50: float) -> list[dict[str, Any]]:
    quantiles = [round(p50 * (0.8 + 0.004 * q + (0.3 if q > 95 else 0)), 9) for q in range(101)]
    single = {
        "device": "cpu",
        "runtime": runtime,
        "form": runtime,
        "threads": 1,
        "scenario": "single",
        "batch_size": 1,
        "bytes": n_bytes,
        "latency_s": {
            "p50": p50,
            "p50_low": p50 * 0.98,
            "p50_high": p50 * 1.02,
            "p95": p50 * 1.4,
            "p99": None,
            "n": 400,
        },
        "ratio_to_baseline": {"value": p50 / 3670e-6, "low": p50 / 3670e-6 * 0.98, "high": p50 / 3670e-6 * 1.02},
        "cold_start_s": 0.2 if runtime == "table" else 0.9,
        "peak_rss_bytes": 30_000_000 if runtime == "table" else 160_000_000,
        "energy_j_per_document": p50 * 15,
        "energy_source": "tdp-estimate",
        "quantiles_s": quantiles,
        "model_only_s": p50 * 0.7,
        "status": "measured",
    }
    offline = [
        {"device": "cpu", "runtime": runtime, "threads": threads, "scenario": "offline", "batch_size": batch,
         "documents_per_s": round(threads**0.8 / p50 * (1 - 0.5 / batch), 1), "status": "measured"}
        for threads in (1, 2)
        for batch in (1, 8, 64, 256)
    ]  # fmt: skip
    gpu = {"device": "cuda", "runtime": runtime, "scenario": "single", "status": "skipped", "reason": "no CUDA device"}
    return [single, *offline, gpu]


def _add_details(models: list[dict[str, Any]]) -> None:
    named = {model["name"]: model for model in models}
    student = named["student-int8"]
    student["non_inferior"] = True
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
        {"slice": "length", "value": "short (< 60 characters)", "n": 54, "f1_weighted": 0.61},
        {"slice": "length", "value": "long (> 200 characters)", "n": 33, "f1_weighted": 0.74},
        {"slice": "labels", "value": "1", "n": 80, "f1_weighted": 0.66},
    ]
    student["typos"] = [{"rate": r, "f1_weighted": 0.691 - 1.4 * r} for r in (0.0, 0.02, 0.05, 0.1)]
    student["behaviour"] = [
        {"test": "upper case changes nothing", "kind": "invariance", "n": 217, "failed": 0, "examples": []},
        {"test": "a named library implies its tag", "kind": "directional", "n": 40, "failed": 7,
         "examples": [{"text": TEXTS[1], "expected": "transformers", "got": []}]},
    ]  # fmt: skip
    student["control"] = {"model": "student-alone", "gain": {"value": 0.021, "low": 0.004, "high": 0.038}, "seeds": 3}
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


def _ledgers() -> list[dict[str, Any]]:
    def step(name: str, model: str, f1: float, n_bytes: int, p50_us: float) -> dict[str, Any]:
        f1s = {"value": f1, "low": f1 - 0.04, "high": f1 + 0.037}
        return {"step": name, "model": model, "f1_weighted": f1s, "bytes": n_bytes, "p50_s": p50_us * 1e-6}

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


def _speed() -> dict[str, Any]:
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


def _why() -> dict[str, Any]:
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


def write_run(folder: Path, results: dict[str, Any] | None = None) -> Path:
    """A run folder as the study leaves it: results.json, and the table bundle that the page runs."""
    results = make_results() if results is None else results
    folder.mkdir(parents=True, exist_ok=True)
    tables, tokenizer = make_tables()
    classifier = IntTableClassifier(StoredTables(tables), tokenizer, CLASSES)
    classifier.thresholds_ = np.linspace(0.3, 0.6, len(CLASSES)).astype(np.float32)
    lineage = Lineage("student-int8", "compress", "quantize-tables", "student")
    write_bundle(classifier, lineage, folder / "exports" / "student-int8-table", "table")
    results["try_it"] = {"model": "student-int8", "bundle": "exports/student-int8-table"}
    # Escaped, as a lone surrogate has no UTF-8.
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return folder
