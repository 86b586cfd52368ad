"""Labels that are the word of a program for a missing value: taken out where that is sure, doubted where it isn't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from baselines.errors import DataError
from baselines.labels.doubts import EVERYTHING, Doubt
from baselines.labels.missing_words import is_missing, may_be_a_class
from baselines.labels.records import Records
from baselines.notes import counted

# Of the texts: a word that stands beside more of them may be an answer, and leaving it out would change the data.
MANY = 0.2
_NAME = "missing"


@dataclass(frozen=True)
class WithoutMissing:
    """Records without labels such as nan, what was done, and what is in doubt."""

    groups: list[Records]
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def without_missing(groups: Sequence[Records], *, keep_texts: bool, accepted: Sequence[str]) -> WithoutMissing:
    """Take words such as nan, NULL and N/A out of the labels.

    Where every text has at most one label, the texts go too. A word is in doubt where it covers more than a fifth of
    the texts, or may well be a class, such as `none`. Classes that the user named one by one are all classes.

    Args:
        groups: training records, then those of given parts, in one spelling a label.
        keep_texts: whether texts whose label is missing stay as texts of no class, as `--task multilabel` asks.
        accepted: doubts that the data are used with all the same.
    """
    counts = Counter(name for own in groups if not own.named for names in own.labels for name in names)
    words = {name: n for name, n in counts.items() if is_missing(name)}
    if not words or _NAME in accepted or EVERYTHING in accepted:
        return WithoutMissing(list(groups))
    others = [name for name in counts if name not in words]
    most = MANY * sum(map(len, groups))
    doubtful = {name: n for name, n in words.items() if n > most or may_be_a_class(name, others)}
    sure = {name: n for name, n in words.items() if name not in doubtful}
    doubts = (_doubt(groups, doubtful),) if doubtful else ()
    if not sure:
        return WithoutMissing(list(groups), doubts=doubts)
    one_each = max(len(names) for own in groups for names in own.labels) == 1 and not keep_texts
    found = [_without_rows(own, sure) if one_each else _without_names(own, sure) for own in groups]
    done = "left out" if one_each else "kept without it"
    stand = "stands" if len(sure) == 1 else "stand"
    said = (
        f"{_counted(sure)} {stand} for a missing label (the first: {_first(groups, sure)}), and such texts are {done}"
    )
    return WithoutMissing(found, (f"{said}. --accept missing makes classes of them",), doubts)


def _doubt(groups: Sequence[Records], words: Mapping[str, int]) -> Doubt:
    said = f"{_first(groups, words)}: {_counted(words)} may stand for a missing label, or be a class"
    return Doubt(_NAME, said, ("empty those cells where nothing is known",))


def _counted(words: Mapping[str, int]) -> str:
    return " and ".join(f"{name!r} ({counted(n, 'text')})" for name, n in words.items())


def _first(groups: Sequence[Records], words: Mapping[str, int]) -> str:
    return next(
        own.where(i) for own in groups if not own.named for i, names in enumerate(own.labels) if {*names} & {*words}
    )


def _without_rows(own: Records, words: Mapping[str, int]) -> Records:
    if own.named:
        return own
    kept = [i for i, names in enumerate(own.labels) if words.keys().isdisjoint(names)]
    if not kept:
        raise DataError(f"{own.source}: all {len(own)} labels are missing ({_counted(words)}); check --labels-column")
    return own.take(kept)


def _without_names(own: Records, words: Mapping[str, int]) -> Records:
    if own.named:
        return own
    return replace(own, labels=[[name for name in names if name not in words] for names in own.labels])
