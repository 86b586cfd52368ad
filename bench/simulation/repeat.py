"""The same run measured again and again: does its verdict stay?

Models, answers and scores are those of a finished run; only the latencies are taken anew, in new processes and another
order each time, and the verdict is drawn from them by the run's own rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors.numpy import load_file

from baselines.data.sources import load
from baselines.errors import DataError, RunFolderError
from bench.candidate import BUNDLE_RUNTIMES, Candidate
from bench.measure.interleaved import OpenHost, StartCold
from bench.measure.measurements import Measurements
from bench.measure.plan import Plan
from bench.measure.rounds import measure
from bench.quality.scoring import SCORES_FILE
from bench.results.file import read_run
from bench.results.run import Run
from bench.verdict.conclude import conclude
from bench.verdict.gates import parse_gate
from bench.verdict.speed_claims import is_slow_variant

Json = dict[str, Any]


@dataclass(frozen=True)
class Repeated:
    """One repetition: what is recommended, in which words, which variants are refused for slowness, and the noise."""

    model: str | None
    sentence: str
    refused: tuple[str, ...]
    noise_floor: float | None


def repeat_measurement(
    run_folder: Path,
    times: int,
    seed: int,
    *,
    texts: Sequence[str] = (),
    plan: Plan | None = None,
    open_host: OpenHost | None = None,
    start: StartCold | None = None,
) -> list[Repeated]:
    """Measure a finished run's models again so many times, and judge each time.

    Args:
        run_folder: with results.json, the bundles and artifacts that it names, and its stored answers.
        times: repetitions, at least 1.
        seed: of the first one's plan; each later one has the next.
        texts: of the test part; those of the sample by default.
        plan: how much to measure; the run's own by default.
        open_host, start: of `bench.measure.rounds.measure`; tests simulate them.

    Raises:
        UserError: no such run, a run without latencies, or on other data than the sample without `texts`.
    """
    run = read_run(run_folder)
    plan = plan or _plan_of(run)
    of_models = {name: _candidates(run, model) for name, model in run.models.items()}
    candidates = [candidate for forms in of_models.values() for candidate in forms]
    expected: dict[str, NDArray[Any]] = {}
    for name, forms in of_models.items():
        if forms:
            expected |= load_file(run.folder / "bench" / f"scores-{name}" / SCORES_FILE)
    found = []
    for number in range(times):
        measured = measure(
            candidates,
            texts or _sample_texts(run),
            replace(plan, seed=seed + number),
            expected=expected,
            anchor=run.content["speed"]["anchor"],
            open_host=open_host,
            start=start,
        )
        found.append(_judged(run, measured, of_models))
    return found


def _judged(run: Run, measured: Measurements, of_models: Mapping[str, Sequence[Candidate]]) -> Repeated:
    content = dict(run.content)
    content["models"] = [_model(run, model, measured, of_models[name]) for name, model in run.models.items()]
    stays = {key: content["speed"].get(key) for key in ("margin", "gpu", "profile") if key in content["speed"]}
    content["speed"] = {**measured.speed(), **stays}
    gates = [parse_gate(gate["gate"]) for gate in content.get("gates") or ()]
    verdict = conclude(content, gates, (content.get("verdict") or {}).get("priority", "smallest"))["verdict"]
    again = Run(content, run.path)
    refused = tuple(row.name for row in again.rows if is_slow_variant(row, again.claim_floor))
    return Repeated(verdict["model"], verdict["sentence"], refused, measured.noise_floor)


def _model(run: Run, model: Mapping[str, Any], measured: Measurements, forms: Sequence[Candidate]) -> Json:
    """A model's entry with its rows, and the speed against its parent, as they are this time."""
    rows: list[Json] = [dict(row) for row in model.get("runs") or () if row.get("device", "cpu") != "cpu"]
    for candidate in forms:
        sizes = [row.get("bytes") for row in model["runs"] if row.get("form", "") == candidate.form]
        rows += [{**row, "bytes": sizes[0]} for row in measured.runs(candidate.name, run.reference)]
    changed = {**model, "runs": rows} if forms else dict(model)
    parent = model.get("parent")
    if "versus_parent" in model and measured.rounds(str(parent)) and measured.rounds(str(model["name"])):
        speedup = measured.speedup(str(model["name"]), str(parent)).to_json()
        changed["versus_parent"] = {**model["versus_parent"], "speedup": speedup}
    return changed


def _candidates(run: Run, model: Mapping[str, Any]) -> list[Candidate]:
    """Everything of a model that was timed on the CPU: the main form has the model's name, others say theirs."""
    name, found = str(model["name"]), list[Candidate]()
    timed = [row for row in model.get("runs") or () if row.get("device", "cpu") == "cpu" and row.get("latency_s")]
    for runtime, form in dict.fromkeys((row["runtime"], row.get("form") or "") for row in timed):
        own = name if not found else f"{name} ({form})"
        found.append(Candidate(own, _place(run, model, runtime, form, found), runtime, form=form))
    return found


def _place(run: Run, model: Mapping[str, Any], runtime: str, form: str, before: Sequence[Candidate]) -> Path:
    if runtime not in BUNDLE_RUNTIMES:
        return run.folder / str(model["artifact"])
    main = Path(str(model["bundle"]))
    if not before:
        return run.folder / main
    # Forms of a model lie side by side: exports/NAME-FORM/bundle.
    return run.folder / main.parent.with_name(f"{model['name']}-{form}") / main.name


def _plan_of(run: Run) -> Plan:
    stated = (run.content.get("speed") or {}).get("plan")
    if not stated:
        raise RunFolderError(f"{run.path}: no latencies were measured in this run; repeat a run of `compress.run`")
    known = {entry.name for entry in fields(Plan)}
    typed: Json = {
        key: tuple(value) if isinstance(value, list) else value for key, value in stated.items() if key in known
    }
    return Plan(**typed)


def _sample_texts(run: Run) -> Sequence[str]:
    dataset = load()
    if dataset.sha256 != (run.content.get("dataset") or {}).get("sha256"):
        raise DataError(f"{run.path}: judged on other data than the embedded sample; give the texts of its test part")
    return dataset.part("test").texts
