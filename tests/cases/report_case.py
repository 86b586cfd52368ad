"""Fixed measurements for the tests of the report: a whole results.json.

The figures follow the proportions of a real run, but nothing here was measured.
"""

from __future__ import annotations

import copy
from typing import Any

from tests.cases.doctor_case import data_doctor
from tests.cases.hostile_case import CLASSES, TEXTS
from tests.cases.report_details_case import add_details, cleaning, ledgers, metrics_of, speed, why

# name, title, stage, method, parent, runtime, F1, ΔF1 (value, low, high), bytes, p50 in µs, MACs
_MEASURED: tuple[tuple[Any, ...], ...] = (
    ("chance-coin", "Chance, fair coin", "baseline", "", None, "python",
     0.185, (-0.476, -0.52, -0.43), 310, 4.1, 0),
    ("rules-stemmed", "Rules, stemmed", "baseline", "", None, "python",
     0.612, (-0.049, -0.1, 0.002), 5_900, 210, 0),
    ("tfidf-logistic", "TF-IDF + logistic regression", "baseline", "", None, "python",
     0.306, (-0.355, -0.41, -0.3), 410_000, 640, 61_000),
    ("tfidf-svm", "TF-IDF + linear SVM", "baseline", "", None, "python",
     0.653, (-0.008, -0.05, 0.03), 402_000, 655, 61_000),
    ("tfidf-forest", "TF-IDF + random forest", "baseline", "", None, "python",
     0.485, (-0.176, -0.23, -0.13), 81_000_000, 52_000, 35_000),
    ("tfidf-boosting", "TF-IDF + gradient boosting", "baseline", "", None, "python",
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
    add_details(models)
    return copy.deepcopy(
        {
            "format_version": 4,
            "task": "multilabel",
            "metric": "f1_weighted",
            "metric_title": "weighted F1",
            "metrics": metrics_of("multilabel"),
            "cleaning": cleaning(),
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
                "task_found": "Some texts have several labels; --task overrules it.",
                "split": {"train": 1013, "validation": 214, "test": 217},
            },
            "models": models,
            "run": {"name": "case", "seed": 7, "commands": ["python -m compress.run --run case"], "seconds": 312.0},
            "delta": 0.01,
            "reference": "cnn",
            "together": _together([name for name, *_ in _MEASURED if name != "cnn"]),
            "data_card": {
                "documents": 1444,
                "labels per document": 2.5,
                "licence": "CC0-1.0",
                "notes": list(TEXTS[:2]),
            },
            "data_doctor": data_doctor(),
            "ledgers": ledgers(),
            "speed": speed(),
            "why": why(),
            "sensitivity": [
                {"width": width, "sparsity": sparsity, "score": 0.66 - 0.02 * width * sparsity**2}
                for width in (1, 5, 10)
                for sparsity in (0.0, 0.25, 0.5, 0.75)
            ],
        }
    )


def _together(names: list[str]) -> dict[str, Any]:
    """Differences that go up and down together by half, and what resampled test texts would show."""
    sets = [(["cnn-tables", "cnn-tables-int8", "student-int8"], 183), (["cnn-tables-int8"], 84), ([], 33)]
    return {
        "models": names,
        "correlation": [[1.0 if a == b else 0.5 for b in names] for a in names],
        "resampled": {
            "delta": 0.01,
            "priority": "smallest",
            "sets": [{"as_good": good, "times": times} for good, times in sets],
        },
    }


def _model(
    name: str, title: str, stage: str, method: str, parent: str | None, runtime: str, f1: float,
    delta: tuple[float, float, float], n_bytes: int, p50_us: float, macs: int,
) -> dict[str, Any]:  # fmt: skip
    versus = {
        "delta": {"value": delta[0], "low": delta[1], "high": delta[2]},
        "flipped_documents": round(min(1.0, abs(delta[0]) * 2 + 0.01), 3),
        "validation": {"value": delta[0], "lower": delta[1], "upper": delta[2] + 1e-6},
    }
    return {
        "name": name,
        "title": title,
        "stage": stage,
        "method": method,
        "parent": parent,
        "status": "measured",
        "quality": _quality(f1),
        "versus_reference": versus,
        **({"versus_parent": {**versus, "size_ratio": 0.5}} if parent else {}),
        "size": {"bytes": n_bytes, "bytes_deflated": round(n_bytes * 0.8), "parameters": n_bytes // 4},
        "compute": {"macs_per_document": macs, "effective_macs_per_document": macs},
        "runs": _runs(runtime, n_bytes, p50_us * 1e-6),
        "training": {"seconds": 12.5, "energy_wh": 0.11, "energy_source": "tdp-estimate"},
        **({"guesses": True} if name.startswith("chance") else {}),
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
        "exact_match": score(0.7 * f1),
        "labels_per_text": {"true": 2.5, "predicted": 2.31},
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
        "ratio_to_reference": {"value": p50 / 3670e-6, "low": p50 / 3670e-6 * 0.98, "high": p50 / 3670e-6 * 1.02},
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
