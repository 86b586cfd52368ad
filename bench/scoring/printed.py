"""A score in the terminal: the metrics, the weakest classes, what is confused, the gates, and last what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from baselines.escaping.terminal import plain
from baselines.escaping.visible import visible
from bench.numbers.quantities import Estimate, difference_interval, percent, score, score_interval, size
from bench.results.row import estimate
from bench.scoring.score import Score

# Classes and confusions that are shown; --json has all of them.
_MOST_CLASSES, _MOST_PAIRS = 15, 5
_STYLES = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "not_measured": "yellow"}
_OUTCOMES = {"pass": "passed", "fail": "failed", "not_measured": "not measured"}

Json = Mapping[str, Any]


def print_score(found: Score, source: str, console: Console, errors: Console) -> None:
    """Print it; notes about the data go to `errors`."""
    content = found.content
    for note in content["data"]["notes"]:
        errors.print(f"note: {note}", style="yellow", markup=False, highlight=False)
    console.print(plain(f"{source}: {content['data']['n_texts']:,} texts, task {content['task']}", style="bold"))
    console.print(metrics_table(content))
    for model in content["models"]:
        console.print(plain(about(model, content["task"])))
    console.print(classes_table(content["models"][0]))
    for line in wrong_answers(content["models"][0]):
        console.print(plain(line), soft_wrap=True)
    for gate in found.gates:
        shown = estimate({"value": gate.value, "low": gate.low, "high": gate.high})
        outcome = (f"{_OUTCOMES.get(gate.outcome, gate.outcome):<13}", _STYLES[gate.outcome])
        measured = (f"   {_measured(gate.metric, shown)} {gate.reason}".rstrip(), "dim")
        console.print(Text.assemble(outcome, visible(gate.gate), measured), soft_wrap=True)
    if comparison := content["comparison"]:
        console.print(plain(changed(comparison)))
        console.print(plain(found.sentence.replace("`", ""), style="bold"), soft_wrap=True)


def metrics_table(content: Json) -> Table:
    """Each metric of each bundle with its interval, and the differences where there are two."""
    models = content["models"]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("metric", overflow="fold")
    for model in models:
        table.add_column(plain(f"{model['name']} (95 %)"), justify="right", overflow="fold")
    if versus := models[0].get("versus_reference"):
        table.add_column("difference", justify="right", overflow="fold")
    for metric in content["metrics"]:
        name, lower = metric["name"], "" if metric["higher_is_better"] else ", lower is better"
        cells = [plain(score_interval(estimate(model["quality"][name]))) for model in models]
        if versus:
            delta = versus["delta"] if name == content["metric"] else versus["deltas"][name]
            cells.append(plain(difference_interval(estimate(delta))))
        table.add_row(plain(f"{metric['title']}{lower}"), *cells, style="bold" if name == content["metric"] else "")
    return table


def about(model: Json, task: str) -> str:
    """Form and size, and how often a bundle had nothing to say."""
    facts = [f"{model['name']}: {model['form']}, {size(model['size']['bytes'])}"]
    facts.append(f"nothing known in {percent(model['nothing_known']['share'])} of the texts")
    if task == "multiclass":
        facts.append(f"no class for {percent(model['abstained']['share'])}")
    return ", ".join(facts)


def classes_table(model: Json) -> Table:
    """The classes of lowest F1 that some text has, or that are said wrongly."""
    rows: Sequence[Json] = [row for row in model["quality"]["per_class"] if row["support"] or row["f1"]]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown = sorted(rows, key=lambda row: (row["f1"], row["class"]))[:_MOST_CLASSES]
    table.add_column(f"{len(shown)} weakest of {len(rows)} classes" if len(rows) > len(shown) else "class")
    for name in ("texts", "precision", "recall", "F1", "95 %"):
        table.add_column(name, justify="right")
    for row in shown:
        ends = f"{score(row['low'])} to {score(row['high'])}"
        cells = (f"{row['support']:,}", score(row["precision"]), score(row["recall"]), score(row["f1"]), ends)
        table.add_row(plain(str(row["class"])[:60]), *cells)
    return table


def wrong_answers(model: Json) -> Iterator[str]:
    """What is taken for what, most often first."""
    quality = model["quality"]
    for pair in (quality.get("confusions") or {}).get("pairs", ())[:_MOST_PAIRS]:
        said = pair["predicted"] or "no class"
        yield f"{pair['true']} → {said}: {pair['n']:,} texts, {percent(pair['share_of_true'])} of {pair['true']}"
    if four := quality.get("confusion"):
        yield f"found {four['tp']:,}, missed {four['fn']:,}, wrongly found {four['fp']:,}, rightly left {four['tn']:,}"
    if labels := quality.get("labels_per_text"):
        yield f"labels a text: {labels['true']:.2f} in the file, {labels['predicted']:.2f} answered"


def changed(comparison: Json) -> str:
    """Which answers differ between the bundles."""
    flips = comparison["flips"]
    return (
        f"{percent(flips['share'])} of the answers changed from {comparison['reference']}: {flips['mended']:,} wrong "
        f"ones became right, {flips['broken']:,} right ones wrong"
    )


def _measured(metric: str, shown: Estimate | None) -> str:
    if shown is None:
        return ""
    return size(shown.value) if metric.startswith("bytes") else score_interval(shown)
