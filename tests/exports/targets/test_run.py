"""The command that writes bundles and what is made of them: whole or not at all, and every refusal in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from baselines.storage import artifact
from exports import run, runtime
from exports.bundles.write_bundle import write_bundle
from exports.run import main
from exports.runtime.bundle_format import FORMS
from exports.targets import registry
from exports.targets.registry import TARGETS, Form
from exports.targets.source import Target, open_source
from tests.cases.table_case import float_classifier, int_classifier, lineage
from tests.house.test_light_core import alone


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an artifact in whole numbers, one in float32, and a bundle."""
    folder = tmp_path_factory.mktemp("made")
    artifact.save(int_classifier(), folder / "whole", lineage("My student-4"))
    artifact.save(float_classifier(), folder / "float", lineage("floats"))
    write_bundle(int_classifier(), lineage("My student-4"), folder / "bundle", "table")
    return folder


def test_the_help_knows_every_form() -> None:
    assert set(run.FORMS) == {*FORMS, *TARGETS}
    assert Target(longest=run.MOST_LONGEST).longest == run.MOST_LONGEST
    said = run.parser().format_help()
    assert not [name for name in run.FORMS if f"\n  {name} " not in said]


@pytest.mark.parametrize("source", ["whole", "bundle"])
@pytest.mark.parametrize("form", ["wheel", "hub"])
def test_an_artifact_and_its_bundle_give_the_same(
    made: Path, source: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "out put"
    assert main([str(made / source), "--form", form, "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{out}: {TARGETS[form].title}, named my_student_4"
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {line.strip() for line in said[1:-1]} == {f"{p.stat().st_size:,} bytes  {p}" for p in files}
    assert said[-1].startswith(f"next: cd '{out}' && python ")
    assert [path.name for path in out.parent.iterdir()] == [out.name], "nothing is left beside it"
    if form == "hub":
        assert runtime.load(out / "bundle").task == "multilabel"


def test_a_wheel_needs_numpy_alone_and_a_card_says_what_it_needs(made: Path, tmp_path: Path) -> None:
    code = "import sys; from exports.run import main; sys.exit(main(sys.argv[1:]))"
    asked = [str(made / "bundle"), "--out", str(tmp_path / "out"), "--form"]
    assert alone(code, *asked, "hub").stderr.endswith("; pip install 'tagpress[study]' brings it\n")
    assert list(tmp_path.iterdir()) == []
    done = alone(code, *asked, "wheel")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_bundle_is_written_and_listed(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "b"
    assert main([str(made / "whole"), "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{out}: table, ")
    assert len(said) == len(list(out.iterdir())) + 2
    assert said[-1] == f'next: tagpress predict {out} "a text"'
    assert main([str(made / "whole"), "--form", "onnx", "--out", str(tmp_path / "o")]) == 0
    assert runtime.load(tmp_path / "o").bundle.form == "onnx"


def test_the_current_folder_can_be_written_into(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert main([str(made / "bundle"), "--form", "wheel", "--name", "t", "--out", "."]) == 0
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["t-0.1.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["whole", "--form", "tflite"],
            "--form: onnx, table, linear, trees, neighbours, gru, rules, ensemble, c, js, wheel, hub are allowed, got",
        ),
        (["whole", "--longest", "9"], "--longest: goes with --form c, got no --form; leave it out"),
        (["bundle", "--form", "js", "--small"], "--small: goes with --form c, got --form js; leave it out"),
        (["whole", "--form", "table", "--name", "x"], "--name: goes with --form c or js or wheel or hub, got --form"),
        (["bundle", "--form", "hub", "--version", "1.0.0"], "--version: goes with --form wheel, got --form hub"),
        (["bundle", "--form", "wheel", "--version", "1.0"], "version: three whole numbers with dots between them are"),
        (["bundle", "--form", "wheel", "--version", "1.0.0\n"], "version: three whole numbers with dots between"),
        (["bundle", "--form", "wheel", "--name", "Tagger"], "name: small letters, digits and _ are allowed"),
        (["bundle", "--form", "wheel", "--name", ""], "name: small letters, digits and _ are allowed"),
        (["bundle", "--form", "wheel", "--name", "json"], "--name json: Python, or what serves the bundle, has"),
        (["bundle"], "/bundle: a bundle already; c, js, wheel, hub are made of it with --form"),
        (["bundle", "--form", "onnx"], "/bundle: a bundle already; c, js, wheel, hub are made of it with --form"),
        (["bundle", "--form", "hub", "--triton", "t"], "--triton: goes with a bundle, got --form hub"),
        (["nothing", "--form", "hub"], "/nothing: no manifest.json; not an artifact"),
        ([".", "--form", "hub"], ": no manifest.json; not an artifact"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_made_is_one_sentence(
    made: Path, words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(made / words[0]), *words[1:], "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_taken_stays_as_it_is(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    for place, found in ((tmp_path, "not empty"), (tmp_path / "file", "a file")):
        assert main([str(made / "bundle"), "--form", "hub", "--out", str(place)]) == 2
        assert f"{place}: {found}; choose another folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("form", ["wheel", "hub"])
def test_a_damaged_bundle_is_not_handed_on(
    made: Path, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = shutil.copytree(made / "bundle", tmp_path / "damaged")
    (damaged / "labels.json").write_bytes((damaged / "labels.json").read_bytes().replace(b"0.3", b"0.4"))
    assert main([str(damaged), "--form", form, "--out", str(tmp_path / "out")]) == 2
    assert f"error: {damaged / 'labels.json'}: size or sha256 differs" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["damaged"]


def test_a_target_that_fails_leaves_nothing_and_names_what_was_given(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(bundle: Path, out: Path, target: Target) -> list[Path]:
        (out / "half").write_text("written")
        open_source(bundle)
        raise OSError(28, "No space left on device", str(out / "half"))

    monkeypatch.setitem(registry.TARGETS, "js", Form("module", write, "node"))
    assert main([str(made / "float"), "--form", "js", "--out", str(tmp_path / "out")]) == 2
    assert f"error: {made / 'float'}: a bundle of form onnx" in capsys.readouterr().err
    assert main([str(made / "whole"), "--form", "js", "--out", str(tmp_path / "out")]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
