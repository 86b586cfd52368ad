"""Energy as the machine's own counter saw it, kept as steps of the run: of a training, and of answers.

Only where there is a counter that this user may read, and over windows of 10 s or more; elsewhere nothing is written,
and the report's figures are estimates, called so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from baselines.storage.artifact import read_json, write_json
from baselines.storage.run_folder import RunFolder
from bench.candidate import Candidate, open_candidate
from bench.cost.energy import Counter, energy_per_document, metered

Json = dict[str, Any]
ENERGY_FILE = "energy.json"
_ESTIMATE = "tdp-estimate"


@contextmanager
def counted_training(run: RunFolder, counter: Counter | None, name: str, key: Callable[[], str]) -> Iterator[None]:
    """Keep what the training inside the block took.

    Args:
        run: where the step goes.
        counter: from `bench.cost.energy.find_counter`; None counts nothing.
        name: of the model.
        key: asked afterwards for the hash of what the model was made from; not when the block failed.
    """
    if counter is None:
        yield
        return
    with metered(counter) as meter:
        yield
    # A model that was there already takes no time, and what was counted when it was made stays.
    if meter.energy is not None and meter.energy.source != _ESTIMATE:
        with run.write(_training_step(name), {"model": key()}) as folder:
            write_json(folder / ENERGY_FILE, meter.energy.to_json())


def training_energy(run: RunFolder, name: str, key: str) -> Json | None:
    """`energy_wh`, `energy_source` and `energy_assumption` of a training that was counted; None for any other."""
    return _read(run, _training_step(name), {"model": key})


def count_answers(
    run: RunFolder, counter: Counter, candidate: Candidate, key: str, texts: Sequence[str], window_s: float
) -> None:
    """Let a candidate answer one text after the other for `window_s` seconds, and keep the joules a text took.

    Args:
        run: where the step goes.
        counter: of the CPU.
        candidate: what would be served, with its own number of threads.
        key: hash of what the model was made from.
        texts: passed through again and again.
        window_s: 10 or more.
    """
    inputs = _answer_inputs(candidate, key, window_s)
    if run.is_done(_answer_step(candidate), inputs):
        return
    joules, energy = energy_per_document(open_candidate(candidate).predict_proba, texts, counter, window_s=window_s)
    found = {"energy_j_per_document": joules, "energy_source": energy.source, "seconds": energy.seconds}
    with run.write(_answer_step(candidate), inputs) as folder:
        write_json(folder / ENERGY_FILE, found)


def answer_energy(run: RunFolder, candidate: Candidate, key: str, window_s: float) -> Json | None:
    """`energy_j_per_document` and `energy_source` of answers that were counted; None where none were."""
    return _read(run, _answer_step(candidate), _answer_inputs(candidate, key, window_s))


def _training_step(name: str) -> str:
    return f"bench/energy-training-{name}"


def _answer_step(candidate: Candidate) -> str:
    return f"bench/energy-answers-{candidate.name}"


def _answer_inputs(candidate: Candidate, key: str, window_s: float) -> Json:
    return {"model": key, "form": candidate.form, "threads": candidate.threads, "window_s": window_s}


def _read(run: RunFolder, step: str, inputs: Mapping[str, Any]) -> Json | None:
    return dict(read_json(run.place(step) / ENERGY_FILE)) if run.is_done(step, inputs) else None
