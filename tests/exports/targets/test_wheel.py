"""A wheel of a model: what pip needs, the same bytes again, and a package that answers as its bundle does."""

from __future__ import annotations

import ast
import base64
import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from email import message_from_bytes
from importlib import metadata
from pathlib import Path

import pytest

from baselines.classifier import Classifier
from baselines.errors import ArtifactError
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.storage.artifact import lineage_from
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.method import Context
from compress.registry import configured, method_named
from exports import runtime
from exports.bundles.model_card import CardFacts
from exports.bundles.write_bundle import write_bundle
from exports.runtime.bundle_format import read_bundle
from exports.targets.about import identifier_of, is_taken
from exports.targets.source import Target
from exports.targets.wheel import requirements_of, write_wheel
from tests.cases.forms_case import FORMS, classifier_of
from tests.cases.table_case import CLASSES, TEXTS, TOKENIZER, int_classifier, lineage, task_classifier
from tests.cases.task_case import task_data

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = 'x"""\nimport os; os.abort()  # @NAME@ \\'


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("wheel") / "b", "table")


@pytest.fixture(scope="module")
def wheel(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = write_wheel(bundle, tmp_path_factory.mktemp("dist"), Target("tagger", version="1.2.0"))
    return path


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that pip installed the wheel into, without a network."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*pip, "--target", str(folder), str(wheel)], check=True, timeout=120)
    return folder


def ask(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    return subprocess.run(
        [sys.executable, *words], env=env, cwd=site, capture_output=True, text=True, timeout=60, check=True
    )


def test_an_installed_package_answers_as_its_bundle(site: Path, bundle: Path) -> None:
    code = f"""
import json, sys, threading, tagger
assert "numpy" not in sys.modules, "importing opens nothing"
print(json.dumps([tagger.__version__, tagger.task, tagger.classes, tagger.names]))
found = []
threads = [threading.Thread(target=lambda: found.append(tagger.load())) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(found) == 8 and len(set(map(id, found))) == 1, "opened once"
texts = {TEXTS!r}
print(json.dumps([tagger.predict(texts), tagger.predict_proba(texts).tolist()]))
print(json.dumps([answer.to_json() for answer in tagger.answers(texts)]))
"""
    facts, asked, answered = map(json.loads, ask(site, "-c", code).stdout.splitlines())
    predictor = runtime.load(bundle)
    assert facts == ["1.2.0", "multilabel", list(CLASSES), list(CLASSES)]
    assert asked == [predictor.predict(TEXTS), predictor.predict_proba(TEXTS).tolist()]
    assert answered == [answer.to_json() for answer in predictor.answers(TEXTS)]


def test_the_package_is_a_command(site: Path, bundle: Path) -> None:
    said = json.loads(ask(site, "-m", "tagger", TEXTS[1]).stdout)
    assert said == runtime.load(bundle).answers([TEXTS[1]])[0].to_json()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_process_forked_while_the_model_is_opened_answers(site: Path) -> None:
    code = """
import os, tagger
with tagger._lock:
    child = os.fork()
    if child == 0:
        os._exit(0 if tagger.predict(["a text"]) is not None else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert ask(site, "-c", code).stdout == "0\n"


def test_pip_reads_name_version_licence_and_needs(wheel: Path, bundle: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = message_from_bytes(archive.read("tagger-1.2.0.dist-info/METADATA"))
        assert archive.testzip() is None
    assert [about[name] for name in ("Name", "Version", "License-Expression")] == ["tagger", "1.2.0", "CC0-1.0"]
    major, minor = metadata.version("tagpress").split(".")[:2]
    assert about.get_all("Requires-Dist") == [f"tagpress>={major}.{minor},<{major}.{int(minor) + 1}"]
    card = about.get_payload()
    assert isinstance(card, str)
    assert "tagger.predict(" in card
    assert "## Limits" in card
    assert "tagpress.load(" not in card, "one way to use it is shown, its own"


def test_the_record_has_every_file_with_its_hash(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        rows = list(csv.reader(io.StringIO(archive.read("tagger-1.2.0.dist-info/RECORD").decode())))
        assert [row[0] for row in rows] == names
        for name, digest, size in rows[:-1]:
            content = archive.read(name)
            want = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            assert (digest, size) == (f"sha256={want}", str(len(content)))


def test_the_same_bundle_gives_the_same_bytes(wheel: Path, bundle: Path, tmp_path: Path) -> None:
    (again,) = write_wheel(bundle, tmp_path, Target("tagger", version="1.2.0"))
    assert again.read_bytes() == wheel.read_bytes()


def test_names_of_others_are_text_alone(tmp_path: Path) -> None:
    classifier = int_classifier()
    classifier.space_ = type(classifier.space_)((HOSTILE, *CLASSES[1:]))
    card = CardFacts(licence="Mine\nName: other\r\n\r\nbody")
    folder = write_bundle(classifier, lineage_from(HOSTILE, None), tmp_path / "b", "table", card=card)
    (path,) = write_wheel(folder, tmp_path, Target("tagger"))
    with zipfile.ZipFile(path) as archive:
        source = archive.read("tagger/__init__.py").decode()
        about = message_from_bytes(archive.read("tagger-0.1.0.dist-info/METADATA"))
    found = {
        node.target.id: ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(node.value, ast.Tuple)
    }
    assert found["classes"] == (HOSTILE, *CLASSES[1:])
    assert about.get_all("Name") == ["tagger"]
    assert about["License"] == "Mine Name: other body"


@pytest.mark.parametrize("form", [name for name in FORMS if name != "table int8"], ids=str)
def test_every_form_says_what_answering_needs(form: str, tmp_path: Path) -> None:
    folder = write_bundle(classifier_of(form, "multiclass", "characters"), lineage(), tmp_path / "b", FORMS[form][0])
    needed = requirements_of(read_bundle(folder))
    assert needed[0].startswith("tagpress[onnx]>=" if FORMS[form][0] == "onnx" or "graph" in form else "tagpress>=")
    assert len(needed) == 1


@pytest.mark.parametrize("form", ["table", "linear"])
def test_a_model_of_stems_asks_for_what_makes_them(form: str, tmp_path: Path) -> None:
    if form == "table":
        tokenizer = Tokenizer(TOKENIZER.alphabet, Cleaning("course", stem=True))
        classifier: Classifier = task_classifier("multilabel", tokenizer)
    else:
        parts = [task_data("multilabel").part(name) for name in ("train", "validation")]
        linear = LinearClassifier(LinearConfig(min_texts=(1, 1), max_iterations=30, stem=True)).fit(parts[0])
        settings = configured("quantize", {"bits": 4})
        classifier = method_named("quantize").apply(linear, settings, Context(*parts, threads=1))[0]
    folder = write_bundle(classifier, lineage(), tmp_path / "b", form)
    assert requirements_of(read_bundle(folder))[1:] == ["nltk>=3.9"]


def test_both_names_of_a_binary_task_are_said(tmp_path: Path) -> None:
    folder = write_bundle(task_classifier("binary"), lineage(), tmp_path / "b", "table")
    (path,) = write_wheel(folder, tmp_path, Target("spam_filter"))
    with zipfile.ZipFile(path) as archive:
        source = archive.read("spam_filter/__init__.py").decode()
    assert "classes: tuple[str, ...] = ('spam', )" in source
    assert "names: tuple[str, ...] = ('ham', 'spam', )" in source


@pytest.mark.parametrize("name", ["json", "class", "numpy", "tagpress", "exports", "int", "test"])
def test_a_name_that_hides_another_module_is_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtifactError, match=f"--name {name}: .*choose another, such as {name}_model"):
        write_wheel(bundle, tmp_path, Target(name))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "made"),
    [
        *(("linear-sparse-int4", "linear_sparse_int4"), ("Größe 3", "gr_e_3"), ("3-layers", "model_3_layers")),
        *(
            ("", "tagger"),
            ("中文", "tagger"),
            ("test", "test_model"),
            ("x" * 99, "x" * 35),
            ("a" * 34 + "-b", "a" * 34),
        ),
    ],
)
def test_any_name_becomes_one_that_code_may_have(name: str, made: str) -> None:
    assert identifier_of(name) == made
    assert not is_taken(Target(made).name)
