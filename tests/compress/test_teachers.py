"""Saved artifacts as teachers: who may teach, what is said of them, and that no fold is taught by who has seen it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from baselines.classifier import ignore_progress
from baselines.dataset import Dataset
from baselines.errors import ArtifactError, NotCompressible, UserError
from baselines.splits.split import split
from baselines.storage.artifact import Lineage, file_sha256, lineage_of, load, read_json, save
from baselines.storage.run_folder import RunFolder
from baselines.task import Probabilities
from baselines.watching.watch import Watch
from bench.making.folds import run_folds
from bench.making.variants import Variant
from bench.making.workshop import Workshop
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.distill.out_of_fold import fresh_like, out_of_fold
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.registry import KINDS
from compress.search.budget import Budget
from compress.search.solver import JOURNAL, Search, solve
from compress.teachers import SavedTeacher, read_teacher
from exports.bundles.write_bundle import write_bundle
from tests.cases.compress_case import random_linear

CHANGES = {"cnn": {"epochs": 1, "embedding_dim": 8, "filters": [[2, 6]], "hidden_dim": 0}, "linear": {"C": 3.0}}
STUDENT = DistillConfig(6, 4, (3,), epochs=1, folds=2, mixtures=1.0, against_control=False)
INT4 = Variant("linear-int4", "4 bits", "linear", "quantize", QuantizeConfig(bits=4))


def workshop_of(root: Path, dataset: Dataset, seed: int = 0) -> Workshop:
    run = RunFolder.open(root, dataset_sha256=dataset.sha256)
    return Workshop(run, dataset, seed, 1, "cpu", lambda description: ignore_progress, changes=CHANGES)


def student_of(teacher: SavedTeacher, config: DistillConfig = STUDENT) -> Variant:
    return Variant("student", "Student", "cnn", "distill", config, teacher)


def other_data(tiny: Dataset) -> Dataset:
    """The same labels on other texts: nothing that this run knows."""
    texts = tuple(" ".join(reversed(text.split())) for text in tiny.everything.texts)
    return replace(tiny, name="elsewhere", everything=replace(tiny.everything, texts=texts))


def other_split(tiny: Dataset) -> Dataset:
    return replace(tiny, split=split(tiny.everything.labels, 3))


@pytest.fixture(scope="module")
def made(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Linear models, their integers too, made from the tiny data, from it in another split, and from other data."""
    places = {}
    for name, dataset, seed in (("same", tiny, 0), ("split", other_split(tiny), 3), ("other", other_data(tiny), 0)):
        places[name] = tmp_path_factory.mktemp(name) / "run"
        workshop = workshop_of(places[name], dataset, seed)
        workshop.baseline("linear")
        workshop.variant(INT4)
    return places


@pytest.fixture
def workshop(tiny: Dataset, tmp_path: Path) -> Workshop:
    """A run of the tiny data with its CNN."""
    workshop = workshop_of(tmp_path / "run", tiny)
    workshop.baseline("cnn")
    return workshop


def linear(place: Path) -> Path:
    return place / "baselines" / "linear"


def integers(place: Path) -> Path:
    return place / "compress" / "linear-int4"


def test_a_folder_and_the_step_above_it_are_the_same_teacher(
    tiny: Dataset, made: dict[str, Path], tmp_path: Path
) -> None:
    step = linear(made["same"])
    teacher = read_teacher(step / "artifact", tiny)
    assert teacher == read_teacher(str(step), tiny)
    assert teacher.sha256 == file_sha256(step / "artifact" / "manifest.json")
    assert (str(teacher), teacher.saw_labels, teacher.notes) == ("the saved linear", True, ())
    shutil.copytree(step / "artifact", tmp_path / "copy")
    assert read_teacher(tmp_path / "copy", tiny) == teacher != read_teacher(linear(made["other"]), tiny)


@pytest.mark.parametrize("place", ["lniear", "", "x" * 5_000, "."])
def test_no_artifact_there_says_what_is_allowed_and_how_to_make_one(
    tiny: Dataset, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"ensemble.*folder.*python -m baselines\.train --baseline NAME --run RUN"):
        read_teacher(place, tiny)


