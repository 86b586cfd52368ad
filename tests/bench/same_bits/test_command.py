"""`python -m bench.sameness`: its table, its file, its exit codes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import sameness
from bench.same_bits import engines
from bench.same_bits.answers import Answers
from bench.same_bits.engine import Absent, Chunk, Engine, Workshop
from bench.same_bits.engines import ENGINES, SHARES, chosen, shares_of
from bench.same_bits.kernels import NumPyEngine
from bench.same_bits.texts import FLAVOURS
from exports import kernel
from tests.cases.same_case import bundle_of

FEW = ["--texts", "300", "--engines"]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("bundles")
    return {kind: str(bundle_of(kind, folder)) for kind in ("tables", "rows")}


class Decides(Engine):
    """Says of every text that the first class is decided, if it isn't, and the other way round."""

    def __init__(self, workshop: Workshop) -> None:
        self._reference = workshop.reference
        self.facts = {"flash_bytes": 1234}

    def answer(self, chunk: Chunk) -> Answers:
        found = self._reference.answer(chunk.texts)
        return Answers(found.status, found.logits, found.probabilities, ~found.decided, found.known)


def test_both_kinds_are_the_same(bundles: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not kernel.AVAILABLE:
        pytest.skip("the C extension wasn't built")
    out = tmp_path / "found"
    assert sameness.main([*bundles.values(), *FEW, "kernel:*,numpy", "--share", "numpy=50", "--out", str(out)]) == 0
    found: dict[str, Any] = json.loads((out / "sameness.json").read_text(encoding="utf-8"))
    assert (found["texts"], found["seed"]) == (300, 0)
    assert found["command"].startswith("python -m bench.sameness ")
    assert "cpu" in found["environment"]
    assert [each["kind"] for each in found["bundles"]] == ["tables", "rows"]
    for each in found["bundles"]:
        assert sum(each["flavours"].values()) == 300
        assert set(each["flavours"]) <= {*FLAVOURS, "awkward"}
        rows = {row["engine"]: row for row in each["engines"]}
        assert rows["numpy"]["texts"] == 50
        assert rows["kernel:plain"]["texts"] == 300
        assert {row["state"] for row in rows.values()} <= {"equal", "absent"}
        assert all(row["reason"] for row in rows.values() if row["state"] == "absent")
    shown = capsys.readouterr().out
    assert f"{bundles['rows']}: 300 texts, rows, multilabel" in shown
    assert f"written: {out / 'sameness.json'}" in shown


def test_a_difference_is_shown_escaped_and_ends_with_1(
    bundles: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engines, "ENGINES", {"numpy": NumPyEngine, "odd": Decides})
    monkeypatch.setattr("bench.same_bits.command.ENGINES", {"numpy": NumPyEngine, "odd": Decides})
    assert sameness.main([bundles["tables"], *FEW, "odd,numpy", "--out", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert r"differs: odd: text 1 (awkward): ' \t\n  '" in shown
    assert "  decided: expected none" in shown
    assert "sizes: odd: flash 1,234 B" in shown
    numpy, odd = json.loads((tmp_path / "sameness.json").read_text())["bundles"][0]["engines"]
    assert (numpy["state"], numpy["differing"], odd["state"], odd["differing"]) == ("equal", 0, "differs", 300)
    assert odd["differences"][0]["escaped"] == "''"
    assert odd["facts"] == {"flash_bytes": 1234}


def test_what_is_named_must_be_there(
    bundles: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(workshop: Workshop) -> Engine:
        raise Absent("qemu-none: not installed")

    made = {"numpy": NumPyEngine, "board": absent}
    monkeypatch.setattr(engines, "ENGINES", made)
    monkeypatch.setattr("bench.same_bits.command.ENGINES", made)
    assert sameness.main([bundles["tables"], "--texts", "20", "--out", str(tmp_path)]) == 0
    assert "absent: board: qemu-none: not installed" in capsys.readouterr().out
    assert sameness.main([bundles["tables"], *FEW, "board", "--out", str(tmp_path)]) == 2
    assert "--engines board: qemu-none: not installed" in capsys.readouterr().err
    assert sameness.main([bundles["tables"], *FEW, "boar*", "--out", str(tmp_path)]) == 2
    assert "nothing was compared" in capsys.readouterr().err


def test_texts_of_a_file(bundles: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("said,other\nsegmenting images,1\ngraphs,2\n", encoding="utf-8")
    own = ["--data", str(tmp_path / "own.csv"), "--text-column", "said"]
    assert sameness.main([bundles["rows"], *own, *FEW, "numpy", "--seed", "7", "--out", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "sameness.json").read_text())["seed"] == 7


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engines", "cc"], "--engines: one of numpy, kernel:avx512vnni"),
        (["--share", "cortex-m3=0"], "--share: engine=n is needed"),
        (["--share", "nobody=3"], "--share: engine=n is needed"),
        (["--share", "numpy"], "--share: engine=n is needed"),
        (["--data", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_misuse(words: list[str], said: str, bundles: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert sameness.main([bundles["tables"], *words]) == 2
    assert said in capsys.readouterr().err


def test_what_is_no_bundle_or_not_in_whole_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sameness.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "not a bundle" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    with pytest.raises(SystemExit, match="2"):
        sameness.main([str(tmp_path), "--texts", "0"])


def test_out_that_is_a_file(bundles: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("")
    assert sameness.main([bundles["tables"], "--out", str(tmp_path / "out")]) == 2
    assert "can't be written" in capsys.readouterr().err


def test_help_names_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        sameness.main(["--help"])
    shown = capsys.readouterr().out
    assert "--engines NAME[,NAME]" in shown
    assert "exit codes: 0 every bit is equal" in shown


def test_engines_and_shares_by_pattern() -> None:
    assert list(chosen([])) == list(ENGINES)
    assert not any(chosen([]).values())
    assert chosen(["c-gcc", "kernel:*"])["c-gcc"]
    assert not chosen(["c-gcc", "kernel:*"])["kernel:plain"]
    assert "c++" not in chosen(["c-*"])
    assert shares_of([]) == dict(SHARES)
    asked = shares_of(["cortex-*=9", "c-gcc=100"])
    assert (asked["cortex-m3"], asked["cortex-m4f"], asked["c-gcc"], asked["numpy"]) == (9, 9, 100, SHARES["numpy"])
    assert set(SHARES) <= set(ENGINES)
