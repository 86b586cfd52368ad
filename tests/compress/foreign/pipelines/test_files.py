"""Files of pipelines: skops' are read by a fixed list of types, pickles where they are trusted."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

from baselines.errors import ArtifactError, NotCompressible, UserError
from compress.foreign.pipelines import adopt_pipeline, read_pipeline
from compress.foreign.pipelines.skops_types import ALLOWED
from tests.cases.pipeline_case import fitted, learned

TFIDF, LR = TfidfVectorizer, LogisticRegression
SAVED: dict[str, tuple[Any, ...]] = {
    "usual": (TFIDF(stop_words="english", dtype=np.float64), LR()),
    "union": (FeatureUnion([("a", TFIDF()), ("b", HashingVectorizer(n_features=32))]), SGDClassifier(loss="log_loss")),
    "selection": (TFIDF(), SelectKBest(chi2, k=9), MultinomialNB()),
    "calibrated": (TFIDF(), CalibratedClassifierCV(LinearSVC(), ensemble=False, cv=2)),
    "searched": (TFIDF(), GridSearchCV(LR(), {"C": [1.0, 2.0]}, cv=2)),
}


class Evil:
    """Whoever unpickles it makes a file."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.place,)


@pytest.mark.parametrize("name", SAVED)
def test_what_skops_saved_is_adopted(name: str, tmp_path: Path) -> None:
    pipeline = fitted("multiclass", *SAVED[name])
    skops.io.dump(pipeline, tmp_path / "model.skops")
    model, _ = adopt_pipeline(read_pipeline(tmp_path / "model.skops"), n_random=20)
    texts = learned("multiclass")[0]
    np.testing.assert_allclose(model.predict_proba(texts), pipeline.predict_proba(texts), atol=1e-6)


def test_sparse_coefficients_are_read(tmp_path: Path) -> None:
    pipeline = fitted("multiclass", TFIDF(), LR())
    pipeline[1].sparsify()
    skops.io.dump(pipeline, tmp_path / "model.skops")
    assert adopt_pipeline(read_pipeline(tmp_path / "model.skops"), n_random=20)[1].touched > 0


def test_a_pickle_runs_only_where_it_is_trusted(tmp_path: Path) -> None:
    pipeline = fitted("multiclass", TFIDF(), LR())
    joblib.dump(pipeline, tmp_path / "model.joblib")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(pipeline))
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Evil(tmp_path / "made")))
    for name in ("model.joblib", "model.pkl", "evil.pkl"):
        with pytest.raises(UserError, match=r"runs whatever code is in it; give trust=True \(--trust\)"):
            read_pipeline(tmp_path / name)
    assert not (tmp_path / "made").exists()
    for name in ("model.joblib", "model.pkl"):
        assert adopt_pipeline(read_pipeline(tmp_path / name, trust=True), n_random=10)[1].touched > 0
    (tmp_path / "cut.pkl").write_bytes(pickle.dumps(pipeline)[:100])
    with pytest.raises(ArtifactError, match="can't be unpickled here"):
        read_pipeline(tmp_path / "cut.pkl", trust=True)


@pytest.mark.parametrize(("name", "match"), [("model.onnx", "saved as .skops, or as"), ("none.skops", "no such file")])
def test_other_files_are_refused(name: str, match: str, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"x")
    with pytest.raises(UserError, match=match):
        read_pipeline(tmp_path / name)


def test_types_that_are_not_on_the_list_are_named(tmp_path: Path) -> None:
    skops.io.dump(fitted("multiclass", TFIDF(), RandomForestClassifier(2)), tmp_path / "forest.skops")
    with pytest.raises(ArtifactError, match=r"types that aren't read from files: sklearn.*RandomForestClassifier"):
        read_pipeline(tmp_path / "forest.skops")
    skops.io.dump({"model": Evil(tmp_path / "made")}, tmp_path / "evil.skops")
    with pytest.raises(ArtifactError, match=r"aren't read from files: .*Evil"):
        read_pipeline(tmp_path / "evil.skops")
    assert not (tmp_path / "made").exists()


