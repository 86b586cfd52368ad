"""A model of results.json as one flat, typed row: what the verdict, the gates, the front and the tables read.

Where a model was measured in several forms, the row shows the fastest deployable one: single stream, CPU, one thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from baselines.scores.influence import Z_ONE_SIDED
from bench.numbers.quantities import Estimate

# Runtimes that a bundle runs in, without the training libraries.
DEPLOYABLE_RUNTIMES = ("table", "linear", "numpy", "onnxruntime")

TEST_SPLIT = "test split"

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One model.

    Attributes:
        score: the run's metric (`Run.metric`) on the test texts; of a loss, lower is better.
        higher_is_better: false where that metric is a loss.
        quality: every metric of the task, by name.
        class_scores: by class, its entry of `per_class`: precision, recall and f1, with `intervals`.
        delta: by how much it is better than the reference model in the metric, also where that is a loss; paired. None
            where it wasn't measured.
        lower, upper: one-sided 95 % bounds of `delta`.
        delta_source: `test split`, or `5 folds` where folds were asked for; which variance `delta` covers.
        speed_ratio: latency divided by the reference's, round by round, the median over rounds; below 1 is faster. No
            quotient of two `p50_s`, whose rounds may have been slow at other times.
        parent_ratio: the same, divided by the latency of the model it was made from.
        versus_chance: `{"model", "delta", "better"}` against the best rung that guesses; None where there is none.
        guesses: whether it guesses, whatever the text.
        failed: why its method counts as failed though it was measured (quality collapsed), "" where it doesn't.
        macs, adds: multiply-accumulates a text, zeros included, and additions without a multiplication.
        operations: what serving performs for a text: both together.
        run: the measured run the latency and bytes come from, as it stands in results.json.
    """

    name: str
    title: str
    stage: str
    method: str
    parent: str | None
    status: str
    reason: str
    score: Estimate | None = None
    higher_is_better: bool = True
    quality: Mapping[str, Estimate] = field(default_factory=dict)
    class_scores: Mapping[str, Json] = field(default_factory=dict)
    delta: Estimate | None = None
    delta_source: str = TEST_SPLIT
    lower: float | None = None
    upper: float | None = None
    bytes: float | None = None
    bytes_deflated: float | None = None
    parameters: float | None = None
    macs: float | None = None
    adds: float | None = None
    operations: float | None = None
    p50_s: float | None = None
    p50_low: float | None = None
    p50_high: float | None = None
    p95_s: float | None = None
    cold_start_s: float | None = None
    peak_rss_bytes: float | None = None
    energy_j: float | None = None
    documents_per_s: float | None = None
    speed_ratio: Estimate | None = None
    parent_ratio: Estimate | None = None
    flipped: float | None = None
    versus_chance: Json | None = None
    guesses: bool = False
    failed: str = ""
    run: Json | None = None
    warnings: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """One-sided 95 % bounds of `delta`: the stored ones, else from its two-sided interval as a normal one."""
        if self.lower is not None and self.delta is not None:
            return self.lower, self.upper if self.upper is not None else 2 * self.delta.value - self.lower
        if self.delta is None or self.delta.low is None or self.delta.high is None:
            return None, None
        reach = Z_ONE_SIDED * self.delta.deviation
        return self.delta.value - reach, self.delta.value + reach

    @property
    def over_folds(self) -> bool:
        """Whether the difference is one over folds: of the recipe, not of the file that is shipped."""
        return self.delta is not None and self.delta_source != TEST_SPLIT

    @property
    def goodness(self) -> float | None:
        """The score as something of which more is better: of a loss its negative."""
        if self.score is None:
            return None
        return self.score.value if self.higher_is_better else -self.score.value

    @property
    def guesses_as_well(self) -> str:
        """Name of the rung that guesses, and that this model isn't shown to be better than; "" where it is, or none."""
        versus = self.versus_chance or {}
        return "" if versus.get("better", True) else str(versus["model"])

    @property
    def measured(self) -> bool:
        return self.status == "measured" and self.score is not None

    @property
    def runtime(self) -> str:
        return str(self.run["runtime"]) if self.run else ""

    @property
    def form(self) -> str:
        return str(self.run.get("form") or self.run["runtime"]) if self.run else ""

    @property
    def deployable(self) -> bool:
        """Whether it was measured as a bundle that runs without the training libraries, and its size is known."""
        return self.measured and self.runtime in DEPLOYABLE_RUNTIMES and self.bytes is not None


def estimate(content: Any) -> Estimate | None:
    """`{"value", "low", "high"}`, perhaps with `family_low` and `family_high`, or a number; None without a value."""
    if isinstance(content, int | float) and not isinstance(content, bool):
        return Estimate(float(content))
    if not isinstance(content, Mapping) or content.get("value") is None:
        return None
    ends = (content.get(end) for end in ("low", "high", "family_low", "family_high"))
    return Estimate(float(content["value"]), *ends)


def single_runs(model: Json) -> list[Json]:
    """Measured single-stream runs on the CPU with the fewest threads, fastest first."""
    runs = [run for run in model.get("runs") or [] if _is_single(run)]
    fewest = min((run.get("threads") or 1 for run in runs), default=1)
    return sorted((r for r in runs if (r.get("threads") or 1) == fewest), key=lambda r: float(r["latency_s"]["p50"]))


