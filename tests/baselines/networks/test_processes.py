"""Two processes train what one would: every kind of network, with dropout, word dropout and uneven batches."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from baselines.classifier import Classifier
from baselines.dataset import Part
from baselines.errors import UserError
from baselines.models.cnn import CharCNNClassifier, CNNConfig
from baselines.models.rnn import RNNClassifier, RNNConfig
from baselines.networks.placed_dropout import PlacedDropout
from baselines.networks.processes import LostProcess, Team, joined_team, training_together
from baselines.networks.torch_state import seeded
from tests.cases.processes import ended, start
from tests.cases.task_case import task_data

# The largest difference of a probability that the order of float32 sums may make after a few dozen steps.
TOLERANCE = 2e-4


def fitted(kind: str, **changes: object) -> Classifier:
    """A small network after a few epochs; 19 texts a batch, so that neither batches nor shares are even."""
    data = task_data("multilabel")
    common = {"epochs": 3, "batch_size": 19, "embedding_dim": 8, "threads": 1, **changes}
    made: Classifier
    if kind == "cnn":
        made = CharCNNClassifier(CNNConfig(filters=((2, 8), (3, 8)), hidden_dim=8, average=0.9, **common))  # type: ignore[arg-type]
    else:
        made = RNNClassifier(RNNConfig(hidden_dim=8, **common))  # type: ignore[arg-type]
    return made.fit(data.part("train"), data.part("validation"))


def validation() -> Part:
    return task_data("multilabel").part("validation")


@pytest.mark.parametrize("kind", ["cnn", "rnn"])
def test_two_processes_learn_what_one_does(kind: str, tmp_path: Path) -> None:
    processes = start(2, [__file__, kind], tmp_path)
    alone = fitted(kind)
    results = ended(processes)
    assert [code for code, _, _ in results] == [0, 0], results
    one, two = (np.load(tmp_path / f"{rank}.npy") for rank in (0, 1))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(one, alone.predict_proba(validation().texts), atol=TOLERANCE)


def test_a_process_that_ends_ends_the_others_with_a_sentence(tmp_path: Path) -> None:
    (code, _, said), (other, _, _) = ended(start(2, [__file__, "dies"], tmp_path))
    assert other == 3
    assert code == 2
    assert said.strip().splitlines()[-1].startswith("torchrun: another process of this training ended")
    assert "Traceback" not in said


def test_dropout_of_a_share_is_that_of_the_whole_batch() -> None:
    values, own = torch.rand(5, 3, 2), torch.tensor([0, 2, 4])
    q, k, v = torch.rand(3, 5, 2, 4, 8)
    mask = torch.rand(5, 1, 1, 4) > 0.2
    with seeded(1):
        whole = F.dropout(values, 0.4), F.scaled_dot_product_attention(q, k, v, mask, dropout_p=0.3)
    with seeded(1), PlacedDropout(5, own):
        part = F.dropout(values[own], 0.4), F.scaled_dot_product_attention(q[own], k[own], v[own], mask[own], 0.3)
    for ours, theirs in zip(part, whole, strict=True):
        torch.testing.assert_close(ours, theirs[own])
    with PlacedDropout(5, own):
        assert F.dropout(values[own], 0.4, training=False) is not None
        with pytest.raises(ValueError, match="expected the batch's 3 rows first"):
            F.dropout(values, 0.4)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 7])
def test_every_row_of_a_batch_has_one_owner(n_rows: int) -> None:
    shares = [Team(rank, 3, 3, None).share(n_rows) for rank in range(3)]
    held = [row for rows, weight in shares if weight for row in rows]
    assert sorted(held) == list(range(n_rows))
    assert sum(weight for _, weight in shares) == pytest.approx(1.0)


def test_more_processes_than_texts_of_a_batch_are_refused() -> None:
    with (
        training_together(Team(0, 20, 20, None)),
        pytest.raises(UserError, match="20 processes share a batch of 19 texts; start at most 19"),
    ):
        fitted("cnn")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE: a whole number from 2 is allowed, got 'two'"),
        ({"RANK": "-1"}, "RANK: a whole number from 0 is allowed"),
        ({"RANK": "2"}, "RANK: below WORLD_SIZE, which is 2, is allowed, got 2"),
    ],
)
def test_variables_that_say_nothing_sensible(
    changes: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in (fine | changes).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=said), joined_team("cpu"):
        pass


@pytest.mark.parametrize("missing", ["RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", ""])
def test_without_the_variables_there_is_one_process(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "1")  # a world of one
    if missing:
        monkeypatch.setenv("WORLD_SIZE", "2")
        monkeypatch.delenv(missing)
    with joined_team("cpu") as team:
        assert team is None


if __name__ == "__main__":
    with joined_team("cpu") as team:
        assert team is not None
        if sys.argv[1] == "dies":
            if team.rank:
                os._exit(3)
            try:
                with training_together(team):
                    fitted("cnn")
            except LostProcess as error:
                sys.stderr.write(f"{error}\n")
                sys.exit(LostProcess.exit_code)
        with training_together(team):
            classifier = fitted(sys.argv[1])
        np.save(f"{team.rank}.npy", classifier.predict_proba(validation().texts))
