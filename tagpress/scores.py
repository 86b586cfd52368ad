"""Bundles on labelled texts: how good they are, and which of two is better."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baselines.dataset import Part
from tagpress.arguments import names_of

if TYPE_CHECKING:
    from baselines.labels.records import Records
    from bench.scoring.score import Score
    from exports.runtime import Predictor


def score(
    bundle: str | Path | Predictor[Any],
    data: Any,
    *,
    against: str | Path | Predictor[Any] | None = None,
    text: str | Sequence[str] = (),
    labels: str | None = None,
    separator: str | None = None,
    label_columns: str | Sequence[str] = (),
    class_names: str | Path | None = None,
    merge_labels: bool = False,
    accept: str | Sequence[str] = (),
    metric: str = "",
    gates: str | Sequence[str] = (),
    delta: float = 0.01,
    resamples: int = 10_000,
    seed: int = 0,
    threads: int = 1,
) -> Score:
    """Score a bundle on labelled texts, alone or beside another one.

    Args:
        bundle: a folder, or what `load` opened.
        data: the path of a file, a data frame, a mapping from column names to values, a list of records, or a `Part`.
        against: another bundle, that the first one is compared with on the same resampled texts.
        text: name or names of the text columns; empty: the usual ones.
        labels: name of the labels' column; None: a usual one.
        separator: between the labels of one cell.
        label_columns: names of yes/no columns, one a label, in place of `labels`.
        class_names: file with the names of class numbers.
        merge_labels: whether labels in another spelling than the bundle's are its classes.
        accept: doubts about the labels that the data are used with all the same.
        metric: that bundles are compared by; empty: as the first one was judged.
        gates: what has to hold, such as `"accuracy >= 0.9"`.
        delta: margin of "as good", in units of the metric.
        resamples: of the texts, for the intervals.
        seed: of the resamples.
        threads: of bundles that are opened here.

    Returns:
        `value` (the metric), `sentence` (what may be said beside the other bundle), `gates` with their outcomes,
        `content` and `to_json()` with everything, and `run`, the same as rows.

    Raises:
        UserError: a file, label, metric or gate that can't be used, or bundles that can't be compared.

    Examples:
        >>> dataset = tagpress.read_dataset("sample")
        >>> bundle = tagpress.export(tagpress.train("linear", dataset), "bundle-to-score", dataset=dataset)
        >>> found = tagpress.score(bundle, dataset.part("test"), gates="f1_weighted >= 0.1")
        >>> found.content["metric"], 0.5 < found.value < 0.9, found.exit_code()
        ('f1_weighted', True, 0)
        >>> sorted(found.to_json()["models"][0]["quality"]["f1_weighted"])
        ['high', 'low', 'value']
    """
    from baselines.labels.asked import Labels
    from bench.scoring.content import ScoreOptions
    from bench.scoring.score import score_bundles
    from bench.verdict.gates import parse_gate
    from exports import runtime
    from exports.runtime import Predictor

    given = [own for own in (bundle, against) if own is not None]
    predictors = [own if isinstance(own, Predictor) else runtime.load(own, threads=threads) for own in given]
    place = None if class_names is None else Path(class_names)
    where = Labels(labels, separator, names_of(label_columns), place, merge_labels)
    options = ScoreOptions(
        metric, tuple(map(parse_gate, names_of(gates))), delta, merge_labels, names_of(accept), resamples, seed
    )
    return score_bundles(predictors, _records(data, where, names_of(text)), options)


def _records(data: Any, labels: Any, texts: tuple[str, ...]) -> Records:
    """Texts with labels of any origin."""
    from baselines.labels.columns import columns_of
    from baselines.labels.records import Records, records_of
    from baselines.tables.frames import table_of_frame
    from baselines.tables.read_table import read_table

    if isinstance(data, Part):
        said = [data.space.said(row) for row in data.labels]
        return Records("part", data.texts, said, range(len(data)), stated=True, named=True)
    table = read_table(Path(data)) if isinstance(data, str | Path) else table_of_frame(data)
    return records_of(table, columns_of(table, labels, texts))
