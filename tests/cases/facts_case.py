"""The facts of changed results, as the sections of the report get them."""

from __future__ import annotations

from typing import Any

from bench.report.sections.facts import Facts, gather
from bench.results.run import Run
from bench.verdict.judge import judge


def facts_of(results: dict[str, Any]) -> Facts:
    """Judged, without gates."""
    run = Run(results)
    return gather(run, judge(run))
