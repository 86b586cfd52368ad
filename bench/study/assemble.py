"""Puts everything a study found into results.json: facts only, the verdict is drawn from them afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from baselines.dataset import PARTS
from baselines.errors import MeasurementError
from baselines.models.registry import BASELINES
from baselines.storage.artifact import lineage_of, read_json, write_json
from bench.candidate import Candidate, known_in, open_candidate
from bench.cost.bill import bill_of_answers, bill_of_training, carbon_of_gpu_row
from bench.cost.compute import compute_per_document
from bench.cost.footprint import installed_bytes
from bench.making import adopted
from bench.making.energy_steps import answer_energy, training_energy
from bench.making.side_by_side import side_by_side
from bench.making.variants import REFERENCE, Variant, recipe_of
from bench.measure.environment import describe_environment, git_state
from bench.numbers.samples import MOST_ASKED
from bench.quality.behaviour import Subject, run_behaviour
from bench.quality.scoring import is_deployable
from bench.quality.typos import score_under_typos
from bench.results.file import FORMAT_VERSION
from bench.study.evidence import (
    Evidence,
    Json,
    agreement,
    analyses_of,
    gains,
    other_thresholds,
    quality_of,
    relative,
    split_of,
    together,
    versus,
    versus_chance,
)
from bench.study.gpu_rows import gpu_rows
from bench.study.reference import budget_facts
from bench.study.task_facts import task_facts
from compress.audit import audit
from exports.bundles.needs import packages_of

if TYPE_CHECKING:
    from bench.study.state import Study


_TYPO_RATES = (0.05, 0.10)


def results_of(study: Study, evidence: Evidence, card: Mapping[str, Any]) -> Json:
    """All but verdict, front and gates."""
    options, dataset = study.options, study.workshop.dataset
    # Weighed before, each once: every model is compared with the sizes of all.
    side_by_side(study.footprint, [candidate for forms in study.candidates.values() for candidate in forms])
    models = side_by_side(lambda name: _model(study, evidence, name), _rows(study))
    runs: list[Json] = next((model["runs"] for model in models if model["name"] == REFERENCE and "runs" in model), [])
    on_gpu, gpu_facts = gpu_rows(study, runs)
    runs += [{**row, **carbon_of_gpu_row(row, options.prices)} for row in on_gpu]
    return {
        "format_version": FORMAT_VERSION,
        **task_facts(study, evidence),
        "command": options.command,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "git": git_state(),
        "environment": _environment(study, evidence),
        "dataset": {
            "name": dataset.name,
            "sha256": dataset.sha256,
            "n_documents": len(dataset.everything),
            "n_classes": len(dataset.classes),
            "split": {part: len(getattr(dataset.split, part)) for part in PARTS},
            "copies": dataset.removed.counts(),
            "licence": dataset.licence,
            "task_found": dataset.task_found,
        },
        "run": {
            "name": options.name,
            "seed": options.seed,
            "commands": [options.command],
            "seconds": study.watch.elapsed_s(),
        },
        "sampled": _sampled(len(dataset.split.test)),
        "delta": options.delta,
        "price_per_hour": options.price_per_hour,
        "carbon_per_kwh": options.carbon_per_kwh,
        "reference": evidence.reference,
        "promoted": evidence.promoted,
        "together": together(evidence),
        "folds": evidence.folds,
        "budget": budget_facts(study),
        "data_card": dict(card),
        "data_doctor": study.doctor or None,
        "test_looks": study.test_looks or None,
        "models": models,
        "ledgers": _ledgers(study, models),
        "speed": {
            **(evidence.measurements.speed() if evidence.measurements else {}),
            "margin": options.speed_margin,
            "gpu": gpu_facts,
        },
        "sensitivity": _sensitivity(study),
    }


def _sampled(n_test: int) -> Json | None:
    """`sampled`: how many test texts were asked again for what isn't a score; None where all were."""
    return {"texts": MOST_ASKED, "of": n_test} if n_test > MOST_ASKED else None


def _rows(study: Study) -> list[str]:
    return [*study.options.baselines, *(v.name for v in study.options.variants if v.has_row)]