def test_what_is_damaged_or_a_bundle_is_refused(tiny: Dataset, made: dict[str, Path], tmp_path: Path) -> None:
    damaged = shutil.copytree(linear(made["same"]), tmp_path / "damaged") / "artifact" / "labels.json"
    damaged.write_text(damaged.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"labels\.json: sha256 differs"):
        read_teacher(tmp_path / "damaged", tiny)
    workshop = workshop_of(made["same"], tiny)
    bundle = write_bundle(workshop.classifier("linear"), Lineage("linear", "baseline"), tmp_path / "bundle", "linear")
    with pytest.raises(ArtifactError, match="give the artifact it was made from"):
        read_teacher(bundle, tiny)


def test_other_classes_are_named(tiny: Dataset, tmp_path: Path) -> None:
    save(random_linear(), tmp_path, Lineage("stranger", "baseline"))
    with pytest.raises(NotCompressible, match=r"missing: computer-vision.*too many: class-0"):
        read_teacher(tmp_path, tiny)


def test_integers_teach_only_where_they_have_not_seen_the_labels(tiny: Dataset, made: dict[str, Path]) -> None:
    for name in ("same", "split"):
        with pytest.raises(NotCompressible, match=r"memory of their labels.*its parent 'linear'"):
            read_teacher(integers(made[name]), tiny)
    assert not read_teacher(integers(made["other"]), tiny).saw_labels


def test_what_a_teacher_may_have_seen_is_said(tiny: Dataset, made: dict[str, Path], tmp_path: Path) -> None:
    theirs = other_split(tiny).split
    n_seen = len({*theirs.train, *theirs.validation} & {*tiny.split.test})
    (note,) = read_teacher(linear(made["split"]), tiny).notes
    assert f"another split of this data: {n_seen} of the {len(tiny.split.test)} test texts" in note
    (note,) = read_teacher(linear(made["other"]), tiny).notes
    assert "other data, elsewhere (sha256" in note
    assert "may have seen the test texts" in note
    (note,) = read_teacher(linear(made["other"]), replace(tiny, name="elsewhere")).notes
    assert "another state or split of elsewhere" in note
    teacher = workshop_of(made["same"], tiny).classifier("linear")
    save(teacher, tmp_path, Lineage("nameless", "compress", receipt={"facts": {"teacher_notes": ["heard too much"]}}))
    unknown, inherited = read_teacher(tmp_path, tiny).notes
    assert "doesn't say which data" in unknown
    assert inherited == "heard too much"


def test_the_labelled_texts_are_answered_by_fresh_teachers_and_the_others_by_the_artifact(
    workshop: Workshop, made: dict[str, Path]
) -> None:
    teacher = read_teacher(linear(made["same"]), workshop.dataset)
    asked = record(teacher)
    workshop.variant(student_of(teacher))
    train = workshop.dataset.part("train")
    assert len(asked) == len(train)
    assert not set(asked) & set(train.texts)
    (stored,) = (workshop.run.root / "compress" / "soft-targets").glob("oof-*.npy")
    expected = out_of_fold(fresh_like(teacher.classifier, threads=1), train, STUDENT.folds, STUDENT.teacher_seed)
    np.testing.assert_array_equal(np.load(stored), expected)
    (note,) = workshop.facts_of("student")["receipt"]["notes"]
    assert note.startswith("taught by 'linear', out of fold")


