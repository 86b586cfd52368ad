"""What --only and --skip leave of a study, and what hangs on the names."""

from __future__ import annotations

from typing import Any

import pytest

from baselines.dataset import Dataset
from baselines.errors import DataError
from bench.study.options import StudyOptions, options_of
from bench.study.parser import study_parser
from bench.study.wishes import wishes_of
from bench.verdict.gates import parse_gate


def asked(data: Dataset, **wishes: Any) -> StudyOptions:
    return options_of(wishes_of(wishes), data, "")


def made(options: StudyOptions) -> set[str]:
    names = {*options.baselines, *(variant.name for variant in options.variants)}
    return names - set(options.left_out)


def test_a_baseline_brings_all_that_is_made_of_it(tiny: Dataset) -> None:
    found = asked(tiny, only=["linear"])
    assert {"linear", "linear-int4", "linear-pruned-int4", "linear-sparse-int4", "linear-sparse"} <= made(found)
    assert all(name.startswith("linear") for name in made(found))
    rows = {*found.baselines, *(v.name for v in found.variants if v.has_row)}
    assert {"cnn", "rnn", "student", "smallest"} <= rows & set(found.left_out), "what isn't made has a row"
    assert found.left_out["rnn"] == "--only names linear"
    assert {"student-sparse", "student-sparse-control"} <= made(asked(tiny, only=["linear"], student=["sparse"]))


def test_a_variant_brings_what_it_needs_and_that_is_said(tiny: Dataset) -> None:
    found = asked(tiny, only=["student"])
    assert made(found) == {"linear", "cnn", "student", "student-control"}
    assert found.notes == (
        "--only: cnn is made, too, as student needs its parent",
        "--only: linear is made, too, as student needs its teacher",
    )
    assert made(asked(tiny, only=["linear-sparse-int4"])) == {"linear", "linear-sparse", "linear-sparse-int4"}
    assert {"rules-stemmed", "tfidf-boosting", "linear", "ensemble"} == made(asked(tiny, only=["ensemble"]))


def test_what_is_skipped_takes_with_it_what_is_made_of_it(tiny: Dataset) -> None:
    found = asked(tiny, skip=["cnn"])
    assert not {name for name in made(found) if name.startswith(("cnn", "student"))}
    assert "smallest" not in made(found)
    assert found.left_out["cnn-int8"] == "its parent cnn is left out: --skip names it"
    # The first cause is said, not a chain of them.
    assert found.left_out["fastest"] == "its parent fastest-2-prune is left out: --skip names it"
    assert {"linear", "linear-int4", "rnn", "ensemble"} <= made(found)
    without = asked(tiny, skip=["linear"])
    assert without.left_out["ensemble"] == "its member linear is left out: --skip names it"
    assert without.left_out["student"] == "its teacher linear is left out: --skip names it"
    assert {"cnn", "cnn-int8"} <= made(without)


def test_a_student_without_its_control_has_no_tie_to_it(tiny: Dataset) -> None:
    found = asked(tiny, skip=["student-control"])
    (student,) = (v for v in found.variants if v.name == "student")
    assert student.control == ""
    assert "student-control" in found.left_out
    assert not {name for name in made(found) if name.startswith("student-control")}, "nor have further seeds"
    gone = asked(tiny, skip=["student"])
    assert not {v.name for v in gone.variants if not v.has_row and v.name.startswith("student")}
    assert gone.left_out["student-control"].startswith("it is made only beside student, which is left out")


def test_names_are_checked_before_anything_is_trained(tiny: Dataset) -> None:
    with pytest.raises(DataError, match=r"--only: lineal is not among what this study makes; allowed: .*linear"):
        asked(tiny, only=["lineal"])
    with pytest.raises(DataError, match=r"--skip: rnn is not among what this study makes; allowed: linear, cnn"):
        asked(tiny, method="fold", skip=["rnn"])
    with pytest.raises(DataError, match="--only and --skip both name linear; leave it out of one of them"):
        asked(tiny, only=["linear", "cnn"], skip=["linear"])
    with pytest.raises(DataError, match="--skip linear cnn: nothing is left to train; leave in at least one of"):
        asked(tiny, method="fold", skip=["linear", "cnn"])


def test_wishes_that_rest_on_what_is_left_out_are_refused(tiny: Dataset) -> None:
    with pytest.raises(DataError, match="--reference cnn: it is left out, since --skip names it"):
        asked(tiny, skip=["cnn"], reference="cnn")
    with pytest.raises(DataError, match="--teacher linear: it is left out, since --skip names it"):
        asked(tiny, method="distill", teacher="linear", skip=["linear"])
    with pytest.raises(DataError, match="gate 'cnn: bytes <= 9M': cnn is left out, since --only names linear"):
        asked(tiny, only=["linear"], gates=(parse_gate("cnn: bytes <= 9M"),))
    with pytest.raises(DataError, match="a search within a budget makes smaller models of linear and cnn; cnn is left"):
        asked(tiny, max_bytes=20_000, skip=["cnn"])


def test_the_options_take_several_names_and_repeat() -> None:
    args = study_parser("study").parse_args(["--skip", "rnn", "ensemble", "--skip", "cnn", "--time", "1h30m"])
    assert args.skip == ["rnn", "ensemble", "cnn"]
    assert args.time == 5400
    assert study_parser("study").parse_args([]).skip == []
