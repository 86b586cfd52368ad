"""How a gate is written: `[MODEL:] METRIC >= NUMBER`, `METRIC[CLASS] >= NUMBER`, `METRIC vs MODEL max_drop NUMBER`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from baselines.errors import DataError
from baselines.inputs.named_files import read_small
from baselines.scores.judging import METRICS, metrics_of
from baselines.task import Task

# What a model costs: name in a gate -> field of the row.
COSTS: Mapping[str, str] = {
    "bytes": "bytes",
    "bytes_deflated": "bytes_deflated",
    "parameters": "parameters",
    "macs_per_document": "macs",
    "operations_per_document": "operations",
    "p50_s": "p50_s",
    "p95_s": "p95_s",
    "cold_start_s": "cold_start_s",
    "peak_rss_bytes": "peak_rss_bytes",
    "energy_j_per_document": "energy_j",
    "documents_per_s": "documents_per_s",
    "flipped_documents": "flipped",
    "latency_ratio": "speed_ratio",
}
# What can be asked of one class.
OF_CLASS = ("precision", "recall", "f1")
_SHOWN = 12
MOST_GATES = 1000
# A class may have a long name; of the file, 1,000 gates of usual length. Reading YAML takes seconds a megabyte.
_MOST_CHARACTERS, _MOST_BYTES = 12_000, 200_000
_LISTED = "expected a list of texts, or 'gates:' with such a list"
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 2.0**10, "mib": 2.0**20,
          "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "%": 1e-2}  # fmt: skip
_GATE = re.compile(
    r"^\s*(?:(?P<model>[^\s\[]+)\s*:\s*)?(?P<metric>\w+)\s*(?:\[(?P<class_>.*)\])?\s*"
    r"(?P<how><=|>=|<|>|vs\s+(?P<reference>\S+)\s+max_drop)"
    r"\s*(?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(?P<unit>[A-Za-zµ%]*)\s*$",
    re.DOTALL,  # a class may hold a line end
)
_HELP = (
    'allowed: "accuracy >= 0.70", "recall[CLASS] >= 0.8", "bytes <= 50k", "p95_s <= 2ms", '
    '"f1_weighted vs cnn max_drop 0.01", each with "MODEL: " before it to check another model than the recommended one'
)


@dataclass(frozen=True)
class Gate:
    """One demand. `how` is `<=`, `>=`, `<`, `>` or `max_drop`; `model` None means the recommended one.

    `class_` is the one that `metric` is about, None for all of them together.
    """

    text: str
    metric: str
    how: str
    limit: float
    model: str | None = None
    reference: str | None = None
    class_: str | None = None

    @property
    def what(self) -> str:
        """The metric with its class."""
        return self.metric if self.class_ is None else f"{self.metric}[{self.class_}]"


def parse_gate(text: str) -> Gate:
    """Read one gate; raises DataError showing what is allowed. Whether the task has the metric, `check_metric` says."""
    if len(text) > _MOST_CHARACTERS:
        raise DataError(
            f"gate {text[:40]!r}…: {len(text):,} characters, at most {_MOST_CHARACTERS} are allowed; {_HELP}"
        )
    match = _GATE.match(text)
    if match is None:
        raise DataError(f"gate {text!r}: not understood; {_HELP}")
    metric, unit, class_ = match["metric"], match["unit"], match["class_"]
    if class_ is not None and metric not in OF_CLASS:
        raise DataError(f"gate {text!r}: of one class {', '.join(OF_CLASS)} are known, got {metric!r}")
    if metric not in METRICS and metric not in COSTS:
        raise DataError(f"gate {text!r}: metric {metric!r} unknown; known: {', '.join([*METRICS, *COSTS])}")
    if unit.lower() not in _UNITS:
        raise DataError(f"gate {text!r}: unit {unit!r} unknown; known: {', '.join(u for u in _UNITS if u)}")
    how = "max_drop" if match["reference"] else match["how"]
    if how == "max_drop" and (metric in COSTS or class_ is not None):
        of = metric if class_ is None else "one class"
        raise DataError(f"gate {text!r}: max_drop is for metrics of all classes together; use a limit for {of}")
    limit = float(match["number"]) * _UNITS[unit.lower()]
    if not math.isfinite(limit):
        raise DataError(f"gate {text!r}: expected a finite number, got {match['number']!r}; {_HELP}")
    return Gate(text.strip(), metric, how, limit, match["model"], match["reference"], class_)


def check_metric(gate: Gate, task: Task, classes: Sequence[str]) -> None:
    """Raise DataError saying what there is, unless the task has the gate's metric, and the data its class.

    Args:
        gate: read by `parse_gate`.
        task: of the data.
        classes: that scores are stored of; of a binary task the positive one.
    """
    if gate.class_ is None:
        if gate.metric not in COSTS and gate.metric not in metrics_of(task):
            allowed = ", ".join([*metrics_of(task), *(f"{name}[CLASS]" for name in OF_CLASS), *COSTS])
            raise DataError(f"gate {gate.text!r}: task {task} has no metric {gate.metric!r}; allowed: {allowed}")
    elif gate.class_ not in classes:
        more = f" and {len(classes) - _SHOWN} more" if len(classes) > _SHOWN else ""
        shown = ", ".join(classes[:_SHOWN]) + more
        raise DataError(f"gate {gate.text!r}: no scores of a class {gate.class_!r}; there are: {shown}")


def read_gates(path: Path) -> list[Gate]:
    """Read a YAML file: a list of gates as text, or `gates:` with such a list."""
    where = str(path)
    text = read_small(path, where, "expected a YAML file with a list of gates", most=_MOST_BYTES)
    try:
        # The base loader makes texts, lists and objects, and nothing else: no dates, no numbers, nothing of Python.
        content = _Plain(text).get_single_data()
    except RecursionError:
        raise DataError(f"{where}: lists or objects are nested too deep to be read; {_LISTED}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise DataError(f"{where}: not valid YAML ({' '.join(str(error).split())[:300]}); {_LISTED}") from None
    listed = content.get("gates") if isinstance(content, dict) else content
    if not isinstance(listed, list):
        raise DataError(f"{where}: {_LISTED}, got {_kind(content)}; {_HELP}")
    if len(listed) > MOST_GATES:
        raise DataError(f"{where}: {len(listed):,} gates, at most {MOST_GATES:,} are allowed")
    for number, item in enumerate(listed, 1):
        if not isinstance(item, str):
            raise DataError(f"{where}: gate {number}: expected a text, got {_kind(item)}; {_HELP}")
    try:
        return [parse_gate(item) for item in listed]
    except DataError as error:
        raise DataError(f"{where}: {error}") from None


class _Plain(yaml.BaseLoader):
    """YAML without what makes much of little: names for parts that are repeated, and tags."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One part of the document."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        place = f"line {event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError(f"{place}: names for repeated parts (*name) are not allowed")
        if getattr(event, "tag", None):
            raise yaml.YAMLError(f"{place}: a type ({event.tag[:40]}) is not allowed")
        return super().compose_node(parent, index)


def _kind(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(str(value)[:40]) if value else "nothing"
