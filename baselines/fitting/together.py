"""Trainings under `torchrun`: the first process leads and writes; the others wait, and train along when it says so.

The leader does what one process does: it reads the run folder, trains and writes. Where it comes to a network that is
trained data-parallel, it tells the others its kind and config, and all of them make the same `fit`, in step. What is no
network is trained by the leader alone, while the others wait.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, suppress
from contextvars import ContextVar
from datetime import timedelta
from io import StringIO
from typing import Any

from baselines.classifier import Classifier
from baselines.dataset import Dataset, Part
from baselines.errors import UserError
from baselines.models.cnn import CharCNNClassifier
from baselines.models.rnn import RNNClassifier
from baselines.models.transformer import TunedTransformer
from baselines.networks.processes import LostProcess, Team, training_together
from baselines.notes import collected_notes
from baselines.storage.configs import config_from_json

# Kinds whose batches are shared.
TOGETHER: Mapping[str, type[Any]] = {kind.kind: kind for kind in (CharCNNClassifier, RNNClassifier, TunedTransformer)}
_END, _LOOK_S, _PARTING_S = "end", 0.1, 10
_led: ContextVar[_Lead | None] = ContextVar("lead", default=None)


@dataclasses.dataclass
class _Lead:
    team: Team
    dataset: Dataset
    told: int = 0

    def tell(self, message: Mapping[str, Any]) -> None:
        self.team.store.set(f"task-{self.told}", json.dumps(message))
        self.told += 1


@contextmanager
def leading(team: Team | None, dataset: Dataset) -> Iterator[None]:
    """Fits in this block are shared with the team's other processes."""
    token = _led.set(None if team is None else _Lead(team, dataset))
    try:
        yield
    finally:
        _led.reset(token)


@contextmanager
def letting_go(team: Team | None) -> Iterator[None]:
    """The leader's work: at its end, a mistake included, the other processes may end too."""
    try:
        yield
    finally:
        if team is not None and team.rank == 0:
            with suppress(RuntimeError):  # nobody is left to be told
                team.store.set(_END, "1")
                # What they are told by may end with this process.
                team.store.wait([f"{_END}-{rank}" for rank in range(1, team.size)], timedelta(seconds=_PARTING_S))


@contextmanager
def shared_fit(classifier: Classifier, train: Part) -> Iterator[None]:
    """The classifier's `fit` in this block is made by all processes, where there are several and its kind allows it.

    Args:
        classifier: not fitted yet.
        train: what it is fitted to; only the training part of the data set is shared.
    """
    lead = _led.get()
    if lead is None or classifier.kind not in TOGETHER or len(train) != len(lead.dataset.split.train):
        yield
        return
    config = dataclasses.asdict(classifier.config)
    lead.tell({"kind": classifier.kind, "config": config, "sha256": lead.dataset.sha256, "task": lead.dataset.task})
    with training_together(lead.team):
        yield


def follow(team: Team, read: Callable[[], Dataset]) -> None:
    """What the other processes do: train along until the leader has done.

    Args:
        team: of this process.
        read: reads the data set; called once the leader could read it, so that a mistake in it is said once.

    Raises:
        UserError: this process reads other data than the leader.
        LostProcess: the leader ended.
    """
    number = 0
    dataset: Dataset | None = None
    while (message := _told(team, number)) is not None:
        if dataset is None:
            with redirect_stderr(StringIO()):  # the leader has said what there is to say of the data
                dataset = read()
        if message["sha256"] != dataset.sha256:
            raise UserError(
                f"process {team.rank}: its data (sha256 {dataset.sha256[:12]}…) isn't that of process 0 "
                f"({message['sha256'][:12]}…); give every process the same files, options and version of tagpress"
            )
        kind = TOGETHER[message["kind"]]
        classifier = kind(config_from_json(type(kind().config), message["config"]))
        # The leader says what is to be said, of a training that ends in all processes alike too.
        with training_together(team), collected_notes():
            try:
                classifier.fit(dataset.part("train"), dataset.part("validation"))
            except LostProcess:
                raise
            except UserError:
                return
        number += 1


def _told(team: Team, number: int) -> dict[str, Any] | None:
    """The leader's next message; None where it has done."""
    key = f"task-{number}"
    try:
        # By looking again and again: who waits inside the store can't be stopped by a signal.
        while not team.store.check([key]):
            if team.store.check([_END]):
                team.store.set(f"{_END}-{team.rank}", "1")
                return None
            time.sleep(_LOOK_S)
        message: dict[str, Any] = json.loads(team.store.get(key))
    except RuntimeError:
        raise LostProcess("torchrun: process 0 ended; start the same command again, what is finished is kept") from None
    return message


def refuse_for_several(options: Mapping[str, Any]) -> None:
    """Raise UserError for options that one process alone works on, by name."""
    for name, value in options.items():
        if value:
            raise UserError(
                f"{name}: under torchrun each baseline is trained once, on one split, by all processes; leave {name} "
                "out, or start the command without torchrun"
            )
