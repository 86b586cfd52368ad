"""A run's results as one value, read once: its rows, its reference, and how far its latencies can be trusted.

Verdict, gates, report and comparison take this value, so that none of them reads results.json a second time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from baselines.scores.influence import Z_ONE_SIDED
from baselines.task import Task
from bench.numbers.ratios import SPEED_MARGIN
from bench.numbers.stats import TOO_NOISY
from bench.results.row import Json, Row, row_of

RESULTS = "results.json"
DEFAULT_DELTA = 0.01
DEFAULT_REFERENCE = "cnn"


@dataclass(frozen=True)
class MetricFacts:
    """A metric as the run names it: for people, and which way is better."""

    name: str
    title: str
    higher_is_better: bool = True


@dataclass(frozen=True)
class Run:
    """One results.json.

    Attributes:
        content: as it stands in the file, checked; numbers that aren't finite are None.
        path: of the file.
        notes: what had to be left out while reading, as sentences.
    """

    content: Json
    path: Path = Path(RESULTS)
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.path.parent

    @property
    def reference(self) -> str | None:
        """The model everything is compared with: the stated one, `cnn` where none is; None where it isn't there."""
        stated = self.content.get("reference", DEFAULT_REFERENCE)
        return stated if stated in self.models else None

    @property
    def delta(self) -> float:
        """The non-inferiority margin, in units of the metric."""
        stated = self.content.get("delta")
        return DEFAULT_DELTA if stated is None else float(stated)

    @property
    def task(self) -> Task:
        """What the data ask."""
        return cast(Task, self.content["task"])

    @cached_property
    def metrics(self) -> dict[str, MetricFacts]:
        """The task's metrics by name, the default one first; the run's own is always among them."""
        stated = self.content.get("metrics") or ()
        found = {m["name"]: MetricFacts(m["name"], m["title"], m["higher_is_better"]) for m in stated}
        own = str(self.content["metric"])
        return found if own in found else {own: MetricFacts(own, self.content.get("metric_title") or own), **found}

    @property
    def metric(self) -> MetricFacts:
        """What the verdict, its margin, and every `score` and `delta` are about."""
        facts = self.metrics[str(self.content["metric"])]
        return MetricFacts(facts.name, self.content.get("metric_title") or facts.title, facts.higher_is_better)

    @cached_property
    def models(self) -> dict[str, Json]:
        """The models as they stand in the file, by name, in its order."""
        return {model["name"]: model for model in self.content["models"]}

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """One row a model, in the order of the file."""
        folds = self.content.get("folds") or {}
        own = self.metric
        models = self.models.values()
        return tuple(row_of(model, self.reference, folds, own.name, own.higher_is_better) for model in models)

    @cached_property
    def by_name(self) -> dict[str, Row]:
        """The rows by name."""
        return {row.name: row for row in self.rows}

    def against_parent(self, name: str) -> Row:
        """The row of a model, its difference counted from its parent in place of the reference."""
        model = {key: value for key, value in self.models[name].items() if key != "versus_reference"}
        return row_of(model, model["parent"], {}, self.metric.name, self.metric.higher_is_better)

    @property
    def freedom(self) -> int | None:
        """Degrees of freedom of differences over folds; None where the test part judges."""
        folds = self.content.get("folds") or {}
        judges = folds.get("reference", self.reference) == self.reference and any(row.over_folds for row in self.rows)
        return int(folds["k"]) - 1 if judges else None

    def validation_of(self, name: str) -> tuple[float, float]:
        """A model's difference to the reference on validation, and its standard error; NaN where it isn't stored."""
        stated = (self.models[name].get("versus_reference") or {}).get("validation") or {}
        if any(stated.get(key) is None for key in ("lower", "upper")):
            return math.nan, math.nan
        lower, upper = float(stated["lower"]), float(stated["upper"])
        return (lower + upper) / 2, (upper - lower) / (2 * Z_ONE_SIDED)

    def correlation(self, names: Sequence[str]) -> NDArray[np.float64] | None:
        """Correlation over test texts of the differences of these models, (K, K); None where it isn't stored."""
        stated = self.content.get("together") or {}
        known = {name: at for at, name in enumerate(stated.get("models") or ())}
        if not names or not set(names) <= set(known):
            return None
        at = [known[name] for name in names]
        return np.asarray(stated["correlation"], np.float64)[np.ix_(at, at)]

    @property
    def speed_margin(self) -> float:
        """How far from 1 a ratio of latencies must be to matter, as a share; 0.10 where the run doesn't say."""
        stated = (self.content.get("speed") or {}).get("margin")
        return SPEED_MARGIN if stated is None else float(stated)

    @property
    def noise_floor(self) -> float | None:
        """By how much a model's latency differs from itself (A/A), the largest of the runtimes; None: not measured."""
        for part in ("speed", "environment"):
            stated = (self.content.get(part) or {}).get("noise_floor")
            if stated is not None:
                return float(stated)
        return None

    @property
    def distrust(self) -> tuple[str, ...]:
        """Why the latencies deserve no trust, as sentences; empty where they do."""
        stated = (self.content.get("speed") or {}).get("distrust")
        if stated:
            return tuple(str(reason) for reason in stated)
        floor = self.noise_floor
        if stated is None and floor is not None and floor > TOO_NOISY:
            return (f"the reference differs from itself by up to {100 * floor:.0f} %",)
        return ()

    @property
    def claim_floor(self) -> float:
        """How far from 1 the interval of a latency ratio must lie to be called faster or slower.

        The margin, or the noise floor where that is larger; in a run that deserves no trust at least 1, so that only
        factors above two count.
        """
        return max(self.speed_margin, self.noise_floor or 0.0, 1.0 if self.distrust else 0.0)
