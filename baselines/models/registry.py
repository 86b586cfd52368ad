"""Every baseline by name. Adding one is a file with its classifier, and one entry here.

The order is the ladder of the report: from guessing to the ensemble.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from baselines.classifier import Classifier
from baselines.errors import UserError
from baselines.models import search_spaces
from baselines.models.chance import ChanceClassifier, ChanceConfig
from baselines.models.cnn import CharCNNClassifier, CNNConfig
from baselines.models.ensemble import EnsembleClassifier, EnsembleConfig
from baselines.models.forests import BoostingClassifier, BoostingConfig, ForestClassifier, ForestConfig
from baselines.models.knn import KnnClassifier, KnnConfig
from baselines.models.light_kinds import LIGHT_KINDS
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.models.rnn import RNNClassifier, RNNConfig
from baselines.models.rules import RulesClassifier, RulesConfig
from baselines.models.search_spaces import Space
from baselines.models.transformer import (
    FrozenTransformer,
    FrozenTransformerConfig,
    TunedTransformer,
    TunedTransformerConfig,
)
from baselines.storage.configs import with_tuples, without_fields
from baselines.task import TASKS, Task


@dataclass(frozen=True)
class Baseline:
    """One rung of the ladder.

    Attributes:
        title: as the report names it.
        kind: class of its classifier, made from a config alone.
        config: seed, device (`cpu` or `cuda`) and threads to the frozen config.
        reasons: one sentence on what can be said about why a text got a class.
        names_reasons: whether a prediction can be traced back to words or characters exactly.
        fits_thresholds: false where the answers are 0 or 1 already, so that a threshold could only change what the
            baseline stands for.
        extra: the optional dependency it needs, "" for none.
        space: what tuning may change; empty where there is nothing to tune.
        by_task: fields of the config that differ for a task.
        folds_case: whether it compares names, so that it reads `words` where raw texts are chosen.
        tasks: on whose ladder it stands unless it is asked for by name.
    """

    title: str
    kind: Callable[[Any], Classifier]
    config: Callable[[int, str, int], Any]
    reasons: str
    names_reasons: bool
    fits_thresholds: bool = True
    extra: str = ""
    space: Space = field(default_factory=dict)
    by_task: Mapping[Task, Mapping[str, Any]] = field(default_factory=dict)
    folds_case: bool = False
    tasks: tuple[Task, ...] = TASKS

    def make(
        self,
        seed: int,
        device: str,
        threads: int,
        changes: Mapping[str, Any] | None = None,
        task: Task = "multilabel",
    ) -> Classifier:
        """An unfitted classifier with the config of a task.

        `changes` replaces fields of the config (what `--config` and tuning give); what it names is left out of the
        config's candidates, so that nothing else is tried for it.
        """
        config, changes = self.config(seed, device, threads), changes or {}
        known = [field.name for field in dataclasses.fields(config)]
        if unknown := sorted(set(changes) - set(known)):
            raise UserError(f"config of {self.title}: unknown {', '.join(unknown)}; allowed: {', '.join(known)}")
        own = {**self.by_task.get(task, {}), **{name: with_tuples(value) for name, value in changes.items()}}
        try:
            config = dataclasses.replace(config, **own)
            if "candidates" in own:
                config = dataclasses.replace(config, candidates=without_fields(own["candidates"], changes))
            return self.kind(config)
        except (TypeError, ValueError) as error:
            raise UserError(f"config of {self.title}: {error}") from None


class Ensemble(EnsembleClassifier):
    """An ensemble whose members are baselines of this registry, so that it can be fitted, also after it was loaded."""

    def __init__(self, config: EnsembleConfig | None = None) -> None:
        config = config or EnsembleConfig()
        super().__init__(config)
        if unknown := sorted({*config.members, *config.changes} - set(BASELINES)):
            raise UserError(f"members and changes: unknown {', '.join(unknown)}; allowed: {', '.join(BASELINES)}")
        for name, fields in config.changes.items():  # before hours of training
            BASELINES[name].make(config.seed, config.device, max(1, config.threads), fields)

    def make_member(self, name: str, task: Task) -> Classifier:
        config = self.config
        return BASELINES[name].make(config.seed, config.device, config.threads, config.changes.get(name), task)


_GUESS = "It reads nothing of a text, so it has no reasons."
_RULE = "It names the phrase it found and the tag that phrase stands for."
_WEIGHTS = "It names each word's exact share of a decision: its weight times its TF-IDF value, and these add up."


# One label a text: a linear SVM, unbalanced, as good as any and the quickest. What is tried are settings that were best
# somewhere on six public data sets; of dozens the best on validation was no better on test.
_ONE_LABEL_LINEAR: Mapping[str, Any] = {
    "loss": "hinge",
    "C": 1.0,
    "balanced": False,
    "candidates": tuple({"across_words": across, "C": C} for across in (False, True) for C in (1.0, 0.3)),
}
# One label a text: few epochs of averaged weights.
_ONE_LABEL_CNN: Mapping[str, Any] = {
    "epochs": 16,
    "average": 0.998,
    "class_weights": 0.0,
    "candidates": ({"word_dropout": 0.0}, {"word_dropout": 0.2}),
}


def _one_label(changes: Mapping[str, Any]) -> Mapping[Task, Mapping[str, Any]]:
    return {"multiclass": changes, "binary": changes}


def _course_linear(**changes: Any) -> LinearConfig:
    return LinearConfig(
        C=1.0,
        cleaning="course",
        balanced=False,
        word_high=1,
        characters=(0, 0),
        min_texts=(1, 1),
        sublinear=False,
        **changes,
    )


BASELINES: dict[str, Baseline] = {
    "chance-coin": Baseline(
        "Chance, fair coin",
        ChanceClassifier,
        lambda seed, device, threads: ChanceConfig("coin", seed),
        _GUESS,
        False,
        fits_thresholds=False,
    ),
    "chance-frequency": Baseline(
        "Chance, by label frequency",
        ChanceClassifier,
        lambda seed, device, threads: ChanceConfig("frequency", seed),
        _GUESS,
        False,
        fits_thresholds=False,
    ),
    "chance-majority": Baseline(
        "Chance, always the most frequent",
        ChanceClassifier,
        lambda seed, device, threads: ChanceConfig("majority", seed),
        _GUESS,
        False,
        fits_thresholds=False,
        tasks=("multiclass", "binary"),
    ),
    "rules": Baseline(
        "Rules",
        RulesClassifier,
        lambda seed, device, threads: RulesConfig(),
        _RULE,
        True,
        fits_thresholds=False,
        folds_case=True,
    ),
    "rules-stemmed": Baseline(
        "Rules, stemmed",
        RulesClassifier,
        lambda seed, device, threads: RulesConfig(stem=True),
        _RULE,
        True,
        fits_thresholds=False,
        folds_case=True,
    ),
    "tfidf-logistic": Baseline(
        "TF-IDF + logistic regression",
        LinearClassifier,
        lambda seed, device, threads: _course_linear(penalise_intercept=False, max_iterations=100, threads=threads),
        _WEIGHTS,
        True,
        space=search_spaces.COURSE_LINEAR,
    ),
    "tfidf-knn": Baseline(
        "TF-IDF + k-nearest neighbours",
        KnnClassifier,
        lambda seed, device, threads: KnnConfig(),
        "It can say which training texts were nearest, not which words made them so.",
        False,
        space=search_spaces.KNN,
    ),
    "tfidf-forest": Baseline(
        "TF-IDF + random forest",
        ForestClassifier,
        lambda seed, device, threads: ForestConfig(seed=seed, threads=threads),
        "A hundred deep trees vote; a path can be read, their mean cannot.",
        False,
        space=search_spaces.FOREST,
    ),
    "tfidf-boosting": Baseline(
        "TF-IDF + gradient boosting",
        BoostingClassifier,
        lambda seed, device, threads: BoostingConfig(seed=seed, threads=threads),
        "A hundred small trees a class are added; each can be read, their sum only roughly.",
        False,
        space=search_spaces.BOOSTING,
    ),
    "tfidf-svm": Baseline(
        "TF-IDF + linear SVM",
        LinearClassifier,
        lambda seed, device, threads: _course_linear(loss="hinge", threads=threads),
        _WEIGHTS,
        True,
        space=search_spaces.COURSE_LINEAR,
    ),
    "linear": Baseline(
        "Tuned linear model",
        LinearClassifier,
        lambda seed, device, threads: LinearConfig(threads=threads),
        _WEIGHTS,
        True,
        space=search_spaces.LINEAR,
        by_task=_one_label(_ONE_LABEL_LINEAR),
    ),
    "cnn": Baseline(
        "Character CNN",
        CharCNNClassifier,
        lambda seed, device, threads: CNNConfig(seed=seed, device=device, threads=threads),
        "It can name the characters that each filter answered to most, and the filters' exact shares of a decision.",
        True,
        space=search_spaces.CNN,
        by_task=_one_label(_ONE_LABEL_CNN),
    ),
    "rnn": Baseline(
        "Bidirectional GRU",
        RNNClassifier,
        lambda seed, device, threads: RNNConfig(seed=seed, device=device, threads=threads),
        "Its states mix all words of a text; it can name no reasons of its own.",
        False,
        space=search_spaces.RNN,
        by_task=_one_label({"class_weights": 0.0}),
    ),
    "transformer-frozen": Baseline(
        "Transformer embeddings + linear head",
        FrozenTransformer,
        lambda seed, device, threads: FrozenTransformerConfig(device=device, threads=threads),
        "A linear head over numbers that mean nothing by themselves; it can name no reasons of its own.",
        False,
        extra="transformers",
        space=search_spaces.FROZEN_TRANSFORMER,
        by_task=_one_label({"balanced": False}),
    ),
    "transformer-tuned": Baseline(
        "Transformer, fine-tuned",
        TunedTransformer,
        lambda seed, device, threads: TunedTransformerConfig(seed=seed, device=device, threads=threads),
        "Attention shows where it looked, not why; it can name no reasons of its own.",
        False,
        extra="transformers",
        space=search_spaces.TUNED_TRANSFORMER,
    ),
    "ensemble": Baseline(
        "Ensemble",
        Ensemble,
        lambda seed, device, threads: EnsembleConfig(seed=seed, device=device, threads=threads),
        "An average of models of different kinds: its linear member and its rules can name words, their sum can't.",
        False,
        # Names of topics seldom stand in texts that have one label, and trees of 77 classes take minutes.
        by_task=_one_label({"members": ("linear", "cnn")}),
    ),
}


def ladder(task: Task, *, extras: bool = True) -> tuple[str, ...]:
    """Names of the rungs of a task, in order; without extras those that need no optional dependency."""
    return tuple(name for name, rung in BASELINES.items() if task in rung.tasks and (extras or not rung.extra))


KINDS: dict[str, type[Classifier]] = LIGHT_KINDS | {
    kind.kind: kind for kind in (Ensemble, CharCNNClassifier, RNNClassifier, FrozenTransformer, TunedTransformer)
}
