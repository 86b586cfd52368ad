"""What follows from the verdict: the folder to deploy, why it answers as it does, and where its time goes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baselines.errors import UserError
from baselines.scores.judging import metrics_of
from baselines.storage.artifact import lineage_of
from baselines.whole_files import part_of
from bench.candidate import Candidate
from bench.making.variants import REFERENCE
from bench.measure.hotspots import profile
from bench.numbers.samples import sampled
from bench.quality.scoring import is_deployable
from bench.results.row import main_run
from bench.study.evidence import Json, relative
from exports.bundles.explainable import explainable
from exports.bundles.model_card import CardFacts
from exports.bundles.write_bundle import write_bundle
from exports.runtime.bundle_format import PACKED_LINEAR_FILE
from exports.runtime.explain import why

if TYPE_CHECKING:
    from bench.study.state import Study

DEPLOY = "deploy"
_TEXTS = 3


def add_recommendation(study: Study, content: Mapping[str, Any]) -> Json:
    """results.json with `why`, `try_it` and the profile of the recommended model, and its bundle in `deploy/`.

    Where too few texts recommend nothing, of the reference: what one has meanwhile.

    Args:
        study: with everything made.
        content: results.json with its verdict.
    """
    models = {model["name"]: model for model in content["models"]}
    chosen = content["verdict"]["model"] or content["verdict"]["meanwhile"]
    found: Json = {**content, "try_it": _try_it(study, chosen)}
    if chosen is None or chosen not in study.candidates:
        return found
    found["why"] = _why(study, chosen)
    found["speed"] = {**content["speed"], "profile": _profiles(study, chosen)}
    candidate = _served(study, models[chosen])
    if is_deployable(candidate):
        deploy(study, models[chosen], candidate, content)
        found["deploy"] = DEPLOY + "/"
    return found


def deploy(study: Study, model: Json, candidate: Candidate, content: Mapping[str, Any]) -> Path:
    """Write the recommended bundle again, now with a card that holds its measured figures, to `deploy/`."""
    folder = study.workshop.run.root / DEPLOY
    name, texts = model["name"], sampled(study.workshop.dataset.part("test").texts)
    card = CardFacts(
        title=model["title"],
        licence=study.workshop.dataset.licence,
        metrics={name: model["quality"][name] for name in metrics_of(study.workshop.dataset.task)},
        judged_by=content["metric"],
        measured=tuple(_sentences(model, content)),
        limits=tuple(content["data_card"]["notes"]),
        texts=tuple(texts),
    )
    classifier, lineage = study.workshop.classifier(name), lineage_of(study.workshop.artifact_of(name))
    # What an earlier study recommended stays until the new bundle is whole.
    part = part_of(folder)
    try:
        write_bundle(classifier, lineage, part, candidate.form, card=card)
        shutil.rmtree(folder, ignore_errors=True)
        return part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sentences(model: Json, content: Mapping[str, Any]) -> list[str]:
    n_test = content["dataset"]["split"]["test"]
    found = [f"scored on {n_test} test texts of {content['dataset']['name']}, in the runtime that serves it"]
    run = main_run(model)
    if run is not None:
        p50, cpu = run["latency_s"]["p50"] * 1e6, content["environment"]["cpu"]
        found.append(
            f"median {p50:,.0f} µs a text on {cpu}, one thread, text in and probabilities out ({run['runtime']})"
        )
        found.append(f"{run['bytes']:,} bytes to predict")
    found.append(content["verdict"]["sentence"].replace("`", ""))
    return found


def _served(study: Study, model: Json) -> Candidate:
    """The candidate whose run the report shows."""
    run, candidates = main_run(model), study.candidates[model["name"]]
    return next(
        (c for c in candidates if run and c.form == run.get("form") and c.runtime == run["runtime"]), candidates[0]
    )


def _why(study: Study, name: str) -> Json | None:
    test = study.workshop.dataset.part("test")
    try:
        texts = sampled(test.texts)
        return why(explainable(study.workshop.classifier(name)), name, test.classes, texts, n_texts=_TEXTS)
    except UserError:
        return None  # a kind without an exact explanation; the report says so where nothing is stored


def _profiles(study: Study, chosen: str) -> list[Json]:
    found = []
    for name in dict.fromkeys([chosen, REFERENCE]):
        for candidate in study.candidates.get(name, []):
            if is_deployable(candidate):
                found.append(profile(candidate, study.workshop.dataset.part("test").texts, at_least_s=0.3))
    return found


def _try_it(study: Study, chosen: str | None) -> Json | None:
    """The recommended model where it is in whole numbers, else the smallest one that is: the page can run no other."""
    tables = {
        name: candidate
        for name, candidates in study.candidates.items()
        for candidate in candidates
        if _runs_in_the_page(candidate) and "-seed" not in name
    }
    if not tables:
        return None
    name = chosen if chosen in tables else min(tables, key=lambda n: _bytes(tables[n].path))
    return {"model": name, "bundle": relative(tables[str(name)].path, study.workshop.run.root)}


def _runs_in_the_page(candidate: Candidate) -> bool:
    """Whether it is in whole numbers that JavaScript adds as well: tables of filters, or rows of n-grams."""
    return candidate.form == "table" or (candidate.form == "linear" and (candidate.path / PACKED_LINEAR_FILE).is_file())


def _bytes(folder: Path) -> int:
    files: Sequence[Path] = [path for path in folder.iterdir() if path.is_file()]
    return sum(path.stat().st_size for path in files)