def _model(study: Study, evidence: Evidence, name: str) -> Json:
    variant = next((v for v in study.options.variants if v.name == name), None)
    row: Json = {
        "name": name,
        "title": variant.title if variant else _title(name),
        "stage": "compress" if variant else "baseline",
        "method": variant.method if variant else "",
        "parent": variant.parent if variant else None,
    }
    if name not in study.scored:
        status, reason = study.workshop.skipped[name]
        return {**row, "status": status, "reason": reason}
    candidates, facts = study.candidates[name], study.workshop.facts_of(name)
    main = candidates[0]
    at = other_thresholds(facts["thresholds"], len(study.workshop.dataset.classes))
    row |= {
        "status": "measured",
        "reason": "",
        "recipe": [dict(step) for step in _recipe(study, name)],
        "quality": quality_of(name, evidence, at),
        "size": study.footprint(main).to_json(),
        "compute": _compute(study, evidence, name),
        "runs": _runs(study, evidence, name),
        "training": _training(study, name, facts),
        "artifact": relative(study.workshop.artifact_of(name), study.workshop.run.root),
        "bundle": relative(main.path, study.workshop.run.root) if is_deployable(main) else None,
        "why_no_bundle": "" if is_deployable(main) else study.workshop.classifier(name).why_no_form,
        "parity": agreement(study.scored[name]),
        "runtime_bytes": installed_bytes(_packages(study, name, main)),
        **analyses_of(name, row["parent"], evidence),
        **_robustness(study, evidence, name, main),
        **_comparisons(study, evidence, name, row["parent"]),
    }
    if chance := versus_chance(name, evidence):
        row["versus_chance"] = chance
    if name in evidence.guessers:
        row["guesses"] = True
    if variant is None:
        row["interpretability"] = BASELINES[name].reasons if name in BASELINES else adopted.REASONS
        if name == adopted.ADOPTED and study.options.parent is not None:
            row["warnings"] = list(study.options.parent.warnings)
    else:
        row["audit"] = audit(study.workshop.classifier(name), facts["receipt"], study.workshop.artifact_of(name))
        if beaten := study.workshop.not_shipped(name):
            row["audit"]["failed"] = beaten
        row["warnings"] = list(facts["receipt"]["facts"].get("teacher_notes", []))
    if variant is not None and variant.control in evidence.scored:
        row["control"] = _control(study, evidence, variant)
        row["audit"]["notes"] = [*row["audit"]["notes"], split_of(row["control"])]
    return row


def _title(baseline: str) -> str:
    return BASELINES[baseline].title if baseline in BASELINES else adopted.TITLE


def _recipe(study: Study, name: str) -> Sequence[Mapping[str, Any]]:
    return lineage_of(study.workshop.artifact_of(name)).recipe


def _packages(study: Study, name: str, candidate: Candidate) -> tuple[str, ...]:
    classifier = study.workshop.classifier(name)
    return packages_of(classifier, candidate.form) if is_deployable(candidate) else classifier.packages


def _training(study: Study, name: str, facts: Mapping[str, Any]) -> Json:
    """Seconds, and energy as it was counted, else estimated."""
    workshop, options = study.workshop, study.options
    counted = training_energy(workshop.run, name, workshop.key_of(name))
    on_gpu = options.device != "cpu" and workshop.classifier(name).library == "torch"
    return bill_of_training(facts["seconds"], facts["cpu_seconds"], counted, options.prices, on_gpu=on_gpu)


def _compute(study: Study, evidence: Evidence, name: str) -> Json | None:
    try:
        classifier = study.workshop.classifier(name)
        return compute_per_document(classifier, evidence.test.texts).to_json(classifier.kind)
    except MeasurementError:
        return None


def _runs(study: Study, evidence: Evidence, name: str) -> list[Json]:
    if evidence.measurements is None:
        return []
    rows: list[Json] = []
    key, window_s = study.workshop.key_of(name), study.options.plan.energy_window_s
    for candidate in study.candidates[name]:
        size = study.footprint(candidate).bytes
        found = evidence.measurements.runs(candidate.name, evidence.reference)
        counted = answer_energy(study.workshop.run, candidate, key, window_s)
        rows += [{**row, "bytes": size, **bill_of_answers(row, counted, study.options.prices)} for row in found]
    return rows