def test_the_list_names_what_there_is() -> None:
    from importlib import import_module

    for names in ALLOWED.values():
        for name in names - {"builtins.NoneType"}:
            module, _, member = name.rpartition(".")
            assert hasattr(import_module(module), member) or "PassiveAggressive" in name, name


def changed(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """A .skops file with other members."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def first_array(members: dict[str, bytes]) -> str:
    return next(name for name in members if name.endswith(".npy"))


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "no schema": (lambda m: m.pop("schema.json"), "schema.json and up to"),
    "no JSON": (lambda m: m.update({"schema.json": b"{"}), "schema.json: "),
    "deep": (lambda m: m.update({"schema.json": b"[" * 2000 + b"]" * 2000}), "schema.json: "),
    "no object": (lambda m: m.update({"schema.json": b"[]"}), "not a whole .skops file"),
    "array missing": (lambda m: m.pop(first_array(m)), "not a whole .skops file"),
    "array overstated": (
        lambda m: m.update(
            {first_array(m): npy("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999,), }")}
        ),
        "isn't what its bytes hold",
    ),
    "array of objects": (
        lambda m: m.update({first_array(m): npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"x" * 8)}),
        "isn't what its bytes hold",
    ),
    "array cut": (lambda m: m.update({first_array(m): m[first_array(m)][:-3]}), "isn't what its bytes hold"),
    "no array": (lambda m: m.update({first_array(m): b"array"}), "not a whole .skops file"),
    "a bomb": (lambda m: m.update({"bomb": bytes((1 << 30) - 1) + bytes(1 << 20)}), "when inflated"),
    "a method": (
        lambda m: m.update({"schema.json": m["schema.json"].replace(b'"ObjectNode"', b'"MethodNode"', 1)}),
        "types that aren't read",
    ),
    "a function": (
        lambda m: m.update({"schema.json": m["schema.json"].replace(b'"sklearn.pipeline"', b'"os"', 1)}),
        r"aren't read from files: os\.Pipeline",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_a_sentence(name: str, tmp_path: Path) -> None:
    change, match = HOSTILE[name]
    content = skops.io.dumps(fitted("multiclass", TFIDF(), LR()))
    (tmp_path / "x.skops").write_bytes(changed(content, change))
    with pytest.raises(ArtifactError, match=match):
        read_pipeline(tmp_path / "x.skops")


def test_damaged_files_never_end_in_a_traceback(tmp_path: Path) -> None:
    content, place = skops.io.dumps(fitted("multiclass", TFIDF(), LR())), tmp_path / "x.skops"
    schema = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("schema.json"))
    words = sorted(set(json.dumps(schema).split('"')), key=len)[:400]

    @given(st.randoms(use_true_random=False))
    @settings(max_examples=40, deadline=None)
    def check(random: Any) -> None:
        if random.random() < 0.4:
            data = bytearray(content)
            for _ in range(random.randint(1, 20)):
                data[random.randrange(len(data))] = random.randrange(256)
            place.write_bytes(bytes(data))
        else:
            text = json.dumps(schema)
            for _ in range(random.randint(1, 3)):
                text = text.replace(f'"{random.choice(words)}"', f'"{random.choice(words)}"', random.randint(1, 5))
            place.write_bytes(changed(content, lambda m: m.update({"schema.json": text.encode()})))
        with suppress(ArtifactError, NotCompressible):
            adopt_pipeline(read_pipeline(place), n_random=5)

    check()


def test_a_table_pipeline_is_read(tmp_path: Path) -> None:
    texts, classes = learned("multiclass")
    table = np.array([[text] for text in texts], object)
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(ColumnTransformer([("a", TFIDF(), 0)]), LR()).fit(table, classes)
    skops.io.dump(pipeline, tmp_path / "model.skops")
    assert adopt_pipeline(read_pipeline(tmp_path / "model.skops"), n_random=10)[0].task_ == "multiclass"
