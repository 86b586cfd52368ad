"""What a training has to say is collected instead of printed."""

from __future__ import annotations

from baselines.dataset import Dataset
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.notes import collected_notes


def test_notes_are_collected(tiny: Dataset) -> None:
    with collected_notes() as notes:
        LinearClassifier(LinearConfig(max_iterations=1)).fit(tiny.part("train"))
    assert len(notes) == 1
