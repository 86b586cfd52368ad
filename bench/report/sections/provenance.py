"""Where the figures come from: run, data card, looks at the test part, machine, versions; JSON as readable text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.numbers.quantities import MISSING, duration, percent, size
from bench.report.sections.facts import Facts

Json = Mapping[str, Any]
# What stands beside the task.
_SAID = ("task_found",)
# Keys of the environment that have a block of their own, or say what another block says.
_ELSEWHERE = ("versions", "hashes", "git")
# Blocks short enough for a pull request.
BRIEF = ("Run", "Data", "Machine", "Versions")


def provenance(facts: Facts) -> list[dict[str, Any]]:
    """Blocks of name and value, each with its lists of records as small tables."""
    results = facts.results
    environment = results.get("environment") or {}
    blocks: tuple[tuple[str, Json], ...] = (
        ("Run", _run(facts)),
        ("Data", _data(results)),
        ("Data card", {k: v for k, v in (results.get("data_card") or {}).items() if k not in _of_data(results)}),
        ("Machine", {k: v for k, v in environment.items() if k not in _ELSEWHERE}),
        ("Versions", environment.get("versions") or {}),
        ("Hashes", _hashes(environment)),
    )
    return [_block(name, pairs) for name, pairs in blocks if pairs or name in BRIEF]


def _data(results: Json) -> Json:
    found = {k: v for k, v in (results.get("dataset") or {}).items() if k not in _SAID}
    looked = looks_said(results)
    return {**found, "looks at the test part": looked} if looked else found


def _run(facts: Facts) -> Json:
    results = facts.results
    run, git = results.get("run") or {}, results.get("git") or (results.get("environment") or {}).get("git") or {}
    made = {
        "created": results.get("created"),
        "seed": run.get("seed"),
        "took": duration(run["seconds"]) if run.get("seconds") is not None else None,
        "margin δ": f"{facts.verdict.delta:g} {facts.metric.title}",
        "reference": facts.verdict.reference or "none",
        **{f"git {key}": value for key, value in git.items()},
    }
    return {key: value for key, value in made.items() if value is not None}


def _hashes(environment: Json) -> Json:
    found = environment.get("hashes") or {}
    if not found:
        return {}
    return {"sha256 of what was measured": [{"what": what, "sha256": value} for what, value in found.items()]}


def _of_data(results: Json) -> Sequence[str]:
    """What the data card repeats of `dataset`."""
    return tuple(results.get("dataset") or {})


def _block(name: str, pairs: Json) -> dict[str, Any]:
    tables = {key: value for key, value in pairs.items() if is_records(value)}
    shown = [
        (title(key), named(key, value)) for key, value in pairs.items() if key not in tables and value not in ({}, [])
    ]
    return {"name": name, "pairs": shown, "tables": [_table(key, value) for key, value in tables.items()]}


def is_records(value: Any) -> bool:
    """Whether a value is a list of objects, better shown as a table."""
    return isinstance(value, list) and len(value) > 0 and all(isinstance(item, Mapping) for item in value)


def _table(key: str, records: Sequence[Json]) -> dict[str, Any]:
    columns = list(dict.fromkeys(column for record in records for column in record))
    first = [column for column in columns if isinstance(records[0].get(column), str)]
    columns = [*first, *(column for column in columns if column not in first)]
    rows = [[plain(record.get(column)) for column in columns] for record in records]
    return {"title": f"{title(key)} ({len(records)})", "columns": [title(c) for c in columns], "rows": rows}


def shortened(text: str, limit: int) -> str:
    """The beginning of a long text."""
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text):,} characters)"


def title(key: str) -> str:
    """A key of the file as words."""
    return str(key).replace("_", " ")


def named(key: str, value: Any) -> str:
    """A value in the unit its key names."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if key.endswith("_bytes"):
            return size(value)
        if key == "noise_floor":
            return percent(value)
    return plain(value)


def plain(value: Any) -> str:
    """Any JSON value as one line of text."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{title(key)} {_nested(item)}" for key, item in value.items()) or MISSING
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(plain(item) for item in value) or MISSING
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _nested(value: Any) -> str:
    return f"({plain(value)})" if isinstance(value, Mapping) and value else plain(value)


def looks_said(results: Json) -> str:
    """One line, such as `2 by this run, 1 by run a; 14 models judged on it`; empty where nothing was counted."""
    looks = results.get("test_looks") or {}
    if not looks:
        return ""
    said = [f"{looks['own']} by this run", *(_by(other) for other in looks.get("by_other_runs") or [])]
    return f"{', '.join(said)}; {looks['models']:,} models judged on it"


def looks_warning(results: Json) -> str:
    """What has to be known where the part was looked at beside the first time in this run; empty where it wasn't."""
    looks = results.get("test_looks") or {}
    others = list(looks.get("by_other_runs") or [])
    earlier = max(int(looks.get("own") or 0) - 1, 0)
    n = earlier + sum(int(other.get("looks") or 0) for other in others)
    if not n and not others:
        return ""
    runs = [f"{other['run']}" for other in others]
    who = (["this run itself"] if earlier else []) + ([f"run{'s' * (len(runs) > 1)} {_listed(runs)}"] if runs else [])
    unknown = any(other.get("looks") is None for other in others)
    often = "once" if n == 1 else f"{n} times"
    often = f"{'at least ' * unknown}{often}" if n else "an unknown number of times"
    return (
        f"Besides the look that this report rests on, its test part was looked at {often}, by {_listed(who)}: a model "
        "chosen after such looks is judged too kindly."
    )


def _by(other: Json) -> str:
    n = other.get("looks")
    return f"{'an unknown number' if n is None else n} by run {other['run']}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
