"""How many texts a bundle is proven on, and what its card says of that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from exports.bundles import write_bundle as bundle
from exports.bundles.model_card import CardFacts
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import TEXTS, int_classifier, lineage


def test_of_many_texts_a_stated_part_is_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MOST_PROVEN", 4)
    asked: list[int] = []
    classifier = int_classifier()

    def source(texts: Sequence[str]) -> np.ndarray:
        asked.append(len(texts))
        return classifier.predict_proba(texts)

    texts = tuple(f"{text} {i}" for i, text in enumerate(TEXTS * 3))
    for measured in ((), ("fast: very",)):
        folder = tmp_path / f"b{len(measured)}"
        write_bundle(
            classifier, lineage(), folder, "table", card=CardFacts(texts=texts, measured=measured), source=source
        )
        said = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert f"on 4 of {len(texts)} texts, spread over all" in said
        assert all(sentence in said for sentence in measured)
    assert asked == [4 + len(AWKWARD) + 1] * 2
    write_bundle(classifier, lineage(), tmp_path / "few", "table", card=CardFacts(texts=texts[:4]))
    assert "were compared" not in (tmp_path / "few" / "MODEL_CARD.md").read_text(encoding="utf-8")
