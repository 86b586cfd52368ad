"""Models from elsewhere in Python and by the command: pipelines, their files, and modules as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import tagpress
from baselines.errors import UserError
from tests.cases.pipeline_case import fitted, learned

PIPELINE = (TfidfVectorizer(), LogisticRegression())


def test_a_pipeline_its_file_and_its_artifact_are_one_model(tmp_path: Path) -> None:
    pipeline, (texts, _) = fitted("multiclass", *PIPELINE), learned("multiclass")
    skops.io.dump(pipeline, tmp_path / "model.skops")
    made, receipt = tagpress.adopt(pipeline, texts=texts)
    again, _ = tagpress.adopt(tmp_path / "model.skops")
    assert receipt.facts["texts"] == len(texts) + 500
    expected = pipeline.predict_proba(texts)
    for model in (made, again, tagpress.read(tagpress.save(made, tmp_path / "saved"))):
        np.testing.assert_allclose(model.predict_proba(texts), expected, atol=1e-6)
    bundle = tagpress.export(made, tmp_path / "bundle")
    assert tagpress.load(bundle).predict(texts) == made.predict(texts)


def test_names_and_thresholds_are_taken() -> None:
    model, _ = tagpress.adopt(fitted("binary", *PIPELINE), classes=["no", "yes"], thresholds=[0.9])
    assert model.space_.names == ("no", "yes")
    assert model.thresholds_.tolist() == [np.float32(0.9)]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"thresholds": [2.0]}, "1 numbers in"),
        ({"padding": 3}, "are of a PyTorch module"),
        ({"task": "several"}, "task: allowed"),
        ({"scores": "logits"}, "scores: allowed"),
        ({"vocabulary": {"a": 2}}, "classes: the names of a module's outputs"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(arguments: dict[str, object], match: str) -> None:
    with pytest.raises(UserError, match=match):
        tagpress.adopt(fitted("binary", *PIPELINE), **arguments)  # type: ignore[arg-type]


def test_anything_else_is_refused() -> None:
    from torch import nn

    for thing, match in ((nn.Linear(1, 1), "got a Linear without vocabulary"), (7, "got a int")):
        with pytest.raises(UserError, match=match):
            tagpress.adopt(thing)
    with pytest.raises(UserError, match=r"a pipeline saved as \.skops"):
        tagpress.adopt("model.onnx")
