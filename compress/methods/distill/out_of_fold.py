"""A teacher's answers for texts it hasn't seen: k teachers, each fitted without one part of the training texts."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError, NotCompressible
from baselines.notes import collected_notes, note
from baselines.splits.copies import folds_within
from baselines.storage.artifact import read_json, write_json_whole
from baselines.task import LabelSpace, Probabilities
from baselines.whole_files import write_whole
from compress.method import check_space

# Texts whose answers tell one teacher from another.
_FIRST = 256
# Of more training texts two teachers are enough, each fitted to one half: every text still has a teacher that hasn't
# seen it, and a teacher of half of so many texts is near one of all. k of them cost k - 1 fits to everything, two one.
MANY_TEXTS = 100_000

MakeTeacher = Callable[[int], Classifier]


def out_of_fold(
    make_teacher: MakeTeacher,
    train: Part,
    k: int,
    seed: int,
    *,
    validation: Part | None = None,
    groups: Sequence[int] = (),
    cache: Path | None = None,
    progress: Progress = ignore_progress,
) -> Probabilities:
    """float32 (len(train), n_classes): each text's probabilities from a teacher that was fitted without it.

    Nor was it fitted with a copy of the text, or with another one of its group. Time plays no part here: a teacher is
    asked what it would say of an unseen text, and the student is judged on later ones all the same.

    Args:
        make_teacher: seed -> an unfitted classifier.
        train: texts and labels; the parts are stratified by label.
        k: number of parts and of teachers, at least 2; of more than `MANY_TEXTS` texts it is 2, which a note says.
        seed: of the parts and of the teachers.
        validation: for the teachers' early stopping and calibration; shares no text with `train`.
        groups: number of each training text's group; empty: no groups.
        cache: folder that keeps the result by teacher, data, k and seed; None keeps nothing.
    """
    if not 2 <= k <= len(train):
        raise NotCompressible(f"folds: from 2 to the number of training texts ({len(train)}) are allowed, got {k}")
    k = folds_for(len(train), k)
    path = (
        None if cache is None else cache / f"oof-{_key(make_teacher(seed), (train, validation), k, seed, groups)}.npy"
    )
    if path is not None and (kept := _read(path)) is not None:
        return kept
    owner = folds_within(train, k, np.random.default_rng(seed), groups)
    out = np.zeros(train.labels.shape, np.float32)
    for part in range(k):
        progress(part, k)
        held_out = np.flatnonzero(owner == part)
        with collected_notes():  # a class that one teacher never meets is known to the others
            teacher = make_teacher(seed + part).fit(train.take(np.flatnonzero(owner != part)), validation)
        check_space(teacher, train.space)
        out[held_out] = teacher.predict_proba([train.texts[row] for row in held_out.tolist()])
    progress(k, k)
    if path is not None:
        _write(path, out)
    return out


def folds_for(n_texts: int, k: int) -> int:
    """How many teachers there are of the k that were asked for; fewer ones are noted."""
    if n_texts <= MANY_TEXTS or k == 2:
        return k
    note(f"{n_texts:,} training texts: 2 teachers, each fitted to one half, answer for the other, not {k}")
    return 2


def fresh_like(teacher: Classifier, **setting: Any) -> MakeTeacher:
    """seed -> an unfitted classifier of the teacher's kind and config.

    Args:
        teacher: only read.
        setting: fields of the config to replace where it has them, such as `device` and `threads`.

    Raises:
        NotCompressible: the teacher's kind is only made from another model.
    """
    if not teacher.can_fit:
        raise NotCompressible(
            f"teacher: {teacher.kind!r} can't be fitted again without the texts that it is asked about, and its own "
            "answers for texts it has seen are memory; give the model it was made from, or a kind that can be fitted"
        )
    kind: Any = type(teacher)
    return lambda seed: kind(adapted(teacher.config, seed=seed, **setting))


def adapted(config: Any, **fields: Any) -> Any:
    """The same config with the given fields replaced where it has them."""
    known = {field.name for field in dataclasses.fields(config)}
    return dataclasses.replace(config, **{name: value for name, value in fields.items() if name in known})


def answers(teacher: Classifier, texts: Sequence[str], *, cache: Path | None = None) -> Probabilities:
    """float32 (len(texts), n_classes) of a fitted teacher, kept in the folder `cache` by teacher and texts.

    Students of several seeds ask for the same texts, and some teachers take longer to answer than a student to learn.
    The teacher is known by its answers to the first texts.
    """
    if cache is None or len(texts) <= _FIRST:
        return teacher.predict_proba(texts)
    first = teacher.predict_proba(texts[:_FIRST])
    digest = hashlib.sha256(json.dumps([teacher.kind, list(texts)]).encode() + first.tobytes())
    path = cache / f"answers-{digest.hexdigest()[:24]}.npy"
    if (kept := _read(path)) is not None:
        return kept
    out = np.concatenate([first, teacher.predict_proba(texts[_FIRST:])])
    _write(path, out)
    return out


def check_teacher(teacher: Classifier, space: LabelSpace) -> None:
    """Raise NotCompressible unless a teacher answers what the student is asked, for every text.

    One that abstains where it is unsure doesn't.
    """
    check_space(teacher, space)
    if teacher.task_ == "multiclass" and teacher.thresholds_.any():
        raise NotCompressible(
            f"teacher: it abstains below {teacher.thresholds_.max():.2g}, and a student needs an answer for every "
            "text; give the same model with thresholds of 0"
        )


def _key(teacher: Classifier, parts: Sequence[Part | None], k: int, seed: int, groups: Sequence[int]) -> str:
    digest = hashlib.sha256()
    facts = [teacher.kind, dataclasses.asdict(teacher.config), k, seed, list(groups)]
    digest.update(json.dumps(facts, sort_keys=True, default=str).encode())
    for part in parts:
        if part is not None:
            digest.update(
                json.dumps([list(part.texts), part.classes, part.task, part.judged_by]).encode()
                + np.packbits(part.labels).tobytes()
            )
    return digest.hexdigest()[:24]


def _read(path: Path) -> NDArray[np.float32] | None:
    """What is kept, or None where the file or the note beside it is missing, or one doesn't fit the other."""
    try:
        note, raw = read_json(path.with_suffix(".json")), path.read_bytes()
    except (ArtifactError, FileNotFoundError):
        return None
    if not isinstance(note, dict) or note.get("sha256") != hashlib.sha256(raw).hexdigest():
        return None
    return np.asarray(np.load(io.BytesIO(raw), allow_pickle=False), np.float32)


def _write(path: Path, values: NDArray[np.float32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = io.BytesIO()
    np.save(raw, values)
    write_whole(path, raw.getvalue())
    what = {"shape": list(values.shape), "what": "probabilities, answers of a teacher"}
    write_json_whole(path.with_suffix(".json"), {**what, "sha256": hashlib.sha256(raw.getvalue()).hexdigest()})
