"""Which model the others have to be as good as."""

from __future__ import annotations

from collections.abc import Mapping

from baselines.scores.answers import Answers
from baselines.scores.influence import Influence, PairedDifference, difference_of
from baselines.scores.judging import utility
from baselines.scores.resampling import Resampled
from bench.making.variants import REFERENCE
from bench.quality.figures import bounded
from bench.quality.scoring import is_deployable
from bench.study.evidence import Json
from bench.study.state import Study


def differences_to_cnn(study: Study, resampled: Resampled) -> dict[str, dict[str, float]]:
    """By how much each baseline is better than the CNN: over folds where there are some, else over test documents."""
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

    Whoever asks for the smallest model that isn't worse means not worse than the best of what everybody can have. The
    test texts have no say in it, or the same texts would choose the bar and judge by it.
    """
    reached = {name: validation_score(study, name) for name in study.options.baselines if _is_candidate(study, name)}
    best = max(reached.values(), default=0.0)
    return next((name for name in (REFERENCE, *reached) if reached.get(name) == best), REFERENCE)


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
    return name in study.candidates and name in study.scored and is_deployable(study.candidates[name][0])


def promotion(study: Study, reference: str, differences: Mapping[str, Mapping[str, float]]) -> Json | None:
    """What results.json says of a reference that isn't the CNN; None for the CNN, and for one that was asked for."""
    if reference == REFERENCE or study.options.reference or reference not in differences:
        return None
    metric = study.workshop.dataset.everything.judged_by
    found = {name: utility(metric, validation_score(study, name)) for name in (reference, REFERENCE)}
    return {"over": REFERENCE, "delta": differences[reference], "validation": found}
