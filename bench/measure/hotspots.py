"""Where one model's time goes: tokenising, the model, naming the classes; and inside onnxruntime, operator by operator.

A run of its own, since profiling slows what it watches. The shares say where to look; the latency that is claimed
comes from `bench.measure.rounds` alone.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from baselines.errors import MeasurementError
from baselines.task import decide
from baselines.telemetry import import_onnxruntime
from bench.candidate import Candidate, open_candidate
from bench.numbers.samples import sampled
from exports.runtime.bundle_format import ONNX_FILE

Json = dict[str, Any]
STAGES = ("tokenise", "model", "decode")
_WARMUP = 10
# Texts of one pass at most: the shares of the stages need few, and onnxruntime writes down every operator of each.
_MOST = 1_000


def profile(candidate: Candidate, texts: Sequence[str], *, at_least_s: float = 1.0) -> Json:
    """One entry of `speed.profile` in results.json: `{"model", "whole_s", "stages", "ops"}`, texts one at a time.

    `whole_s` is one `predict_proba`; it can be less than its stages together where a runtime fuses them.

    Raises:
        MeasurementError: a runtime without stages of its own (a bundle has them).
    """
    server: Any = open_candidate(candidate)
    if not hasattr(server, "encode") or not hasattr(server, "run"):
        raise MeasurementError(f"profile of {candidate.name!r}: only bundles can be profiled; export the model first")
    if not texts:
        raise MeasurementError("profile: at least one text is needed")
    texts = sampled(texts, _MOST)
    whole_s, stages = time_stages(server, texts, at_least_s=at_least_s)
    ops = onnx_ops(candidate, server, texts) if candidate.runtime == "onnxruntime" else []
    return {"model": candidate.name, "whole_s": whole_s, "stages": stages, "ops": ops}


def time_stages(
    server: Any,
    texts: Sequence[str],
    *,
    at_least_s: float,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> tuple[float, list[Json]]:
    """Mean seconds a text of one whole answer, and of each stage with its share of the stages' sum.

    Args:
        server: a predictor of `exports.runtime`.
        texts: passed through, whole passes, until the time is over.
        at_least_s: seconds.
        clock: nanoseconds.
    """
    spent, whole, documents = [0, 0, 0], 0, 0
    for text in [texts[i % len(texts)] for i in range(_WARMUP)]:
        _decode(server, server.run(server.encode([text])))
    stop = clock() + round(at_least_s * 1e9)
    while documents == 0 or clock() < stop:
        for text in texts:
            start = clock()
            encoded = server.encode([text])
            tokenised = clock()
            probabilities = server.run(encoded)
            ran = clock()
            _decode(server, probabilities)
            decoded = clock()
            server.predict_proba([text])
            end = clock()
            for index, nanoseconds in enumerate((tokenised - start, ran - tokenised, decoded - ran)):
                spent[index] += nanoseconds
            whole += end - decoded
        documents += len(texts)
    total = max(sum(spent), 1)
    stages = [
        {"stage": stage, "seconds_per_document": each / 1e9 / documents, "share": each / total}
        for stage, each in zip(STAGES, spent, strict=True)
    ]
    return whole / 1e9 / documents, stages


def onnx_ops(candidate: Candidate, server: Any, texts: Sequence[str]) -> list[Json]:
    """Time by kind of operator from onnxruntime's own profile, largest first; see `sum_by_op`."""
    from baselines.text.tokenizer import pad

    onnxruntime = import_onnxruntime()

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = candidate.threads
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            (candidate.path / ONNX_FILE).read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        for text in texts:
            ids, lengths = pad(server.encode([text]))
            session.run(None, {"ids": ids, "lengths": lengths})
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    return sum_by_op(events, len(texts))


def sum_by_op(events: Sequence[Json], documents: int) -> list[Json]:
    """Add up the kernel times (microseconds) of a profile's events by kind of operator."""
    spent: dict[str, int] = defaultdict(int)
    calls: dict[str, int] = defaultdict(int)
    for event in events:
        if event.get("cat") == "Node" and str(event.get("name", "")).endswith("_kernel_time"):
            op = str((event.get("args") or {}).get("op_name", "unknown"))
            spent[op] += int(event["dur"])
            calls[op] += 1
    total = max(sum(spent.values()), 1)
    return [
        {
            "op": op,
            "calls": calls[op],
            "seconds_per_document": spent[op] / 1e6 / documents,
            "share": spent[op] / total,
        }
        for op in sorted(spent, key=lambda op: -spent[op])
    ]


def _decode(server: Any, probabilities: Any) -> list[list[str]]:
    return [server.space.said(row) for row in decide(probabilities, server.thresholds, server.task)]