def test_a_baseline_teaches_the_same_by_its_name_and_by_its_folder(workshop: Workshop) -> None:
    workshop.baseline("linear")
    by_folder = student_of(read_teacher(workshop.step_of("linear"), workshop.dataset))
    workshop.variant(by_folder)
    workshop.variant(replace(by_folder, name="by-name", teacher="linear"))
    weights = [workshop.artifact_of(name) / "model.safetensors" for name in ("student", "by-name")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def record(teacher: SavedTeacher) -> list[str]:
    """The texts that the artifact is asked about from now on."""
    asked: list[str] = []
    answer = teacher.classifier.predict_proba

    def predict_proba(texts: Sequence[str]) -> Probabilities:
        asked.extend(texts)
        return answer(texts)

    teacher.classifier.predict_proba = predict_proba  # type: ignore[method-assign]
    return asked


def test_another_artifact_at_the_same_place_makes_the_student_anew(
    workshop: Workshop, made: dict[str, Path], tmp_path: Path
) -> None:
    place = shutil.copytree(linear(made["same"]) / "artifact", tmp_path / "teacher")
    workshop.variant(student_of(read_teacher(place, workshop.dataset)))
    step = workshop.step_of("student") / "step.json"
    first = read_json(step)
    assert first["inputs"]["teacher"] == file_sha256(place / "manifest.json")
    moved = place.rename(tmp_path / "moved")
    before = step.stat().st_mtime_ns
    workshop.variant(student_of(read_teacher(moved, workshop.dataset)))
    assert step.stat().st_mtime_ns == before
    shutil.copytree(linear(made["other"]) / "artifact", place)
    workshop.variant(student_of(read_teacher(place, workshop.dataset)))
    assert read_json(step)["key"] != first["key"]


def test_a_student_of_integers_and_all_that_is_made_of_it_say_so(workshop: Workshop, made: dict[str, Path]) -> None:
    teacher = read_teacher(integers(made["other"]), workshop.dataset)
    workshop.variant(student_of(teacher))
    workshop.variant(Variant("student-int4", "4 bits", "student", "quantize", QuantizeConfig(bits=4)))
    assert not workshop.skipped
    assert "own answers serve for the labelled texts too" in workshop.facts_of("student")["receipt"]["notes"][0]
    for name in ("student", "student-int4"):
        receipt = workshop.facts_of(name)["receipt"]
        assert receipt["facts"]["teacher_notes"] == list(teacher.notes)
        assert receipt["notes"][-1] == teacher.notes[0]


def test_over_folds_a_fresh_teacher_takes_the_place_of_the_saved_one(
    tiny: Dataset, made: dict[str, Path], tmp_path: Path
) -> None:
    teacher = read_teacher(linear(made["same"]), tiny)
    asked = record(teacher)
    how = {
        "k": 2,
        "seed": 0,
        "threads": 1,
        "device": "cpu",
        "watch": Watch(Console(quiet=True), ()),
        "changes": CHANGES,
    }
    runs = run_folds(tmp_path / "folds", tiny, ["cnn"], [student_of(teacher)], **how)
    assert {name: len(answers) for name, answers in runs.answers.items()} == {"cnn": 2, "student": 2}
    assert not asked
    for fold in (tmp_path / "folds").iterdir():
        (artifact,) = fold.glob("compress/teacher-*/artifact")
        lineage = lineage_of(artifact)
        assert lineage.dataset["sha256"] == read_json(fold / "run.json")["dataset_sha256"] != tiny.sha256
        assert load(artifact, KINDS).config == teacher.classifier.config
        inputs = read_json(fold / "compress" / "student" / "step.json")["inputs"]
        assert inputs["teacher"] == file_sha256(artifact / "manifest.json")
    steps = {path: path.stat().st_mtime_ns for path in (tmp_path / "folds").glob("*/compress/*/step.json")}
    run_folds(tmp_path / "folds", tiny, ["cnn"], [student_of(teacher)], **how)
    assert {path: path.stat().st_mtime_ns for path in steps} == steps


def test_over_folds_integers_are_refused_before_anything_is_trained(
    tiny: Dataset, made: dict[str, Path], tmp_path: Path
) -> None:
    teacher = read_teacher(integers(made["other"]), tiny)
    with pytest.raises(NotCompressible, match="'linear-int' can't be fitted"):
        run_folds(
            tmp_path / "folds",
            tiny,
            ["cnn"],
            [student_of(teacher)],
            k=2,
            seed=0,
            threads=1,
            device="cpu",
            watch=Watch(Console(quiet=True), ()),
        )
    assert not (tmp_path / "folds").exists()


def test_a_search_within_a_budget_is_taught_by_it_and_starts_anew_with_another(
    workshop: Workshop, made: dict[str, Path]
) -> None:
    quick = Search(n_trials=1, epochs=1, finetune_epochs=0, mixtures=1.0)
    folder, searches = workshop.run.root / "compress" / "search", []
    for name in ("same", "same", "other"):
        teacher = read_teacher(linear(made[name]), workshop.dataset)
        asked = record(teacher)
        context = workshop.context(student_of(teacher))
        assert solve(
            workshop.classifier("cnn"), Budget(max_bytes=40_000), context, folder, search=quick
        ).best.is_feasible
        # More than to know it by its answers to the validation texts; a search that goes on may have no more to ask.
        assert set(asked) - set(context.validation.texts) or len(searches) == 1
        journal = (folder / JOURNAL).read_text(encoding="utf-8")
        searches.append(len(set(re.findall(r"budget-\w{16}", journal))))
    assert searches == [1, 1, 2]
