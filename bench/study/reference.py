"""Which model the others have to be as good as, and what a budget demands of the one that was found for it."""

from __future__ import annotations

from collections.abc import Mapping

from baselines.models.ensemble import EnsembleClassifier
from baselines.scores.answers import Answers
from baselines.scores.influence import Influence, PairedDifference, difference_of
from baselines.scores.judging import utility
from baselines.scores.resampling import Resampled
from bench.making.budget_search import BUDGET
from bench.making.variants import REFERENCE
from bench.quality.figures import bounded
from bench.study.evidence import Json
from bench.study.state import Study
from bench.verdict.gate_words import Gate, parse_gate
from compress.search.budget import Budget, Solution


def differences_to_cnn(study: Study, resampled: Resampled) -> dict[str, dict[str, float]]:
    """By how much each baseline is better than the CNN: over folds where there are some, else over test documents.

    Empty where the CNN isn't made.
    """
    if REFERENCE not in study.candidates:
        return {}
    if study.folds is not None:
        models = study.folds.against(REFERENCE, study.options.delta)["models"]
        return {name: models[name]["delta"] for name in models if "delta" in models[name]}
    found = {}
    for name in study.options.baselines:
        if name in study.candidates and name != REFERENCE:
            found[name] = bounded(resampled.difference(name, REFERENCE))
    return found


def reference_among(study: Study) -> str:
    """What the others have to be as good as: the deployable baseline that is best on validation, the CNN among equals.

    Whoever asks for the smallest model that isn't worse means not worse than the best single model that everybody can
    have: an ensemble of the others is the bar where it is asked for. Where no baseline can be deployed, it is the first
    one that was made. The test texts have no say in it, or the same
    texts would choose the bar and judge by it. So it is known as soon as the baselines are made: a search within a
    budget counts from it.
    """
    reached = {name: validation_score(study, name) for name in study.options.baselines if _is_candidate(study, name)}
    best = max(reached.values(), default=0.0)
    made = [name for name in study.options.baselines if name not in study.workshop.skipped]
    first = made[0] if made and REFERENCE not in made else REFERENCE
    return next((name for name in (REFERENCE, *reached) if reached.get(name) == best), first)


def reference_of(study: Study) -> str:
    """The one that was asked for, else the best by validation."""
    return study.options.reference or reference_among(study)


def budget_gates(budget: Budget, solution: Solution) -> tuple[Gate, ...]:
    """The limits as gates on the model that was found, for texts that the search never saw.

    The best of many scores on validation is the luckiest of them, so it is no proof that a limit on the score is kept.
    """
    found = []
    if budget.max_drop is not None:
        found.append(f"{BUDGET}: {solution.metric} vs {solution.reference} max_drop {budget.max_drop:.6g}")
    if budget.max_bytes is not None:
        found.append(f"{BUDGET}: bytes <= {budget.max_bytes}")
    if budget.max_p95_s is not None:
        found.append(f"{BUDGET}: p95_s <= {budget.max_p95_s * 1e6:.6g}us")
    return tuple(parse_gate(text) for text in found)


def budget_facts(study: Study) -> Json | None:
    """`budget` of results.json: what the search found on validation, and its limits as gates; None without one."""
    budget, solution = study.options.budget, study.solution
    if budget is None or solution is None:
        return None
    return {
        "model": BUDGET,
        "reference": solution.reference,
        "candidates": len(solution.candidates),
        "drop": solution.best.drop,
        "kept_on_validation": not solution.binding,
        "gates": [gate.text for gate in budget_gates(budget, solution)],
    }


def validation_score(study: Study, name: str) -> float:
    """The run's metric on validation, with the thresholds that the model left with; larger is better."""
    facts = study.workshop.facts_of(name)
    reached = float(facts["validation"][facts["thresholds"]["chosen"]])
    return utility(study.workshop.dataset.everything.judged_by, reached)


def differences_on_validation(study: Study, reference: str) -> dict[str, PairedDifference]:
    """By how much each model is better than the reference on validation, in the form that would serve it."""
    part, found = study.workshop.dataset.part("validation"), study.on_validation
    if reference not in found or not len(part):
        return {}

    def influence(name: str) -> Influence:
        answers = Answers(part.labels, found[name].decisions, found[name].probabilities)
        return Influence.of(part.judged_by, answers, part.task)

    bar = influence(reference)
    return {name: difference_of(influence(name), bar) for name in found}


def _is_candidate(study: Study, name: str) -> bool:
    if name in study.workshop.skipped:
        return False
    classifier = study.workshop.classifier(name)
    return bool(classifier.forms) and classifier.kind != EnsembleClassifier.kind


def promotion(study: Study, reference: str, differences: Mapping[str, Mapping[str, float]]) -> Json | None:
    """What results.json says of a reference above the CNN; None without a CNN, and for one that was asked for."""
    if reference == REFERENCE or study.options.reference or reference not in differences:
        return None
    metric = study.workshop.dataset.everything.judged_by
    found = {name: utility(metric, validation_score(study, name)) for name in (reference, REFERENCE)}
    return {"over": REFERENCE, "delta": differences[reference], "validation": found}
