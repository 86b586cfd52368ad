"""What lies beyond score, size and latency: other metrics, training, energy, runtime, robustness, reasons, prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from bench.numbers.quantities import count, decimals, joules, percent, score, score_ends, seconds, size
from bench.report.metric_words import MetricWords
from bench.report.sections.facts import Facts
from bench.results.row import estimate, main_run

Json = Mapping[str, Any]
_JOULES_PER_WH = 3600
_COLUMNS = ("Trained in", "Training energy", "Runtime to install", "Behaviour failed")
_TYPO_RATES = (0.05, 0.1)
_MONEY = ("Cost of training", "Cost of a million texts")
_CARBON = ("Carbon of training", "Carbon of a million texts")


def upkeep(facts: Facts) -> dict[str, Any]:
    """Columns and rows of the table; money and carbon only where the user gave their prices."""
    models = [model for model in facts.run.models.values() if model.get("training")]
    others = _scored(facts.metrics[1:], models)
    given = tuple(facts.results.get(name) is not None for name in ("price_per_hour", "carbon_per_kwh"))
    columns = (
        "Model",
        *(f"{metric.heading} ({metric.caution})" if metric.caution else metric.heading for metric in others),
        *_COLUMNS,
        *(f"{facts.metric.heading}, {100 * rate:g} % typos" for rate in _TYPO_RATES),
        *(_MONEY if given[0] else ()),
        *(_CARBON if given[1] else ()),
        "Can it name its reasons?",
    )
    rows = [_row(model, others, given) for model in models]
    return {
        "title": f"Beyond {facts.metric.title}",
        "columns": columns if models else (),
        "rows": rows,
        "has_price": given[0],
        "has_carbon": given[1],
    }


def _scored(metrics: Sequence[MetricWords], models: Sequence[Json]) -> list[MetricWords]:
    """Those that at least one model was judged by."""
    return [m for m in metrics if any(estimate((model.get("quality") or {}).get(m.name)) for model in models)]


def _row(model: Json, others: Sequence[MetricWords], given: tuple[bool, ...]) -> dict[str, Any]:
    return {
        "name": model["name"],
        "cells": [*_scores(model, others), *_cells(model, given)],
        "reasons": str(model.get("interpretability") or ""),
    }


def _scores(model: Json, metrics: Sequence[MetricWords]) -> Iterator[dict[str, Any]]:
    for metric in metrics:
        found = estimate((model.get("quality") or {}).get(metric.name))
        yield _cell(found.value if found else None, partial(score, digits=decimals(found)), score_ends(found))


def _cells(model: Json, given: tuple[bool, ...]) -> Iterator[dict[str, Any]]:
    training = model["training"]
    yield _cell(training.get("seconds"), seconds)
    energy, source = training.get("energy_wh"), str(training.get("energy_source") or "")
    yield _cell(energy, lambda wh: joules(wh * _JOULES_PER_WH), source)
    yield _cell(model.get("runtime_bytes"), size, f"no bundle: {why}" if (why := model.get("why_no_bundle")) else "")
    cases, failed = (sum(test.get(key) or 0 for test in model.get("behaviour") or []) for key in ("n", "failed"))
    yield _cell(failed / cases if cases else None, percent, f"of {count(cases)}" if cases else "")
    by_rate = {test["rate"]: estimate(test.get("score")) for test in model.get("typos") or []}
    for rate in _TYPO_RATES:
        found = by_rate.get(rate)
        yield _cell(found.value if found else None, score)
    answers, (has_price, has_carbon) = main_run(model) or {}, given
    if has_price:
        yield _cell(training.get("cost"), _money)
        yield _cell(answers.get("cost_per_million_documents"), _money)
    if has_carbon:
        yield _cell(training.get("carbon_g"), _grams)
        yield _cell(answers.get("carbon_g_per_million_documents"), _grams)


def _cell(value: float | None, show: Any, sub: str = "") -> dict[str, Any]:
    return {"value": value, "text": "—" if value is None else show(value), "sub": sub if value is not None else ""}


def _money(value: float) -> str:
    """In the currency of the price that was given, which nobody told us."""
    return f"{value:.2g}" if value < 1 else f"{value:,.2f}"


def _grams(value: float) -> str:
    """Of CO2 equivalent."""
    return f"{_money(value)} g" if value < 1000 else f"{_money(value / 1000)} kg"
