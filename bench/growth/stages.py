"""What is measured: each stage of a study as one function of a number of texts. Adding one is one line of STAGES."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.dataset import Part
from baselines.models.registry import BASELINES
from baselines.scores.thresholds import global_threshold
from baselines.task import Probabilities
from bench.growth.synthetic import CHUNK, SEPARATOR, Growth

# Texts that no training sees stand in chunks from here on.
_UNSEEN = 1 << 20
# Labelled texts beside training, as a share of it; half of them choose thresholds, half are scored.
_HELD_SHARE = 5
_SEED = 0


@dataclass
class Case:
    """One stage at one size.

    Attributes:
        n_texts: of training; a fifth as many are held out.
        n_classes: of the labels.
        models: folder of the models that earlier stages left, one folder a stage.
        folder: an empty one, for whatever the stage writes.
        wall_s, cpu_s: of what was timed; the processor's time counts all threads.
    """

    n_texts: int
    n_classes: int
    models: Path
    folder: Path
    wall_s: float = 0.0
    cpu_s: float = 0.0
    _growth: Growth = field(init=False)

    def __post_init__(self) -> None:
        self._growth = Growth(self.n_classes)

    @property
    def growth(self) -> Growth:
        """What the texts are like."""
        return self._growth

    @contextmanager
    def timed(self) -> Iterator[None]:
        """What stands inside is the stage; what stands outside only prepares it."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall_s += time.perf_counter() - wall
        self.cpu_s += time.process_time() - cpu

    def train(self) -> Part:
        """The training texts."""
        return self._part(0, self.n_texts)

    def held_out(self) -> Part:
        """Texts that training never sees."""
        return self._part(_UNSEEN, max(self.n_texts // _HELD_SHARE, 200))

    def _part(self, first: int, n_texts: int) -> Part:
        texts: list[str] = []
        labels = []
        for number in range(-(-n_texts // CHUNK)):
            own, their = self._growth.chunk(first + number)
            left = n_texts - number * CHUNK
            texts += own[:left]
            labels.append(their[:left])
        return Part(tuple(texts), np.concatenate(labels), self._growth.classes)

    def model(self, name: str) -> Classifier:
        """What the stage `fit NAME` left."""
        from baselines.storage.artifact import load
        from compress.registry import KINDS

        return load(self.models / f"fit-{name}", KINDS)


# Measures itself by `Case.timed`; the score it ends with, where it has one.
Stage = Callable[[Case], float | None]


@dataclass(frozen=True)
class Staged:
    """A stage as the tables name it.

    Attributes:
        title: for people.
        run: what is done.
        needs: the stage whose model it reads, "" for none.
    """

    title: str
    run: Stage
    needs: str = ""


def read_and_split(case: Case) -> None:
    """A CSV file to a data set in three parts."""
    from baselines.data.data_options import DataOptions
    from baselines.data.sources import load
    from baselines.labels.asked import Labels

    path = case.folder / "texts.csv"
    case.growth.write_csv(path, case.n_texts)
    with case.timed():
        load(DataOptions(dataset=str(path), labels=Labels(separator=SEPARATOR)))


def fit(name: str, case: Case) -> None:
    """A baseline with its own defaults, one thread; its artifact is kept for the stages that need it."""
    from baselines.storage.artifact import Lineage, save

    train, held = case.train(), case.held_out()
    classifier = BASELINES[name].make(_SEED, "cpu", 1)
    with case.timed():
        classifier.fit(train, held)
    save(classifier, case.models / f"fit-{name}", Lineage(name, "baseline", seed=_SEED))


def score(name: str, case: Case) -> float:
    """All held-out texts answered; weighted F1 of one half with a threshold from the other."""
    classifier, held = case.model(name), case.held_out()
    with case.timed():
        found = classifier.predict_proba(held.texts)
    return _f1(found, held, fits_threshold=BASELINES[name].fits_thresholds)


def compressed(method: str, parent: str, case: Case, **settings: Any) -> None:
    """One compression method on a trained model."""
    from compress.method import Context
    from compress.registry import METHODS, configured

    model, train, held = case.model(parent), case.train(), case.held_out()
    config = configured(method, settings)
    with case.timed():
        METHODS[method].apply(model, config, Context(train, held))


def student(case: Case) -> None:
    """A small character CNN taught by the linear model's answers, which are made beforehand."""
    from compress.method import Context
    from compress.registry import METHODS, configured

    parent, train, held = case.model("cnn"), case.train(), case.held_out()
    soft = case.model("linear").predict_proba(train.texts)
    with case.timed():
        METHODS["distill"].apply(parent, configured("distill", {}), Context(train, held, soft_targets=soft))


def bundle(case: Case) -> None:
    """A linear model as a bundle, with its proof."""
    model = case.model("linear")
    with case.timed():
        _write_bundle(model, case.folder / "bundle")


def kernel(case: Case) -> float:
    """All held-out texts answered by the bundle, as they come off a file: 1,024 at a time."""
    from exports.runtime.load_bundle import load

    _write_bundle(case.model("linear"), case.folder / "bundle")
    held, predictor = case.held_out(), load(case.folder / "bundle")
    with case.timed():
        found = np.concatenate([predictor.predict_proba(part) for part in _pieces(held.texts, 1024)])
    return _f1(found, held, fits_threshold=True)


def statistics(case: Case) -> None:
    """Intervals of all classes, and the paired difference of two models, of as many test texts as texts in all."""
    from baselines.scores.influence import paired_difference
    from baselines.scores.score_intervals import class_intervals

    random, truth = np.random.default_rng(_SEED), case.train().labels
    first, second = (truth ^ (random.random(truth.shape) < wrong) for wrong in (0.02, 0.022))
    with case.timed():
        class_intervals(truth, first)
        paired_difference(truth, first, second, metric="f1_weighted", task="multilabel")


def write_texts(case: Case) -> None:
    """The synthetic texts themselves, as a file: what every other stage pays before it begins."""
    with case.timed():
        path = case.growth.write_csv(case.folder / "texts.csv", case.n_texts)
    with path.open(encoding="utf-8", newline="") as stream:
        if (found := sum(1 for _ in csv.reader(stream)) - 1) != case.n_texts:
            raise ValueError(f"{found} texts were written, {case.n_texts} asked for")


_FITTED = [name for name, rung in BASELINES.items() if not rung.extra and "multilabel" in rung.tasks]
STAGES: dict[str, Staged] = {
    "texts": Staged("make the texts", write_texts),
    "read": Staged("read and split", read_and_split),
    **{f"fit-{name}": Staged(f"fit {name}", partial(fit, name)) for name in _FITTED},
    **{f"score-{name}": Staged(f"score {name}", partial(score, name), f"fit-{name}") for name in _FITTED},
    "quantize-linear": Staged("quantize linear", partial(compressed, "quantize", "linear"), "fit-linear"),
    "prune-linear": Staged("prune linear", partial(compressed, "prune", "linear"), "fit-linear"),
    "student": Staged("train a student", student, "fit-cnn"),
    "bundle": Staged("write a bundle", bundle, "fit-linear"),
    "kernel": Staged("score by the kernel", kernel, "fit-linear"),
    "statistics": Staged("intervals and differences", statistics),
}


def _write_bundle(model: Classifier, folder: Path) -> None:
    from baselines.storage.artifact import Lineage
    from exports.bundles.write_bundle import write_bundle

    write_bundle(model, Lineage("linear", "baseline", seed=_SEED), folder, "linear")


def _pieces(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))


def _f1(found: Probabilities, held: Part, *, fits_threshold: bool) -> float:
    from baselines.scores.metrics import Counts, f1_weighted

    half = len(held) // 2
    threshold = global_threshold(held.labels[:half], found[:half]) if fits_threshold else 0.5
    counts = Counts.of(held.labels[half:], found[half:] >= threshold)
    return float(f1_weighted(*counts.totals()))
