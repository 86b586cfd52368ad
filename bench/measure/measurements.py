"""What a measurement found: raw samples, and the rows, ratios and warnings that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import MeasurementError
from baselines.storage.weights import write_weights
from bench.candidate import Candidate
from bench.measure.cold_start import ColdStart
from bench.measure.journal import BlockKey
from bench.measure.plan import Items, Plan
from bench.measure.timing import Block
from bench.numbers import ratios, stats

AGAIN = " (again)"
Json = dict[str, Any]


@dataclass(frozen=True)
class PhaseKey:
    """Scenario (`single`, `single-gc`, `model`, `offline`), threads, and texts a call."""

    scenario: str
    threads: int
    batch_size: int


MAIN = PhaseKey("single", 1, 1)


@dataclass(frozen=True)
class Measurements:
    """Everything one call of `bench.measure.rounds.measure` found. Times in seconds.

    Attributes:
        candidates: as given, in order.
        anchor: name of the candidate ratios refer to.
        plan: what was asked for.
        lengths: characters of each text.
        blocks: raw samples; None where a candidate has no such block.
        items: the row numbers of each call of a block, by phase and round.
        cold_starts: by candidate.
        failures: (status, reason) of the candidates that could not be timed.
        unchecked: candidates whose answers were not compared with scored ones.
        environment: `bench.measure.environment.describe_environment` before, and the load after.
    """

    candidates: tuple[Candidate, ...]
    anchor: str
    plan: Plan
    lengths: tuple[int, ...]
    blocks: Mapping[BlockKey, Block | None]
    items: Mapping[tuple[PhaseKey, int], Items]
    cold_starts: Mapping[str, Sequence[ColdStart]]
    failures: Mapping[str, tuple[str, str]]
    unchecked: tuple[str, ...]
    environment: Mapping[str, Any]

    @cached_property
    def phases(self) -> tuple[PhaseKey, ...]:
        """The phases in order."""
        return tuple(dict.fromkeys(phase for phase, _ in self.items))

    def rounds(self, name: str, phase: PhaseKey = MAIN) -> list[Block]:
        """A candidate's blocks of a phase, by round; empty where it wasn't timed."""
        numbers = range(sum(1 for key, _ in self.items if key == phase))
        keys = [BlockKey(phase.scenario, phase.threads, phase.batch_size, number, name) for number in numbers]
        found = [self.blocks.get(key) for key in keys]
        return [block for block in found if block is not None]

    def samples(self, name: str, phase: PhaseKey = MAIN) -> NDArray[np.float32]:
        """Seconds of every call, rounds one after the other."""
        blocks = self.rounds(name, phase)
        return np.concatenate([block.samples for block in blocks]) if blocks else np.empty(0, np.float32)

    def round_times(self, name: str, phase: PhaseKey = MAIN) -> NDArray[np.float64]:
        """Typical seconds a call in each round; (R,)."""
        return np.array([stats.typical_call(block.samples, block.items) for block in self.rounds(name, phase)])

    def processes(self, phase: PhaseKey = MAIN) -> NDArray[np.intp]:
        """Number of the process of each round; (R,)."""
        numbers = range(sum(1 for key, _ in self.items if key == phase))
        return np.array([self.plan.process_of(n) if phase == MAIN else 0 for n in numbers], np.intp)

    @cached_property
    def effects(self) -> ratios.ProcessEffects:
        """What a restart alone does to single-stream times, by runtime."""
        entries = [*(c.name for c in self.candidates), *(c.name + AGAIN for c in self.candidates)]
        timed = [name for name in entries if len(self.rounds(name)) == self.plan.rounds]
        times = np.stack([self.round_times(name) for name in timed])
        return ratios.process_effects(times, self.processes(), [self._candidate(name).runtime for name in timed])

    @property
    def comparisons(self) -> int:
        """Ratios that words are said about: of every candidate that was timed, but for the one it is compared with."""
        return max(1, sum(1 for c in self.candidates if self.rounds(c.name)) - 1)

    def ratio(self, name: str, reference: str | None = None, phase: PhaseKey = MAIN) -> ratios.Ratio:
        """Time over that of a reference (the anchor by default), paired by round; below 1 is faster."""
        other = reference or self.anchor
        if name == other:
            return ratios.ITSELF
        between = self.effects.of_pair(self._candidate(name).runtime, self._candidate(other).runtime)
        return ratios.ratio(
            self.round_times(name, phase),
            self.round_times(other, phase),
            self.processes(phase),
            between,
            comparisons=self.comparisons,
        )

    def speedup(self, name: str, reference: str, phase: PhaseKey = MAIN) -> ratios.Ratio:
        """How many times faster than a reference; `versus_parent.speedup` of results.json."""
        return self.ratio(name, reference, phase).inverted()

    def aa_ratio(self, phase: PhaseKey = MAIN, name: str | None = None) -> ratios.Ratio:
        """A candidate's second entry over its first, the anchor's by default."""
        name = name or self.anchor
        return self.ratio(name + AGAIN, name, phase)

    @cached_property
    def noise_floors(self) -> dict[str, float]:
        """By runtime what its candidate that was entered twice differs from itself at most; single stream."""
        found: dict[str, float] = {}
        for candidate in self.candidates:
            if self.rounds(candidate.name + AGAIN) and self.rounds(candidate.name):
                floor = ratios.noise_floor(self.aa_ratio(name=candidate.name)) or 0.0
                found[candidate.runtime] = max(floor, found.get(candidate.runtime, 0.0))
        return found

    @cached_property
    def noise_floor(self) -> float | None:
        """The largest of the runtimes'; 0.03 means that differences below 3 % are noise. None from too few rounds."""
        if ratios.noise_floor(self.aa_ratio()) is None:
            return None
        return max(self.noise_floors.values())

    def judge(
        self, name: str, reference: str | None = None, *, margin: float = ratios.SPEED_MARGIN
    ) -> ratios.Judgement:
        """Whether a candidate is faster or slower than a reference, beyond the margin and this run's noise."""
        found = self.ratio(name, reference)
        floor = max(margin, self.noise_floor or 0.0)
        return ratios.word(found.low, found.high, found.family_low, found.family_high, floor)

    @cached_property
    def distrust(self) -> tuple[str, ...]:
        """Why no claim about speed should be made from this run; empty where claims may be made."""
        reasons = []
        # What was measured, not how far its interval reaches: few starts make that wide, and words know it anyhow.
        apart = abs(self.aa_ratio().value - 1)
        if apart > stats.TOO_NOISY:
            reasons.append(
                f"{self.anchor}, entered twice, differs from itself by {apart:.0%} (allowed: {stats.TOO_NOISY:.0%})"
            )
        spread = stats.dispersion(self.round_times(self.anchor))
        if spread > stats.UNRELIABLE_DISPERSION:
            reasons.append(f"{self.anchor}'s rounds vary by {spread:.0%} (allowed: {stats.UNRELIABLE_DISPERSION:.0%})")
        share = float(np.median([block.cpu_share for block in self.rounds(self.anchor)]))
        if share < stats.BUSY_SHARE and self._candidate(self.anchor).device == "cpu":
            reasons.append(f"{self.anchor} got the CPU for {share:.0%} of the time only: other processes were running")
        return tuple(reasons)

    def runs(self, name: str, reference: str | None = None) -> list[Json]:
        """`runs` of one candidate as they stand in results.json, ratios to `reference` (the anchor by default)."""
        candidate = self._candidate(name)
        base: Json = {"device": candidate.device, "runtime": candidate.runtime, "form": candidate.form}
        if name in self.failures:
            status, reason = self.failures[name]
            return [{**base, "threads": 1, "scenario": "single", "batch_size": 1, "status": status, "reason": reason}]
        timed = [phase for phase in self.phases if phase.scenario in ("single", "offline")]
        return [{**base, **self._row(name, phase, reference)} for phase in timed if self.rounds(name, phase)]

    def speed(self) -> Json:
        """`speed` of results.json, but for the profile and the GPU, which are separate runs."""
        return {
            "aa_ratio": self.aa_ratio().to_json(),
            "noise_floor": self.noise_floor,
            "noise_floors": self.noise_floors,
            "process_effects": {name: found.value**0.5 for name, found in self.effects.by_group.items()},
            "comparisons": self.comparisons,
            "trustworthy": not self.distrust,
            "distrust": list(self.distrust),
            "anchor": self.anchor,
            "plan": self.plan.to_json(),
            "length_curve": [
                {"model": c.name, "points": self.length_curve(c.name)} for c in self.candidates if self.rounds(c.name)
            ],
        }

    def length_curve(self, name: str, *, points: int = 8) -> list[dict[str, float]]:
        """Median seconds a text by its length, in groups of equally many lengths: `[{"characters", "p50_s"}]`."""
        lengths, seconds = [], []
        for number, block in enumerate(self.rounds(name)):
            of_items = [self.lengths[rows[0]] for rows in self.items[MAIN, number]]
            lengths.append(np.tile(of_items, len(block.samples) // block.items))
            seconds.append(block.samples)
        if not lengths:
            return []
        characters, times = np.concatenate(lengths), np.concatenate(seconds)
        edges = np.unique(np.quantile(np.unique(characters), np.linspace(0, 1, points + 1)))
        groups = np.clip(np.searchsorted(edges, characters, side="right") - 1, 0, max(len(edges) - 2, 0))
        return [
            {"characters": float(np.median(characters[groups == g])), "p50_s": float(np.median(times[groups == g]))}
            for g in np.unique(groups)
        ]

    def save_samples(self, path: Path) -> None:
        """Every raw sample as safetensors: float32 seconds by `scenario/threads/batch/round/name`."""
        tensors = {
            f"{key.scenario}/{key.threads}/{key.batch_size}/{key.round}/{key.name}": block.samples
            for key, block in self.blocks.items()
            if block is not None
        }
        write_weights(path, tensors, {"unit": "s"})

    def _row(self, name: str, phase: PhaseKey, reference: str | None) -> Json:
        samples, times = self.samples(name, phase), self.round_times(name, phase)
        shares = np.array([block.cpu_share for block in self.rounds(name, phase)])
        row: Json = {
            "threads": phase.threads,
            "scenario": phase.scenario,
            "batch_size": phase.batch_size,
            "latency_s": {**stats.percentiles(samples), **self._p50_interval(name, phase)},
            "documents_per_s": phase.batch_size / float(np.median(times)),
            "ratio_to_reference": self.ratio(name, reference, phase).to_json(),
            "noise_floor": self._floor_of(phase),
            "quantiles_s": stats.thin(samples),
            "cpu_share": float(np.median(shares)),
            "warnings": self._warnings(name, phase, times, shares),
            "status": "measured",
            "reason": "",
        }
        return {**row, **self._extras(name)} if phase == MAIN else row

    def _extras(self, name: str) -> Json:
        """The main row's own: the model without tokenising, p99 with the collector on, cold start, memory."""
        row: Json = {}
        model, collected = PhaseKey("model", 1, 1), PhaseKey("single-gc", 1, 1)
        row["model_only_s"] = float(np.median(self.samples(name, model))) if self.rounds(name, model) else None
        with_gc = self.samples(name, collected)
        row["p99_gc_on_s"] = stats.percentile(with_gc, 0.99)
        row["n_gc_on"] = len(with_gc)
        if colds := self.cold_starts.get(name):
            memory = [cold.model_rss_bytes for cold in colds if cold.model_rss_bytes is not None]
            row["cold_start_s"] = float(np.median([cold.total_s for cold in colds]))
            row["cold_starts"] = len(colds)
            row["import_s"] = float(np.median([cold.import_s for cold in colds]))
            row["load_s"] = float(np.median([cold.load_s for cold in colds]))
            row["peak_rss_bytes"] = int(np.median(memory)) if memory else None
        return row

    def _floor_of(self, phase: PhaseKey) -> float | None:
        """Of one phase: the anchor's, which alone is entered twice in all of them; None where it isn't."""
        if phase == MAIN:
            return self.noise_floor
        return ratios.noise_floor(self.aa_ratio(phase)) if self.rounds(self.anchor + AGAIN, phase) else None

    def _p50_interval(self, name: str, phase: PhaseKey) -> Json:
        blocks = self.rounds(name, phase)
        medians = np.array([float(np.median(block.samples)) for block in blocks])
        between = self.effects.of_time(self._candidate(name).runtime)
        factors = ratios.time_interval(medians, self.processes(phase), between)
        if factors is None:
            return {"p50_low": None, "p50_high": None}
        p50 = float(np.median(np.concatenate([block.samples for block in blocks])))
        return {"p50_low": p50 * factors[0], "p50_high": p50 * factors[1]}

    def _warnings(
        self, name: str, phase: PhaseKey, times: NDArray[np.float64], shares: NDArray[np.float64]
    ) -> list[str]:
        found = stats.warnings_for(times, shares, threads=phase.threads)
        if name in self.unchecked:
            found.append("the timed answers were not compared with scored ones")
        if phase == MAIN and (colds := self.cold_starts.get(name)) and len(colds) < 5:
            found.append(f"cold start: median of {len(colds)}")
        return found

    def _candidate(self, name: str) -> Candidate:
        for candidate in self.candidates:
            if candidate.name == name.removesuffix(AGAIN):
                return candidate
        raise MeasurementError(f"measurements: no candidate {name!r}; there are: {[c.name for c in self.candidates]}")