def _robustness(study: Study, evidence: Evidence, name: str, main: Candidate) -> Json:
    """Behavioural tests and typos, answered by what would be served; stored, since they ask the model again."""
    n_texts = study.options.plan.behaviour_texts
    step = f"bench/robustness-{name}"
    metric = evidence.test.judged_by
    inputs = {**study.workshop.served_key(name, [main.form]), "n_texts": n_texts, "metric": metric}
    if not study.workshop.run.is_done(step, inputs):
        server = open_candidate(main)
        scored, test = evidence.scored[name], evidence.test
        subject = Subject(server.predict_proba, scored.thresholds, scored.space, partial(known_in, server))
        found = {
            "behaviour": run_behaviour(subject, test, evidence.seed, n_texts=n_texts),
            "typos": score_under_typos(server.predict_proba, scored.thresholds, test, evidence.seed, rates=_TYPO_RATES),
        }
        with study.workshop.run.write(step, inputs) as folder:
            write_json(folder / "robustness.json", found)
    found = dict(read_json(study.workshop.run.place(step) / "robustness.json"))
    # Without typos these are the answers that were scored already.
    clean = {"rate": 0.0, "score": evidence.resampled.interval(name).to_json()}
    return {**found, "typos": [clean, *found["typos"]]}


def _comparisons(study: Study, evidence: Evidence, name: str, parent: str | None) -> Json:
    sizes = {other: study.footprint(c[0]).bytes for other, c in study.candidates.items()}
    found: Json = {}
    if parent in evidence.scored and parent is not None:
        found["versus_parent"] = versus(name, parent, evidence, sizes)
    if name != evidence.reference:
        found["versus_reference"] = versus(name, evidence.reference, evidence, sizes)
    return found


def _control(study: Study, evidence: Evidence, variant: Variant) -> Json:
    family = [v for v in study.options.variants if v.name == variant.name or v.name.startswith(f"{variant.name}-seed")]
    made = [v for v in family if v.name in evidence.scored and v.control in evidence.scored]
    plain = [variant.plain] if variant.plain in evidence.scored else []
    mixes = bool(variant.config.mixes(study.workshop.dataset.part("train")))
    return gains([v.name for v in made], [v.control for v in made], plain, evidence, mixes=mixes)


def _ledgers(study: Study, models: Sequence[Json]) -> list[Json]:
    by_name = {v.name: v for v in study.options.variants}
    metric = study.workshop.dataset.everything.judged_by
    rows = {row["name"]: row for row in models if row["status"] == "measured"}
    ledgers = []
    for variant in study.options.variants:
        if not variant.recipe or variant.name not in rows:
            continue
        steps = recipe_of(variant.name, by_name)
        chain = [("train", steps[0].parent), *((v.method, v.name) for v in steps)]
        ledgers.append(
            {"recipe": variant.recipe, "steps": [_ledger_step(s, rows[m], metric) for s, m in chain if m in rows]}
        )
    return ledgers


def _ledger_step(step: str, row: Json, metric: str) -> Json:
    single = [r for r in row["runs"] if r.get("scenario") == "single" and r.get("status") == "measured"]
    latency = single[0]["latency_s"]["p50"] if single else None
    size = row["size"]["bytes"]
    return {
        "step": step,
        "model": row["name"],
        "score": row["quality"][metric],
        "bytes": size,
        "p50_s": latency,
    }


def _environment(study: Study, evidence: Evidence) -> Json:
    found = dict(evidence.measurements.environment) if evidence.measurements else describe_environment()
    if evidence.measurements:
        found["noise_floor"] = evidence.measurements.noise_floor
    if study.spread:
        found["engine"] = study.spread
    found["hashes"] = {"data": study.workshop.dataset.sha256, **{n: study.workshop.key_of(n) for n in study.scored}}
    return found


def _sensitivity(study: Study) -> list[Json] | None:
    for variant in study.options.variants:
        if variant.name in study.scored and variant.method == "prune":
            facts = study.workshop.facts_of(variant.name)["receipt"]["facts"]
            if facts.get("sensitivity"):
                return list(facts["sensitivity"])
    return None