def main_run(model: Json) -> Json | None:
    """The run a row shows: the fastest in a runtime that a bundle runs in, else the fastest of all."""
    runs = single_runs(model)
    deployable = [run for run in runs if run.get("runtime") in DEPLOYABLE_RUNTIMES]
    return next(iter(deployable or runs), None)


def _is_single(run: Json) -> bool:
    return bool(
        run.get("status", "measured") == "measured"
        and run.get("scenario", "single") == "single"
        and run.get("device", "cpu") == "cpu"
        and (run.get("latency_s") or {}).get("p50") is not None
    )


def row_of(model: Json, reference: str | None, folds: Json, metric: str, higher_is_better: bool = True) -> Row:
    """One model of results.json, compared with `reference`: over `folds` where they have it, else on the test split.

    `metric` is the name of the one that the run is judged by; `higher_is_better` is false for a loss.
    """
    quality, size, compute = (model.get(key) or {} for key in ("quality", "size", "compute"))
    run = main_run(model)
    latency: Json = (run or {}).get("latency_s") or {}
    found = {name: value for name, content in quality.items() if (value := estimate(content)) is not None}
    score = found.get(metric)
    status, reason = str(model.get("status", "measured")), str(model.get("reason") or "")
    if status == "measured" and score is None:
        status, reason = "failed", reason or f"no {metric} was stored"
    return Row(
        name=model["name"],
        title=str(model.get("title") or model["name"]),
        stage=str(model.get("stage") or "baseline"),
        method=str(model.get("method") or ""),
        parent=model.get("parent"),
        status=status,
        reason=reason,
        score=score,
        higher_is_better=higher_is_better,
        quality=found,
        class_scores={str(entry["class"]): entry for entry in quality.get("per_class") or ()},
        **_against_reference(model, reference, folds),
        bytes=(run or {}).get("bytes") if (run or {}).get("bytes") is not None else size.get("bytes"),
        bytes_deflated=size.get("bytes_deflated"),
        parameters=size.get("parameters"),
        macs=compute.get("macs_per_document"),
        adds=compute.get("adds_per_document"),
        operations=_operations(compute),
        p50_s=latency.get("p50"),
        p50_low=latency.get("p50_low"),
        p50_high=latency.get("p50_high"),
        p95_s=latency.get("p95"),
        cold_start_s=(run or {}).get("cold_start_s"),
        peak_rss_bytes=(run or {}).get("peak_rss_bytes"),
        energy_j=(run or {}).get("energy_j_per_document"),
        documents_per_s=_best_throughput(model),
        speed_ratio=_speed_ratio(model, run, reference),
        parent_ratio=_parent_ratio(model, run, reference),
        flipped=(model.get("versus_reference") or {}).get("flipped_documents"),
        versus_chance=model.get("versus_chance"),
        guesses=bool(model.get("guesses", False)),
        failed=str((model.get("audit") or {}).get("failed") or ""),
        run=run,
        warnings=tuple(str(w) for w in [*(model.get("warnings") or ()), *((run or {}).get("warnings") or ())]),
    )


def _against_reference(model: Json, reference: str | None, folds: Json) -> dict[str, Any]:
    if reference is None:
        return {}
    if model["name"] == reference:
        return {"delta": Estimate(0.0, 0.0, 0.0), "lower": 0.0, "upper": 0.0}
    # Differences over folds count where they were taken against the same reference.
    same = folds.get("reference", reference) == reference
    over_folds = ((folds.get("models") or {}).get(model["name"]) or {}) if same else {}
    if estimate(over_folds.get("delta")):
        source = over_folds
        label = f"{folds.get('k', len(folds))} folds"
    else:
        same_parent = model.get("versus_parent") if model.get("parent") == reference else None
        source = model.get("versus_reference") or same_parent or {}
        label = TEST_SPLIT
    content = source.get("delta")
    bounds: Json = content if isinstance(content, Mapping) else {}
    return {
        "delta": estimate(content),
        "delta_source": label,
        "lower": bounds.get("lower"),
        "upper": bounds.get("upper"),
    }


def _operations(compute: Json) -> float | None:
    """As stored; in files of before, dense MACs and adds."""
    stored, macs = compute.get("operations_per_document"), compute.get("macs_per_document")
    return stored if stored is not None or macs is None else macs + (compute.get("adds_per_document") or 0.0)


def _speed_ratio(model: Json, run: Json | None, reference: str | None) -> Estimate | None:
    if run is None or reference is None:
        return None
    if ratio := estimate(run.get("ratio_to_reference")):
        return ratio
    return Estimate(1.0, 1.0, 1.0) if model["name"] == reference else None


def _parent_ratio(model: Json, run: Json | None, reference: str | None) -> Estimate | None:
    """The inverse of the stored speed-up; the ratio to the reference where that is the parent."""
    speedup = estimate((model.get("versus_parent") or {}).get("speedup"))
    if speedup is None or not speedup.value:
        return _speed_ratio(model, run, reference) if model.get("parent") == reference else None
    ends = (speedup.high, speedup.low, speedup.family_high, speedup.family_low)
    return Estimate(1 / speedup.value, *(1 / end if end else None for end in ends))


def _best_throughput(model: Json) -> float | None:
    runs: Sequence[Json] = [r for r in model.get("runs") or [] if r.get("status", "measured") == "measured"]
    rates = [float(r["documents_per_s"]) for r in runs if r.get("documents_per_s") and r.get("device", "cpu") == "cpu"]
    return max(rates, default=None)
